"""What a command is given to forecast from: a series or windows, its times, and what was understood of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer
from numpy.typing import NDArray

from .._arrays import channel, with_channel, with_known
from .._formats import counted, printable
from ..data.windows import unbroken
from ..errors import InputError
from ..forecasters.known import channels_at, check_steps
from ..forecasters.protocol import Forecaster, has_bundle
from .app import FileOptions
from .sources import Source, is_column, source_of

if TYPE_CHECKING:
    from ..data.measured import Reading
    from ..data.times import TimeIndex


@dataclass(frozen=True)
class Given:
    """The numbers that the user gave: a series [T], NaN where a value is missing, or windows [B, L, 1].

    Args:
        reading: what was understood of a table; None for plain numbers.
        note: which of the values are the window, if not all are.
    """

    values: NDArray[np.float64]
    reading: Reading | None = None
    note: str = ""

    @property
    def times(self) -> TimeIndex | None:
        """The times of the series; None for plain numbers, and for a table without times."""
        return None if self.reading is None else self.reading.one().times

    def history(self, length: int) -> NDArray[np.float64]:
        """The values after the last missing one.

        Raises:
            InputError: fewer than `length`.
        """
        history = unbroken(self.values)
        if len(history) >= length:
            return history
        last_missing = len(self.values) - len(history) - 1
        if last_missing < 0:
            raise InputError(f"expected at least {length} numbers of history, got {len(history)}.")
        when = ""
        if self.times is not None:
            when = f", at {self.times.stamp(last_missing)}"
        fill = "--gaps interpolate or --gaps last" if len(history) else "--gaps last: no value follows the gap"
        raise InputError(
            f"{counted(len(history), 'value follows', 'values follow')} the last missing one{when}, and a forecast "
            f"needs {length}. Fill gaps with {fill}."
        )

    def times_of(self, length: int) -> TimeIndex | None:
        """The times of the last `length` values, if they are known."""
        return None if self.times is None else self.times.after(len(self.values) - length)

    def clock(self, length: int, horizon: int) -> NDArray[np.datetime64] | None:
        """What a clock showed at the last `length` values and will show at the forecast, if the times are known."""
        times = self.times_of(length)
        if times is None:
            return None
        from ..data.times import to_local

        instants = times.instants(length + horizon)
        return instants if times.zone is None else to_local(instants, times.zone)

    def stamps(self, horizon: int) -> list[str] | None:
        """The stamps of the forecast in ISO 8601, if they are known."""
        return None if self.times is None else self.times.stamps(horizon, len(self.values))

    def written(self, horizon: int) -> list[str] | None:
        """The same stamps as the file writes its times."""
        return None if self.times is None else self.times.written(horizon, len(self.values))


def calendar_times(model: Forecaster, given: Given) -> TimeIndex | None:
    """The times of a file on the clock of the model's calendar; None if they are unknown."""
    times = given.times
    zone = model.manifest.contract.zone if has_bundle(model) else None
    if times is None or times.zone is None or zone is None or times.frequency.unit != "us":
        return times
    return dataclasses.replace(times, zone=zone)


def beside(model: Forecaster, given: Given | None, begin: int, count: int) -> NDArray[np.float64] | None:
    """The channels [count, D - 1] that a model reads beside the values, from a position of a file on; None if none.

    Raises:
        InputError: the numbers have no times, from which the channels are computed.
    """
    return None if given is None else channels_at(model, given.times, begin, count)


def given_series(
    numbers: list[str], file: Path | None, how: FileOptions, length: int | None = None
) -> Given | None:
    """The numbers as one series; None if neither arguments nor a file were given.

    Args:
        length: L, where only the last window is read; see `measured.longest_filled`.

    Raises:
        InputError: both sources are given, one cannot be read, or it holds several series or windows.
    """
    if (collected := _collected(file, how, length)) is not None:
        return collected
    source = source_of(numbers, file, how)
    if source is None:
        return None
    if (lines := source.lines) is not None and (source.is_typed or len(lines.rows) < 2 or is_column(lines)):
        return Given(np.array(lines.series(), np.float64))
    return _table(source, how, length)


