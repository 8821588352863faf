"""Finds bundles by name: those that the package ships, and the user's."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from .. import _storage
from ..errors import InputError, UnknownNameError
from ..forecasters import table
from ..forecasters.table import reference_of
from .manifest import NAME
from .store import MANIFEST, SHIPPED


def own_models() -> Path:
    """The folder of the user's bundles."""
    return _storage.home() / "models"


def check_name(name: str) -> None:
    """Raises InputError for a malformed name, and for the name of a computed reference."""
    if not NAME.fullmatch(name):
        raise InputError(
            "a model's name has up to 100 characters of a-z, 0-9, '_', '.' and '-', and begins with a letter or a "
            f"digit; got {name[:120]!r}."
        )
    if reference_of(name) is not None:
        raise InputError(f"{name!r} is the name of a computed reference; choose another.")


_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")  # names of devices on Windows, also with a suffix


def free(name: str) -> str:
    """The name, or the first of name-2, name-3, ... that no model of the user has."""
    names = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
    return next(each for each in names if not place(each).exists())


def place(name: str) -> Path:
    """The folder for a user's bundle of this name; it need not exist.

    Raises:
        InputError: as `check_name`; or the name is that of a shipped model, or cannot be a folder on every system.
    """
    check_name(name)
    if name.endswith(".") or _DEVICE.fullmatch(name.partition(".")[0]):
        raise InputError(f"{name!r} cannot be a folder on every system; choose another name.")
    if (SHIPPED / name).exists():
        raise InputError(f"{name!r} is the name of a shipped model; choose another.")
    return own_models() / name


def available() -> dict[str, Path]:
    """Every bundle by name: shipped ones, then the user's, which cannot replace a shipped one of the same name."""
    bundles: dict[str, Path] = {}
    _storage.sweep(own_models())
    for folder in (SHIPPED, own_models()):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if NAME.fullmatch(path.name) and reference_of(path.name) is None and _has_manifest(path):
                    bundles.setdefault(path.name, path)
    return bundles


def _has_manifest(folder: Path) -> bool:
    """Whether a folder holds a manifest; True if it may not be read, so that the bundle is listed with this error."""
    try:
        (folder / MANIFEST).stat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def unknown(name: str) -> UnknownNameError:
    """The error for a name that neither a bundle nor a computed reference has."""
    names = {*available(), *table.names()}
    return UnknownNameError("model", name, names, f"`seqzoo list` shows all {len(names)}.")


def find(name: str | Path) -> Path:
    """The folder of a bundle given by name, or by a path (anything that contains a separator).

    Raises:
        UnknownNameError: no model has this name; the message lists the nearest.
        InputError: the name is that of a computed reference, which has no bundle.
    """
    if isinstance(name, Path) or "/" in name or "\\" in name:
        return Path(name)
    known = available()
    if reference_of(name) is not None:
        raise InputError(f"{name!r} is computed from the signal: there is no bundle of it. Use predict or forecast.")
    if name not in known:
        raise unknown(name)
    return known[name]

