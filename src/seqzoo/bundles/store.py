"""A bundle: the folder a model ships in, and the manifest that states every fact about it.

Reading hashes the bytes before any parser sees them, and hands out those bytes; the file is not
opened twice. Writing is atomic (`files.py`).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from .. import _storage, _strict_json
from ..data.scaling import Normaliser
from ..errors import InputError, IntegrityError, ManifestError
from ..forecasters.floors import vanishes
from ..forecasters.table import FLOORS
from . import trust

SCHEMA_VERSION = 1
MANIFEST_LIMIT = 1 << 20
FILE_LIMIT = 64 << 20

MANIFEST = "manifest.json"
CARD = "README.md"
WEIGHTS = "weights.safetensors"
TORCHSCRIPT = "model.torchscript.pt"
ONNX = "model.onnx"
GOLDEN = "golden.safetensors"
HISTORY = "history.json"
REQUIRED = (CARD, WEIGHTS, TORCHSCRIPT, ONNX, GOLDEN, HISTORY)
ENGINES = ("torchscript", "onnx", "numpy")

SHIPPED = Path(__file__).parent.parent / "shipped"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict: a field this schema does not know is an error, never silently dropped."""


class FileFacts(_Facts, frozen=True):
    """What the manifest states of a file."""

    sha256: str
    size: int


class Contract(_Facts, frozen=True):
    """What every engine takes and returns: float32 [B, context_length, 1] -> [B, horizon]."""

    context_length: int
    horizon: int
    normaliser: Normaliser
    input: str = "context"
    output: str = "forecast"


class SignalFacts(_Facts, frozen=True):
    """The signal family a model was trained on, with its parameters."""

    family: str
    parameters: dict[str, float]


