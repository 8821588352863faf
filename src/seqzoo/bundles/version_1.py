"""Manifests of version 1. They state `signal`, `normaliser` and `tolerance`; version 2 has `source` and `scaling`."""

from __future__ import annotations

from typing import Any

import msgspec

from ..data.scaling import Scaling
from ..errors import InputError

ENGINES = ("torchscript", "onnx", "numpy")


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict, as in version 2."""


class _Contract(_Facts, frozen=True):
    context_length: int
    horizon: int
    normaliser: Scaling
    input: str = "context"
    output: str = "forecast"


class _Signal(_Facts, frozen=True):
    family: str
    parameters: dict[str, float]


class _Manifest(_Facts, frozen=True):
    """The fields of version 1; those of type `Raw` are the same in version 2."""

    schema_version: int
    name: str
    title: str
    summary: str
    architecture: str
    config: dict[str, Any]
    parameters: int
    contract: _Contract
    signal: _Signal
    score: msgspec.Raw
    tolerance: dict[str, float]
    training: msgspec.Raw
    rebuild: str
    created_with: str
    files: msgspec.Raw


def upgraded(raw: bytes) -> bytes:
    """The same facts as JSON of version 2, except that `schema_version` stays 1.

    Raises:
        msgspec.DecodeError: the bytes are not a manifest of version 1.
        InputError: a tolerance is invalid.
    """
    old = msgspec.json.decode(raw, type=_Manifest)
    if not old.tolerance or not set(old.tolerance) <= set(ENGINES):
        given = ", ".join(old.tolerance) or "no engine"
        raise InputError(f"tolerance must name engines, of {', '.join(sorted(ENGINES))}; it names {given[:200]}")
    if not all(0 < bound <= 1e-5 for bound in old.tolerance.values()):
        raise InputError("every tolerance must be above 0 and at most 1e-5")
    facts = {name: getattr(old, name) for name in old.__struct_fields__ if name not in ("signal", "tolerance")}
    contract = msgspec.structs.asdict(old.contract)
    contract["scaling"] = contract.pop("normaliser")
    source = {"kind": "simulated", **msgspec.structs.asdict(old.signal)}
    return msgspec.json.encode({**facts, "contract": contract, "source": source})
