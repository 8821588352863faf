"""A bundle: the folder of files that a model ships as.

Reading checks the hash of a file before any parser sees its bytes, and returns these bytes; no file is opened twice.
Writing is atomic (`_storage.py`).
"""

from __future__ import annotations

import contextlib
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

MANIFEST_LIMIT = 4 << 20  # of a set, it states the split and the score of 2,000 series

MANIFEST = "manifest.json"
CARD = "README.md"
WEIGHTS = "weights.safetensors"
TORCHSCRIPT = "model.torchscript.pt"
ONNX = "model.onnx"
GOLDEN = "golden.safetensors"
HISTORY = "history.json"
HOLDOUT = "holdout.safetensors"
INTERVALS = "intervals.safetensors"
REQUIRED = (CARD, WEIGHTS, TORCHSCRIPT, ONNX, GOLDEN, HISTORY)
"""Files of every bundle; that of a measured series also holds HOLDOUT, and INTERVALS if its manifest states them."""
ALL = (*REQUIRED, HOLDOUT, INTERVALS)

SHIPPED = Path(__file__).parent.parent / "shipped"


@dataclass(frozen=True)
class Bundle:
    """A folder whose manifest has been read and is valid. No other file has been read yet."""

    path: Path
    manifest: Manifest
    raw_manifest: bytes

    @cached_property
    def manifest_sha256(self) -> str:
        """The SHA-256 of the manifest's bytes, which state the SHA-256 of every other file."""
        return hashlib.sha256(self.raw_manifest).hexdigest()

    def read(self, name: str) -> bytes:
        """The verified bytes of one file.

        Raises:
            IntegrityError: the file is missing, a link, or not of the size or SHA-256 that the manifest states.
        """
        stated = self.manifest.files[name]
        data = _storage.read_file(self.path / name, FILE_LIMIT)
        _check(data, stated, self.path / name)
        return data

    @cached_property
    def is_trusted(self) -> bool:
        """Whether code in this bundle may run: the package ships these bytes, or this machine wrote them.

        The path does not count, since the folder may have been replaced.
        """
        return trust.vouches_for(self.manifest_sha256)


def open_bundle(path: Path) -> Bundle:
    """The bundle in a folder; reads and checks its manifest.

    Raises:
        ManifestError: the manifest is missing, malformed, of a newer schema, or does not name exactly the files of a
            bundle.
    """
    with contextlib.suppress(OSError):  # as of a name that is too long, which reading then refuses
        if not any((path / name).exists() for name in (MANIFEST, *ALL)):
            what = f"has no {MANIFEST}" if path.exists() else "does not exist"
            raise ManifestError(
                f"{path} is not a bundle: it {what}. Give the folder of a bundle, or a name that `seqzoo list` shows."
            )
    try:
        raw = _storage.read_file(path / MANIFEST, MANIFEST_LIMIT)
    except IntegrityError as error:
        raise ManifestError(f"{path} is not a bundle: {error}") from None
    return Bundle(path, parsed(raw, path), raw)


def _check(data: bytes, stated: FileFacts, path: Path) -> None:
    """Raises IntegrityError unless these are the bytes that the manifest states for the file of that path."""
    if len(data) != stated.size:
        raise IntegrityError(
            f"{path} has {len(data):,} bytes, its manifest states {stated.size:,}: the file "
            "was cut or replaced. Restore the bundle from its source."
        )
    digest = hashlib.sha256(data).hexdigest()
    if digest != stated.sha256:
        raise IntegrityError(
            f"{path} does not match its manifest: SHA-256 is {digest[:12]}..., stated "
            f"{stated.sha256[:12]}...: the file is damaged or was changed. Restore the bundle from its source."
        )


def parsed(raw: bytes, path: Path) -> Manifest:
    """The manifest in these bytes; the path of its bundle is for messages. Raises ManifestError, as `open_bundle`."""
    manifest = parse(raw, path / MANIFEST)
    expected: tuple[str, ...] = REQUIRED if isinstance(manifest.source, Simulated) else (*REQUIRED, HOLDOUT)
    if manifest.intervals is not None:
        expected += (INTERVALS,)
    if set(manifest.files) != set(expected):
        extra, lacking = set(manifest.files) - set(expected), set(expected) - set(manifest.files)
        raise ManifestError(
            f"{path / MANIFEST}: files must be exactly {', '.join(expected)}; unexpected {sorted(extra)}, missing "
            f"{sorted(lacking)}."
        )
    return manifest


def check_replaceable(path: Path) -> None:
    """Raises InputError if a folder holds other files than a bundle's, which writing would delete."""
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
    """The bundle, after writing it atomically and recording that this machine built it.

    Args:
        path: the folder; an older bundle there is replaced as a whole.
        manifest: the manifest, whose `schema_version` and `files` are filled in here.
        contents: the bytes of each file.

    Raises:
        InputError: as `check_replaceable`.
        OSError: as `_storage.write_folder`.
    """
    check_replaceable(path)
    facts = {
        name: FileFacts(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()
    }
    manifest = msgspec.structs.replace(manifest, schema_version=SCHEMA_VERSION, files=facts)
    raw = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    manifest = parsed(raw, path)
    bundle = Bundle(path, manifest, raw)
    trust.record(bundle.manifest_sha256)
    _storage.write_folder(path, {**contents, MANIFEST: raw})
    return bundle


def receive(path: Path, raw_manifest: bytes, contents: dict[str, bytes], *, origin: Path) -> Bundle:
    """The bundle, after writing it atomically as somebody else made it. This machine does not vouch for its code.

    Args:
        origin: where it is from, for messages.

    Raises:
        ManifestError: as `open_bundle`.
        IntegrityError: the contents are not those that the manifest states.
        InputError: as `check_replaceable`.
        OSError: as `_storage.write_folder`.
    """
    check_replaceable(path)
    manifest = parsed(raw_manifest, origin)
    for name, stated in manifest.files.items():
        _check(contents[name], stated, origin / name)
    _storage.write_folder(path, {**contents, MANIFEST: raw_manifest})
    return Bundle(path, manifest, raw_manifest)