class ScoreFacts(_Facts, frozen=True):
    """A score on fresh windows: [value, standard error] each, and the floors it stands beside.

    Values are means over the horizon. `steps` has them for each step ahead where there is more than one: `mse`,
    `mse_se`, `excess`, and each floor, as lists of H numbers. Where the floor is zero, there is no `excess`.
    """

    windows: int
    seed: int
    mse: tuple[float, float]
    excess: tuple[float, float] | None
    skill: tuple[float, float]
    floors: dict[str, float]
    steps: dict[str, list[float]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if vanishes(self.floors):  # an older version stated a ratio of roundings
            msgspec.structs.force_setattr(self, "excess", None)


class TrainingFacts(_Facts, frozen=True):
    """The run that made the weights."""

    recipe: dict[str, Any]
    seed: int
    steps: int
    windows_seen: int
    seconds: float
    stack: dict[str, str]


class Manifest(_Facts, frozen=True):
    """manifest.json. `architecture` names the family; `config` its size."""

    schema_version: int
    name: str
    title: str
    summary: str
    architecture: str
    config: dict[str, Any]
    parameters: int
    contract: Contract
    signal: SignalFacts
    score: ScoreFacts
    tolerance: dict[str, float]
    training: TrainingFacts
    rebuild: str
    created_with: str
    files: dict[str, FileFacts]

    @property
    def size(self) -> int:
        """Bytes of all files, without the manifest."""
        return sum(facts.size for facts in self.files.values())


@dataclass(frozen=True)
class Bundle:
    """A folder whose manifest has been read and found well-formed. Nothing else is read yet."""

    path: Path
    manifest: Manifest
    raw_manifest: bytes

    @cached_property
    def manifest_sha256(self) -> str:
        """Of the manifest's bytes, which state the SHA-256 of every other file."""
        return hashlib.sha256(self.raw_manifest).hexdigest()

    def read(self, name: str) -> bytes:
        """The verified bytes of one file.

        Raises:
            IntegrityError: missing, a link, or not the size or SHA-256 that the manifest states.
        """
        stated = self.manifest.files[name]
        data = _storage.read_file(self.path / name, FILE_LIMIT)
        if len(data) != stated.size:
            raise IntegrityError(
                f"{self.path / name} has {len(data):,} bytes, its manifest states {stated.size:,}: the file "
                "was cut or replaced. Restore the bundle from its source."
            )
        found = hashlib.sha256(data).hexdigest()
        if found != stated.sha256:
            raise IntegrityError(
                f"{self.path / name} does not match its manifest: SHA-256 is {found[:12]}..., stated "
                f"{stated.sha256[:12]}...: the file is damaged or was changed. Restore the bundle from its source."
            )
        return data

    @cached_property
    def is_trusted(self) -> bool:
        """Whether the package ships these bytes or this machine wrote them, so that code in them may run.

        Where they lie does not matter: the folder may be another one by now.
        """
        return trust.vouches_for(self.manifest_sha256)


def open_bundle(path: Path) -> Bundle:
    """Read and check the manifest of the bundle in a folder.

    Raises:
        ManifestError: missing, malformed, of a newer schema, or naming a path outside the folder.
    """
    try:
        raw = _storage.read_file(path / MANIFEST, MANIFEST_LIMIT)
    except IntegrityError as error:
        raise ManifestError(f"{path} is not a bundle: {error}") from None
    return Bundle(path, _parse(raw, path / MANIFEST), raw)


def _parse(raw: bytes, path: Path) -> Manifest:
    class Version(msgspec.Struct):
        schema_version: int

    try:
        _strict_json.check(raw)
        version = msgspec.json.decode(raw, type=Version).schema_version
        if version > SCHEMA_VERSION:
            raise ManifestError(
                f"{path} is of schema {version}; this seqzoo reads up to {SCHEMA_VERSION}. Upgrade seqzoo."
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, InputError, RecursionError) as error:
        raise ManifestError(f"{path} is not a valid manifest: {error}.") from None
    problem = _problem(manifest)
    if problem:
        raise ManifestError(f"{path}: {problem}.")
    return manifest


def _problem(manifest: Manifest) -> str | None:
    """What is wrong with a manifest whose types are right; None if nothing is."""
    if manifest.schema_version < 1:
        return f"schema_version must be at least 1, got {manifest.schema_version}"
    if not NAME.fullmatch(manifest.name):
        return f"name {manifest.name[:80]!r} must match {NAME.pattern}"
    if set(manifest.files) != set(REQUIRED):
        extra, lacking = set(manifest.files) - set(REQUIRED), set(REQUIRED) - set(manifest.files)
        return f"files must be exactly {', '.join(REQUIRED)}; unexpected {sorted(extra)}, missing {sorted(lacking)}"
    for name, facts in manifest.files.items():
        if not re.fullmatch(r"[0-9a-f]{64}", facts.sha256):
            return f"the sha256 of {name} is not 64 hexadecimal digits"
        if not 0 <= facts.size <= FILE_LIMIT:
            return f"the size of {name} must be from 0 to {FILE_LIMIT:,} bytes, got {facts.size:,}"
    for fact in _leaves(msgspec.to_builtins(manifest)):
        if isinstance(fact, str) and not fact.isprintable():
            return f"every text must be printable, got {fact[:80]!a}"
        if isinstance(fact, float) and not math.isfinite(fact):
            return "every number must be finite"
    if manifest.parameters < 0:
        return f"parameters must be at least 0, got {manifest.parameters}"
    if manifest.score.windows < 2:
        return f"a score is of at least 2 windows, got {manifest.score.windows}"
    if lacking := FLOORS.keys() - manifest.score.floors.keys():
        return f"score.floors lacks {', '.join(sorted(lacking))}"
    if manifest.score.excess is None and not vanishes(manifest.score.floors):
        return "score.excess is missing, and the Bayes floor is above zero"
    contract = manifest.contract
    if any(len(values) != contract.horizon for values in manifest.score.steps.values()):
        return f"score.steps must hold {contract.horizon} values of each kind"
    if not (1 <= contract.context_length <= 4096 and 1 <= contract.horizon <= 4096):
        return (
            "context_length and horizon must be from 1 to 4096, "
            f"got {contract.context_length} and {contract.horizon}"
        )
    if not manifest.tolerance or not set(manifest.tolerance) <= set(ENGINES):
        given = ", ".join(manifest.tolerance) or "no engine"
        return f"tolerance must name engines, of {', '.join(sorted(ENGINES))}; it names {given[:200]}"
    if not all(0 < bound <= 1e-5 for bound in manifest.tolerance.values()):
        return "every tolerance must be above 0 and at most 1e-5"
    return None


def _leaves(facts: Any) -> Iterator[Any]:
    """Every key and value of nested dicts and lists."""
    if isinstance(facts, dict):
        yield from facts
        facts = list(facts.values())
    if isinstance(facts, list | tuple):
        for item in facts:
            yield from _leaves(item)
    else:
        yield facts


def check_replaceable(path: Path) -> None:
    """Raises InputError if a folder holds anything that a bundle does not: writing would delete it."""
    if path.exists() and not (path / MANIFEST).is_file():
        raise InputError(f"{path} exists and is not a bundle; nothing was overwritten. Choose another folder.")
    if path.exists():
        others = sorted(inside.name for inside in path.iterdir() if inside.name not in (MANIFEST, *REQUIRED))
        if others:
            raise InputError(
                f"{path} also holds {', '.join(others[:3])}, which replacing the bundle would delete; nothing was "
                "overwritten. Choose another folder."
            )


def write_bundle(path: Path, manifest: Manifest, contents: dict[str, bytes]) -> Bundle:
    """Write a bundle in one step and note that this machine built it. File facts are filled in here.

    Args:
        path: the folder; an older bundle there is replaced as a whole.
        contents: bytes of each file in REQUIRED.

    Raises:
        InputError: the folder holds something else.
    """
    check_replaceable(path)
    facts = {
        name: FileFacts(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()
    }
    manifest = msgspec.structs.replace(manifest, files=facts)
    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    manifest = _parse(raw, path / MANIFEST)
    made = Bundle(path, manifest, raw)
    trust.record(made.manifest_sha256)
    _storage.write_folder(path, {**contents, MANIFEST: raw})
    return made
