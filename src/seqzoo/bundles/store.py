"""A bundle: the folder a model ships in.

Reading hashes the bytes before any parser sees them, and hands out those bytes; the file is not
opened twice. Writing is atomic (`files.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from .. import _storage
from ..errors import InputError, IntegrityError, ManifestError
from ..signals import Simulated
from . import trust
from .manifest import FILE_LIMIT, SCHEMA_VERSION, FileFacts, Manifest, parse

MANIFEST_LIMIT = 1 << 20

MANIFEST = "manifest.json"
CARD = "README.md"
WEIGHTS = "weights.safetensors"
TORCHSCRIPT = "model.torchscript.pt"
ONNX = "model.onnx"
GOLDEN = "golden.safetensors"
HISTORY = "history.json"
HOLDOUT = "holdout.safetensors"
REQUIRED = (CARD, WEIGHTS, TORCHSCRIPT, ONNX, GOLDEN, HISTORY)
"""Files of every bundle; one of a measured series also holds HOLDOUT."""
ALL = (*REQUIRED, HOLDOUT)

SHIPPED = Path(__file__).parent.parent / "shipped"


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
    return Bundle(path, _parsed(raw, path), raw)


def _parsed(raw: bytes, path: Path) -> Manifest:
    manifest = parse(raw, path / MANIFEST)
    expected = REQUIRED if isinstance(manifest.source, Simulated) else ALL
    if set(manifest.files) != set(expected):
        extra, lacking = set(manifest.files) - set(expected), set(expected) - set(manifest.files)
        raise ManifestError(
            f"{path / MANIFEST}: files must be exactly {', '.join(expected)}; unexpected {sorted(extra)}, missing "
            f"{sorted(lacking)}."
        )
    return manifest


def check_replaceable(path: Path) -> None:
    """Raises InputError if a folder holds anything that a bundle does not: writing would delete it."""
    if path.exists() and not (path / MANIFEST).is_file():
        raise InputError(f"{path} exists and is not a bundle; nothing was overwritten. Choose another folder.")
    if path.exists():
        others = sorted(inside.name for inside in path.iterdir() if inside.name not in (MANIFEST, *ALL))
        if others:
            raise InputError(
                f"{path} also holds {', '.join(others[:3])}, which replacing the bundle would delete; nothing was "
                "overwritten. Choose another folder."
            )


def write_bundle(path: Path, manifest: Manifest, contents: dict[str, bytes]) -> Bundle:
    """Write a bundle in one step and note that this machine built it. File facts are filled in here.

    Args:
        path: the folder; an older bundle there is replaced as a whole.
        contents: bytes of each file that the manifest's source asks for.

    Raises:
        InputError: the folder holds something else.
    """
    check_replaceable(path)
    facts = {
        name: FileFacts(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()
    }
    manifest = msgspec.structs.replace(manifest, schema_version=SCHEMA_VERSION, files=facts)
    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    manifest = _parsed(raw, path)
    made = Bundle(path, manifest, raw)
    trust.record(made.manifest_sha256)
    _storage.write_folder(path, {**contents, MANIFEST: raw})
    return made
