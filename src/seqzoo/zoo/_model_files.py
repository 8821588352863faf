"""Model files that are not part of the package: given by path, or installed behind an entry point."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError, MissingExtraError, SeqzooError

ENTRY_POINTS = "seqzoo.models"

_LOADED: dict[str, list[str]] = {}  # what each file registered, by its module's name
_FILES: dict[str, tuple[str, str]] = {}  # name and SHA-256 of the file that each architecture came from


def installed() -> Mapping[str, importlib.metadata.EntryPoint]:
    """Entry points of the group, by name; none of them is imported.

    They are read again where a folder of `sys.path` has changed: that takes tens of milliseconds, for all packages.
    """
    return _installed(tuple((place, _changed(place)) for place in sys.path))


@functools.lru_cache(maxsize=1)
def _installed(_: tuple[tuple[str, int], ...]) -> Mapping[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}


def _changed(place: str) -> int:
    """When a folder was last changed, in ns; 0 if there is none."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


def load(path: Path, registered: dict[str, Any]) -> list[str]:
    """Run a model file, unless its text has been run before; returns the names it registered.

    Args:
        registered: the registry that the file enters its models into.

    Raises:
        InputError: no such file, or it fails, or it registers nothing.
        MissingExtraError: torch is not installed.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected a Python file that registers a model.")
    if not path.is_file():
        raise InputError(f"there is no model file {path}.")
    if path.suffix != ".py":
        raise InputError(f"{path} is not a Python file: its name must end in .py.")
    # Named by its text: an export holds the name, which must neither change from run to run nor tell a path.
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = f"seqzoo_models_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}_{digest[:12]}"
    if name in _LOADED:
        return _LOADED[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    sys.modules[name] = module  # where dataclasses and TorchScript look up the names in annotations
    try:
        new = run(str(path), lambda: loader.exec_module(module), registered)
        if not new:
            raise InputError(f"{path} registers no architecture: decorate its module with @register(...).")
    except BaseException:
        del sys.modules[name]
        raise
    _LOADED[name] = new
    _FILES.update(dict.fromkeys(new, (path.name, digest)))
    return new


def option_for(architecture: str) -> str:
    """As " --models mgu.py" where a command needs the file of an architecture; nothing for all others."""
    file = _FILES.get(architecture)
    return "" if file is None else f" --models {shlex.quote(file[0])}"


def sha256_of(architecture: str) -> str | None:
    """Of the file that defines an architecture; None where no file was given for it."""
    file = _FILES.get(architecture)
    return None if file is None else file[1]


def run(source: str, code: Callable[[], Any], registered: dict[str, Any]) -> list[str]:
    """Run somebody's code; returns the names it registered. Code that fails leaves nothing registered.

    Raises:
        InputError: whatever it raises, in one line that names the source; the exception itself is its cause.
        MissingExtraError: torch is not installed.
    """
    before = set(registered)
    try:
        code()
    except BaseException as error:
        for name in set(registered) - before:
            del registered[name]
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            raise MissingExtraError(source, "train") from None
        if isinstance(error, SeqzooError):
            raise InputError(f"{source} cannot be used: {error}") from error
        if isinstance(error, SystemExit):
            raise InputError(f"{source} cannot be used: it ends the program (SystemExit).") from error
        if isinstance(error, KeyboardInterrupt):
            raise
        raise InputError(f"{source} cannot be used: {type(error).__name__}: {_said(error)}.") from error
    return sorted(set(registered) - before)


def _said(error: BaseException) -> str:
    """The message, of an exception of unknown origin."""
    try:
        return str(error).rstrip(".")
    except Exception:
        return "its message cannot be shown"
