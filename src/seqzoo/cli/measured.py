"""A series, or every series of a file, that the user names to train on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._extras import has_polars
from ..data.measured import name_of_file, told_of_ends
from ..data.series import Series
from ..signals import FAMILIES
from .app import FileOptions
from .reading import Given, given_series
from .sources import is_column, source_of

if TYPE_CHECKING:
    from ..data.measured import Reading


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

    The series of a file is named by `name_of_file`. With a rule for gaps, what it leaves missing at the ends is
    cut off; a gap that it leaves divides the series.

    Raises:
        InputError: the file cannot be read, or holds several series or no values.
        UnknownNameError: the collection has no such series.
    """
    from ..data import collection
    source = given_series([], Path(given), how)
    assert source is not None
    if given.startswith(collection.PREFIX):
        assert source.reading is not None
        series = source.reading.one()
        part = series if how.gaps is None else series.trimmed()
        return Measured(part, season_of(Path(given), source), told_of_ends(series, part))
    stem = Path(given).name.partition(".")[0]
    chosen = [str(how.stated[option]) for option in ("value", "only") if option in how.stated]
    name = name_of_file(stem, chosen)
    times = source.times
    series = Series(name, source.values, times)
    part = series if how.gaps is None else series.trimmed()
    season = 1 if times is None else times.frequency.season_of(len(part))
    told = "" if source.reading is None else " ".join(source.reading.understood.split())
    return Measured(part, season, f"{told} {told_of_ends(series, part)}".strip())


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
    source = source_of([], Path(given), how)
    assert source is not None
    if (lines := source.lines) is not None and (source.is_typed or is_column(lines)):
        return None
    reading = source.reading(how)
    if not reading.is_set:
        return None
    series = several(reading)
    parts = {label: each if how.gaps is None else each.trimmed() for label, each in series.items()}
    stem = names_of([Path(given).name.partition(".")[0]])[0]
    return MeasuredSet(stem, parts, " ".join(reading.understood.split()))


def several(reading: Reading) -> dict[str, Series]:
    """The series of a table by label, which is printable and at most 80 letters long; no two labels are alike."""
    series: dict[str, Series] = {}
    for label, each in zip(reading.labels, reading.series, strict=True):
        plain = "".join(letter if letter.isprintable() else "?" for letter in label)[:80]
        name = f"{each.name}_" if each.name in FAMILIES else each.name  # no model is named after a member
        series[each.name if plain in series else plain] = Series(name, each.values, each.times)
    return series
