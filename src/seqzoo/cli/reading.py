"""Numbers from arguments, and a series or windows from a file or standard input."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from numpy.typing import NDArray

from .._arrays import channel, with_channel, with_known
from .._extras import check_polars, has_polars
from ..data.measured import LONGEST_GAP, left_out, name_of_file, undivided
from ..data.numerals import number, shown
from ..data.series import GAPS, Series
from ..data.typed import Lines, may_be_table, rows_of
from ..data.windows import unbroken
from ..errors import InputError, MissingExtraError
from ..forecasters.protocol import Forecaster, has_bundle
from ..signals import FAMILIES
from .app import FileOptions

if TYPE_CHECKING:
    from ..data.measured import Reading
    from ..data.times import TimeIndex

LIMIT = 16 << 20  # bytes; as Python numbers they take about thirty times the memory
TABLE_LIMIT = 64 << 20  # bytes of a table, before it is unpacked; `data.reading` has the same limit after it
PLAIN_LIMIT = 1 << 20  # bytes; a larger file is read by polars, although it may hold only numbers
STANDARD_INPUT = Path("-")


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
            f"{len(history)} values follow the last missing one{when}, and a forecast needs {length}. "
            f"Fill gaps with {fill}."
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
    if len(model.channels) == 1 or given is None or not has_bundle(model):
        return None
    calendar = model.manifest.contract.calendar
    assert calendar is not None
    times = given.times
    if times is None:
        raise InputError(
            f"{model.name} reads the calendar beside the values, the channels {', '.join(model.channels[1:])}, and "
            "these numbers have no times. Give a file with a column of times, by --file."
        )
    return calendar.channels(times, count, begin)


def given_series(numbers: list[str], file: Path | None, how: FileOptions, length: int) -> Given | None:
    """The numbers as one series; None if neither arguments nor a file were given.

    Args:
        length: the context of the model; a gap that is longer is not filled.

    Raises:
        InputError: both sources are given, one cannot be read, or it holds several series or windows.
    """
    if (collected := _collected(file, how, length)) is not None:
        return collected
    source = _source(numbers, file, how)
    if source is None:
        return None
    if (lines := source.lines) is not None and (source.is_typed or len(lines.rows) < 2 or _is_column(lines)):
        return Given(np.array(lines.series(), np.float64))
    return source.table(how, length)


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
    source = _source(numbers, file, how)
    if source is None:
        return None
    lines = source.lines
    is_series = not source.is_typed and lines is not None and _is_column(lines) and len(lines.rows) > length
    if lines is not None and not is_series and (source.is_typed or length in {len(row.values) for row in lines.rows}
                                                or _is_column(lines)):  # fmt: skip
        return Given(with_channel(np.array(lines.windows(length), np.float64)))
    given = Given(np.array(lines.series())) if lines is not None and is_series else source.table(how, length)
    window = given.history(length)[None, -length:]
    total = len(given.values)
    note = f"The window is the last {length} of {total:,} values." if total > length else ""
    return Given(with_channel(window), given.reading, note)


def _collected(file: Path | None, how: FileOptions, length: int) -> Given | None:
    """The series of the collection that `series:NAME` in place of a file names; None for a file."""
    from ..data import collection
    from ..data.measured import Reading

    if file is None or not str(file).startswith(collection.PREFIX):
        return None
    if how.stated:
        raise InputError(f"--{next(iter(how.stated))} tells how a file is read, and {file} is not a file.")
    series = collection.load(str(file)).series()
    reading = Reading((series,), (series.name,), f"{file}: {len(series):,} values of the collection.")
    reading = reading if how.gaps is None else reading.filled(how.gaps, length)
    return Given(reading.one().values, reading)


def say_read(given: Given | None) -> None:
    """Print on one line of standard error what was understood of a table, and which values are the window."""
    if given is None:
        return
    understood = "" if given.reading is None else given.reading.understood
    if line := " ".join(f"{understood} {given.note}".split()):
        typer.echo("".join(c if c.isprintable() else repr(c)[1:-1] for c in line), err=True)


def check_frequency(model: Forecaster, given: Given | None) -> None:
    """Raises InputError if the file's steps are not those of the series that the model was trained on.

    Prints a line where the clock of a model's calendar and that of the file may differ.
    """
    times = None if given is None else given.times
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


def check_steps(model: Forecaster, times: TimeIndex | None) -> None:
    """Raises InputError as `check_frequency`, for the times of a series."""
    if times is None or not has_bundle(model):
        return
    frequency = model.manifest.contract.frequency
    if frequency is not None and times.frequency.alias != frequency:
        raise InputError(
            f"{model.name} forecasts steps of {frequency}, and the file has steps of {times.frequency.alias}: give a "
            f"file of that frequency. If the file is meant so, state it with --frequency {frequency}."
        )


def season_of(file: Path, given: Given) -> int:
    """Steps of the season of a series that was given: stated by the collection, or by its frequency; 1 for none."""
    from ..data import collection

    if str(file).startswith(collection.PREFIX):
        return collection.load(str(file)).season
    times = given.times
    return 1 if times is None else times.frequency.season_of(len(given.values))


@dataclass(frozen=True)
class Measured:
    """A series that the user named.

    Args:
        season: steps of its season; 1 where none is known or fits three times.
        told: what was understood and changed, one line.
    """

    series: Series
    season: int
    told: str = ""


def measured(given: str, how: FileOptions) -> Measured:
    """A series of the collection, by `series:NAME`, or of a file.

    The series of a file is named by `name_of_file`. With a rule for gaps, one that it does not fill divides it,
    and its last part is returned.

    Raises:
        InputError: the file cannot be read, or holds several series or no values.
        UnknownNameError: the collection has no such series.
    """
    from ..data import collection
    source = given_series([], Path(given), how, LONGEST_GAP)
    assert source is not None
    if given.startswith(collection.PREFIX):
        assert source.reading is not None
        series = source.reading.one()
        part = series if how.gaps is None else undivided(series)
        return Measured(part, season_of(Path(given), source), left_out(series, part))
    stem = Path(given).name.partition(".")[0]
    chosen = [str(how.stated[option]) for option in ("value", "only") if option in how.stated]
    name = name_of_file(stem, chosen)
    times = source.times
    series = Series(name, source.values, times)
    part = series if how.gaps is None else undivided(series)
    season = 1 if times is None else times.frequency.season_of(len(part))
    told = "" if source.reading is None else " ".join(source.reading.understood.split())
    return Measured(part, season, f"{told} {left_out(series, part)}".strip())


@dataclass(frozen=True)
class MeasuredSet:
    """The series of a file that tells several apart by a column of names.

    Args:
        name: of the file.
        series: by label, each with a name that no other has.
        told: as of `Measured`.
    """

    name: str
    series: dict[str, Series]
    told: str = ""


def measured_set(given: str, how: FileOptions) -> MeasuredSet | None:
    """Every series of a file that holds several, after a rule for gaps as in `measured`; None for other files.

    Raises:
        InputError: the file cannot be read.
    """
    from ..data import collection
    from ..data.measured import names_of

    if given.startswith(collection.PREFIX) or "only" in how.stated or not has_polars():
        return None
    source = _source([], Path(given), how)
    assert source is not None
    if (lines := source.lines) is not None and (source.is_typed or _is_column(lines)):
        return None
    reading = source.reading(how, LONGEST_GAP)
    if not reading.is_set:
        return None
    series = several(reading)
    parts = {label: each if how.gaps is None else undivided(each) for label, each in series.items()}
    shorter = [label for label, part in parts.items() if len(part) < len(series[label])]
    divided = f" Of {len(shorter):,} series only the last unbroken values are used." if shorter else ""
    stem = names_of([Path(given).name.partition(".")[0]])[0]
    return MeasuredSet(stem, parts, f"{' '.join(reading.understood.split())}{divided}")


def several(reading: Reading) -> dict[str, Series]:
    """The series of a table by label, which is printable and at most 80 letters long; no two labels are alike."""
    series: dict[str, Series] = {}
    for label, each in zip(reading.labels, reading.series, strict=True):
        plain = "".join(letter if letter.isprintable() else "?" for letter in label)[:80]
        name = f"{each.name}_" if each.name in FAMILIES else each.name  # no model is named after a member
        series[each.name if plain in series else plain] = Series(name, each.values, each.times)
    return series


@dataclass(frozen=True)
class _Source:
    """Numbers as `rows_of` reads them, or the bytes of a file that it does not read and why.

    Args:
        named: what the source is, for messages.
        is_typed: whether the numbers are arguments, or brackets, which no table is.
    """

    named: str
    lines: Lines | None = None
    raw: bytes = b""
    refused: InputError | None = None
    is_typed: bool = False

    def table(self, how: FileOptions, length: int) -> Given:
        """The one series of the file, read as a table."""
        reading = self.reading(how, length, is_one=True)
        return Given(reading.one().values, reading)

    def reading(self, how: FileOptions, length: int, *, is_one: bool = False) -> Reading:
        """What the file holds, read as a table, with gaps of at most `length` filled where a rule is given.

        Args:
            is_one: whether several series are refused.
        """
        if not has_polars():
            refused = self.refused
            try:
                if self.lines is not None:
                    self.lines.series()
            except InputError as error:
                refused = error
            raise _without_extra(refused)
        check_polars("reading tables")
        from ..data.measured import Choices
        from ..data.reading import read

        stated: dict[str, Any] = how.stated
        try:
            reading = read(self.raw, Choices(**stated), named=self.named)
            if is_one:
                reading.one()
        except InputError:
            if self.lines is None:
                raise
            try:
                self.lines.series()
            except InputError as plain:  # which says more of lines of plain numbers
                raise InputError(f"{plain} To read one column of a table, add --value and its number.") from None
            raise
        return reading if how.gaps is None else reading.filled(how.gaps, length)


def _source(numbers: list[str], file: Path | None, how: FileOptions) -> _Source | None:
    for word in numbers:  # first, because a misspelt option looks like a number argument
        if word.startswith("--"):
            raise InputError(f"{shown(word)} is neither a number nor an option. To read a file, use --file.")
    if numbers and file is not None:
        raise InputError("give the numbers either as arguments or with --file, not both.")
    if how.gaps is not None and how.gaps not in GAPS:
        raise InputError(f"--gaps must be {', '.join(GAPS)}, and is {how.gaps!r}.")
    is_stream = numbers == ["-"] or file == STANDARD_INPUT
    if file is None and not is_stream:
        if how.stated or how.gaps is not None:
            option = next(iter(how.stated), "gaps")
            raise InputError(f"--{option} tells how a file is read: give the file with --file.")
        if not numbers:
            return None
        _check_arguments(numbers)
        return _Source("the arguments", rows_of(" ".join(numbers), "the arguments", LIMIT), is_typed=True)
    limit = TABLE_LIMIT if has_polars() else LIMIT
    named = "standard input" if is_stream else str(file)
    raw = _standard_input(limit) if is_stream else _bytes(file, limit)  # type: ignore[arg-type]
    if how.stated:
        check_polars("reading tables")
        return _Source(named, raw=raw)
    if has_polars() and len(raw) > PLAIN_LIMIT:
        return _Source(named, raw=raw)
    try:
        lines = rows_of(raw.decode("utf-8", "replace"), named, LIMIT)
        if how.gaps is None or _is_column(lines):
            return _Source(named, lines, raw, is_typed=not may_be_table(raw))
        return _Source(named, raw=raw)
    except InputError as error:
        if not may_be_table(raw):
            raise
        return _Source(named, raw=raw, refused=error)


def _is_column(lines: Lines) -> bool:
    return all(len(row.values) == 1 for row in lines.rows)


def _without_extra(error: InputError | None) -> InputError:
    """The refusal of what only the extra reads, with the line that installs it."""
    extra = str(MissingExtraError("Reading it as a table", "series"))
    return InputError(extra if error is None else f"{error} {extra}.")


def _check_arguments(given: list[str]) -> None:
    """Check the arguments before they are read as numbers.

    Raises:
        InputError: one is empty, a file, or a `-` among numbers.
    """
    for position, word in enumerate(given, start=1):
        if not word.strip():
            raise InputError(f"argument {position} of the numbers is empty: a value may be missing.")
        if word == "-":
            raise InputError("`-` reads standard input only if no numbers are given with it.")
        if number(word) is None and _is_file(word):
            raise InputError(f"{shown(word)} is not a number but a file. Read it with --file.")


def _is_file(word: str) -> bool:
    try:
        return len(word) < 1000 and Path(word).is_file()
    except (OSError, ValueError):
        return False


def _bytes(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as handle:
            return _bounded(handle.read(limit + 1), str(file), limit)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}.") from None


def _standard_input(limit: int) -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed: give the numbers as arguments or with --file.")
    return _bounded(sys.stdin.buffer.read(limit + 1), "standard input", limit)


def _bounded(raw: bytes, source: str, limit: int) -> bytes:
    if len(raw) > limit:
        raise InputError(f"{source} is too large: at most {limit:,} bytes are read.")
    return raw