def windows_for(model: Forecaster, given: Given) -> NDArray[np.float64]:
    """The windows [B, L, D] that a model reads, of the values that `given_windows` returned.

    Raises:
        InputError: as `beside`.
    """
    if len(model.channels) == 1:
        return given.values
    length, total = model.context_length, 0 if given.reading is None else len(given.reading.one())
    known = beside(model, given, total - length, length)
    assert known is not None
    return np.asarray(with_known(channel(given.values), known[None]), np.float64)


def given_windows(numbers: list[str], file: Path | None, how: FileOptions, length: int) -> Given | None:
    """The numbers as windows [B, L, 1]: each line of L numbers, or the last L values of a series in a file.

    Raises:
        InputError: as `given_series`; a line has another length, or a file has fewer than L values.
    """
    if (collected := _collected(file, how, length)) is not None:
        return dataclasses.replace(collected, values=with_channel(collected.history(length)[None, -length:]))
    source = source_of(numbers, file, how)
    if source is None:
        return None
    lines = source.lines
    is_series = not source.is_typed and lines is not None and is_column(lines) and len(lines.rows) > length
    if lines is not None and not is_series and (source.is_typed or length in {len(row.values) for row in lines.rows}
                                                or is_column(lines)):  # fmt: skip
        return Given(with_channel(np.array(lines.windows(length), np.float64)))
    given = Given(np.array(lines.series())) if lines is not None and is_series else _table(source, how, length)
    window = given.history(length)[None, -length:]
    total = len(given.values)
    note = f"The window is the last {length} of {total:,} values." if total > length else ""
    return Given(with_channel(window), given.reading, note)


def _table(source: Source, how: FileOptions, length: int | None) -> Given:
    """The one series of the source, read as a table."""
    reading = source.reading(how, length, is_one=True)
    return Given(reading.one().values, reading)


def _collected(file: Path | None, how: FileOptions, length: int | None) -> Given | None:
    """The series of the collection that `series:NAME` in place of a file names; None for a file."""
    from ..data import collection
    from ..data.measured import Reading, longest_filled

    if file is None or not str(file).startswith(collection.PREFIX):
        return None
    if how.stated:
        raise InputError(f"--{next(iter(how.stated))} tells how a file is read, and {file} is not a file.")
    series = collection.load(str(file)).series()
    reading = Reading((series,), (series.name,), f"{file}: {len(series):,} values of the collection.")
    reading = reading if how.gaps is None else reading.filled(how.gaps, longest_filled(length))
    return Given(reading.one().values, reading)


def say_read(given: Given | None) -> None:
    """Print on one line of standard error what was understood of a table, and which values are the window."""
    if given is None:
        return
    understood = "" if given.reading is None else given.reading.understood
    if line := " ".join(f"{understood} {given.note}".split()):
        typer.echo(printable(line), err=True)


def check_frequency(model: Forecaster, given: Given | None) -> None:
    """Raises InputError if the file's steps are not those of the series that the model was trained on.

    Prints a line where the clock of a model's calendar and that of the file may differ.
    """
    check_clock(model, None if given is None else given.times)


def check_clock(model: Forecaster, times: TimeIndex | None) -> None:
    """Check and tell as `check_frequency`, for the times of a series."""
    check_steps(model, times)
    if times is None or not has_bundle(model) or model.manifest.contract.calendar is None:
        return
    zone = model.manifest.contract.zone
    if zone is not None and times.zone is None:
        typer.echo(f"The file states no time zone: its clock is read as that of {zone}.", err=True)
    elif zone is None and times.zone is not None:
        typer.echo(
            f"The calendar of {model.name} follows the clock of its series, whose zone is unknown; that of "
            f"{times.zone} is read here.", err=True,
        )  # fmt: skip
