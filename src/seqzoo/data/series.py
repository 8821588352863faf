"""A measured series, its gaps, and the folder that stores it by its SHA-256 for later trainings."""

from __future__ import annotations

import functools
import hashlib
import io
import json
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
from .._formats import counted
from ..errors import InputError, IntegrityError
from .frequency import frequency
from .gaps import gaps_of
from .times import TimeIndex
from .windows import finite_series, unbroken

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
LIMIT = 256 << 20  # bytes of a stored series
GAPS = ("interpolate", "last", "refuse")  # rules for missing values; by default windows that hold one are left out


@dataclass(frozen=True, eq=False)
class Series:
    """Values of one channel in order of time.

    Args:
        name: the part after the dot in names of models, "load" in "lstm.load"; lower case letters, digits and "_".
        values: [T], finite, or NaN where a value is missing; stored as a read-only copy in float64.
        times: when the values were measured, if that is known.

    Raises:
        InputError: the name does not match, or the values are not an array [T] of finite numbers and NaN.
    """

    name: str
    values: NDArray[np.float64]
    times: TimeIndex | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InputError(f"a series' name must match {NAME.pattern}, got {self.name[:80]!r}.")
        values = finite_series(self.values, missing=True).copy()
        values[np.isnan(values)] = np.nan  # one kind of NaN: the digest is of the bytes
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> int:
        """How many values are missing."""
        return int(np.isnan(self.values).sum())

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the values as little-endian float64, followed by the times as JSON where they are known."""
        times = b"" if self.times is None else _written(self.times)
        return hashlib.sha256(self.values.astype("<f8").tobytes() + times).hexdigest()

    def store(self) -> None:
        """Write the values, and beside them the times, to SEQZOO_HOME/series, from where `stored` reads them."""
        raw = io.BytesIO()
        np.save(raw, self.values.astype("<f8"), allow_pickle=False)
        if self.times is not None:  # before the values, by which a stored series is known
            _storage.write_file(_place(self.sha256).with_suffix(".json"), _written(self.times))
        _storage.write_file(_place(self.sha256), raw.getvalue())

    def filled(self, rule: str, longest: int) -> Series:
        """The series with its gaps filled by a rule. Gaps at the ends have no value on both sides, so
        `interpolate` leaves them, and `last` leaves one at the beginning.

        Args:
            rule: "interpolate" on a straight line, "last" for the last value before the gap, or "refuse".
            longest: the most values in one gap that are filled; a longer gap divides the series instead.

        Raises:
            InputError: the rule is unknown, or it is "refuse" and a value is missing.
        """
        if rule not in GAPS:
            raise InputError(f"unknown rule for gaps {rule[:40]!r}: expected {', '.join(GAPS)}.")
        absent = np.isnan(self.values)
        if not absent.any():
            return self
        if rule == "refuse":
            first = int(absent.argmax())
            when = "" if self.times is None else f", at {self.times.stamp(first)}"
            raise InputError(
                f"the series {self.name!r} has {counted(int(absent.sum()), 'missing value')}, the first at position "
                f"{first}{when}. Fill gaps with --gaps interpolate or --gaps last."
            )
        values = self.values.copy()
        for begin, count in gaps_of(values):
            end = begin + count
            if end - begin > longest or begin == 0 or (end == len(values) and rule == "interpolate"):
                continue
            before = values[begin - 1]
            after = before if rule == "last" else values[end]
            values[begin:end] = np.linspace(before, after, end - begin + 2)[1:-1]
        return Series(self.name, values, self.times)

    def trimmed(self) -> Series:
        """The series from its first value to its last one, without what is missing before and after them."""
        present = np.flatnonzero(~np.isnan(self.values))
        if not len(present) or len(present) == len(self):
            return self
        first, end = int(present[0]), int(present[-1]) + 1
        if end - first == len(self):
            return self
        return Series(self.name, self.values[first:end], None if self.times is None else self.times.after(first))

    def unbroken(self) -> NDArray[np.float64]:
        """The values after the last missing one."""
        return unbroken(self.values)


_MEMORY: ContextVar[dict[str, Series]] = ContextVar("series in memory", default={})  # noqa: B039 (never written to)


@contextmanager
def in_memory(*series: Series) -> Iterator[None]:
    """Let `stored` find series in this context, so that a training on them writes no file."""
    token = _MEMORY.set({**_MEMORY.get(), **{each.sha256: each for each in series}})
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


@functools.lru_cache(maxsize=2048)  # a training asks for its series at every stage, and may have that many
def _read(name: str, sha256: str, path: Path) -> Series:
    try:
        raw = _storage.read_file(path, LIMIT)
        beside = path.with_suffix(".json")
        times = _read_times(_storage.read_file(beside, LIMIT)) if beside.exists() else None
        series = Series(name, np.load(io.BytesIO(raw), allow_pickle=False), times)
    except (IntegrityError, ValueError, EOFError, KeyError, TypeError):
        series = None
    if series is None or series.sha256 != sha256:
        raise InputError(
            f"the series {name!r} (SHA-256 {sha256[:12]}) is not stored here: give its values again, as "
            "`seqzoo verify MODEL --series FILE` does."
        )
    return series


def _place(sha256: str) -> Path:
    return _storage.home() / "series" / f"{sha256}.npy"


def _written(times: TimeIndex) -> bytes:
    """The times as JSON. The zone and the frequency are names, so that other programs can read them too."""
    facts = {
        "start": str(times.start.astype("datetime64[us]")), "frequency": times.frequency.alias, "zone": times.zone,
        "holidays": [str(day.astype("datetime64[D]")) for day in times.holidays],
    }  # fmt: skip
    return json.dumps(facts, sort_keys=True).encode()


def _read_times(raw: bytes) -> TimeIndex:
    """Raises ValueError, KeyError or TypeError for anything but what `_written` writes."""
    facts = json.loads(raw)
    holidays = tuple(np.array(facts["holidays"], "datetime64[D]"))
    return TimeIndex(np.datetime64(facts["start"], "us"), frequency(facts["frequency"]), facts["zone"], holidays)
