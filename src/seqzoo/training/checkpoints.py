"""Checkpoints: one safetensors file of tensors, with all other state as JSON in its header.

One file is written by one rename, so weights, averages, optimiser and history are always of the same step.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .. import _storage, _strict_json
from ..errors import CheckpointError, IntegrityError

if TYPE_CHECKING:
    from torch import Tensor
from .._course import Evaluation

SCHEMA_VERSION = 3
LIMIT = 256 << 20
_BLANK = "0" * 64


_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')


class CheckpointState(msgspec.Struct):
    """The state of a run without its tensors.

    `fingerprint` identifies the run (model, signal, recipe, seed); no other run can resume the checkpoint.
    `best_criterion` is the value that chose the best weights, see `validation.Judgement`.
    `step` is the whole state of the sampler, since batch k is drawn from a generator seeded with (seed, k).
    `core` is the core that the run began on, see `compiled.name_of`; empty for PyTorch.
    """

    fingerprint: str
    step: int
    seconds: float
    best_step: int
    best_criterion: float
    history: list[Evaluation]
    schema_version: int = SCHEMA_VERSION
    core: str = ""


def save(path: Path, state: CheckpointState, groups: dict[str, dict[str, Tensor]]) -> None:
    """Write a checkpoint atomically. Its tensors are named `group/name`."""
    from safetensors.torch import save as serialise

    tensors = {
        f"{group}/{name}": value.detach().clone().contiguous()
        for group, named in groups.items()
        for name, value in named.items()
    }
    header = {"state": msgspec.json.encode(state).decode(), "sha256": _BLANK}
    raw = serialise(tensors, metadata=header)
    _storage.write_file(path, raw.replace(_BLANK.encode(), hashlib.sha256(raw).hexdigest().encode(), 1))


def load(path: Path) -> tuple[CheckpointState, dict[str, dict[str, Tensor]]]:
    """The state and the groups of tensors that `save` wrote.

    Raises:
        CheckpointError: the file is missing, damaged, or of another schema.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    try:
        raw = _storage.read_file(path, LIMIT)
        _check(raw)
        tensors = parse(raw)
        header = _header(raw)
        _strict_json.check(header["state"])
        state = msgspec.json.decode(header["state"], type=CheckpointState)
    except (IntegrityError, SafetensorError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the checkpoint {path} cannot be read: {error}. Train again.") from None
    if state.schema_version != SCHEMA_VERSION:
        raise CheckpointError(
            f"the checkpoint {path} is of schema {state.schema_version}; this seqzoo reads {SCHEMA_VERSION}. "
            "Train again, or use the version that wrote it."
        )
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = value
    return state, groups


def _check(raw: bytes) -> None:
    """Raises IntegrityError unless the SHA-256 of the file, with the digest blanked, equals the stated digest."""
    stated = _DIGEST.search(raw[: 8 + int.from_bytes(raw[:8], "little")])
    if stated is None:
        raise IntegrityError("it states no SHA-256")
    blank = raw[: stated.start(1)] + _BLANK.encode() + raw[stated.end(1) :]
    if hashlib.sha256(blank).hexdigest().encode() != stated[1]:
        raise IntegrityError("its SHA-256 is not the stated one: it is damaged")


def _header(raw: bytes) -> dict[str, str]:
    """The metadata of a safetensors file that its parser has accepted."""
    length = int.from_bytes(raw[:8], "little")
    _strict_json.check(raw[8 : 8 + length])
    header: dict[str, Any] = msgspec.json.decode(raw[8 : 8 + length])
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata
