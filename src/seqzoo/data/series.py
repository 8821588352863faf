"""A measured series, and the folder that stores it by its SHA-256 for later trainings."""

from __future__ import annotations

import functools
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import _storage
from ..errors import InputError, IntegrityError
from .windows import finite_series

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
LIMIT = 256 << 20  # bytes of a stored series


@dataclass(frozen=True, eq=False)
class Series:
    """Values of one channel in order of time.

    Args:
        name: the part after the dot in names of models, "load" in "lstm.load"; lower case letters, digits and "_".
        values: [T], finite; stored as a read-only copy in float64.

    Raises:
        InputError: the name does not match, or the values are not a finite array [T].
    """

    name: str
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InputError(f"a series' name must match {NAME.pattern}, got {self.name[:80]!r}.")
        values = finite_series(self.values).copy()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the values as little-endian float64."""
        return hashlib.sha256(self.values.astype("<f8").tobytes()).hexdigest()

    def store(self) -> None:
        """Write the values to SEQZOO_HOME/series, from where `stored` reads them."""
        raw = io.BytesIO()
        np.save(raw, self.values.astype("<f8"), allow_pickle=False)
        _storage.write_file(_place(self.sha256), raw.getvalue())


_MEMORY: ContextVar[dict[str, Series]] = ContextVar("series in memory", default={})  # noqa: B039 (never written to)


@contextmanager
def in_memory(series: Series) -> Iterator[None]:
    """Let `stored` find a series in this context, so that a training on it writes no file."""
    token = _MEMORY.set({**_MEMORY.get(), series.sha256: series})
    try:
        yield
    finally:
        _MEMORY.reset(token)


def is_stored(sha256: str) -> bool:
    """Whether a file for the series exists; reads nothing."""
    return _place(sha256).is_file()


def stored(name: str, sha256: str) -> Series:
    """A series that `Series.store` wrote, or that `in_memory` holds.

    Raises:
        InputError: the file is missing, or its values have changed.
    """
    return _MEMORY.get().get(sha256) or _read(name, sha256, _place(sha256))


@functools.lru_cache(maxsize=1)  # a training asks for its series at every stage
def _read(name: str, sha256: str, path: Path) -> Series:
    try:
        raw = _storage.read_file(path, LIMIT)
        series = Series(name, np.load(io.BytesIO(raw), allow_pickle=False))
    except (IntegrityError, ValueError, EOFError):
        series = None
    if series is None or series.sha256 != sha256:
        raise InputError(f"the series {name!r} (SHA-256 {sha256[:12]}) is not stored here: give its values again.")
    return series


def _place(sha256: str) -> Path:
    return _storage.home() / "series" / f"{sha256}.npy"
