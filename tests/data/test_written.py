"""Forecasts have their times as the file writes them."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.data.reading import Choices, read

pytest.importorskip("polars")

# The cells of a file, and the two times that follow.
FILES = {
    "30.03.2024 22:00|30.03.2024 23:00|31.03.2024 00:00": "31.03.2024 01:00|31.03.2024 02:00",
    "29.2.2024|1.3.2024|2.3.2024": "3.3.2024|4.3.2024",
    "12/30/2023|12/31/2023|01/01/2024": "01/02/2024|01/03/2024",
    "28-Feb-24|29-Feb-24|01-Mar-24": "02-Mar-24|03-Mar-24",
    "3 JAN 2024|4 JAN 2024|5 JAN 2024": "6 JAN 2024|7 JAN 2024",
    "October 2023|November 2023|December 2023": "January 2024|February 2024",
    "2024-01-31 22:00:00Z|2024-01-31 23:00:00Z|2024-02-01 00:00:00Z": "2024-02-01 01:00:00Z|2024-02-01 02:00:00Z",
    "2024-01-31T22:00:00Z|2024-01-31T23:00:00Z|2024-02-01T00:00:00Z": "2024-02-01T01:00+00:00|2024-02-01T02:00+00:00",
    "2024-01-01 10:00:00.250+0530|2024-01-01 10:00:00.500+0530|2024-01-01 10:00:00.750+0530":
        "2024-01-01 10:00:01.000+0530|2024-01-01 10:00:01.250+0530",
    "1/13/2024 10:00 AM|1/13/2024 11:00 AM|1/13/2024 12:00 PM": "1/13/2024 1:00 PM|1/13/2024 2:00 PM",
    "2023-Q3|2023-Q4|2024-Q1": "2024-Q2|2024-Q3",
    "2023-W51|2023-W52|2024-W01": "2024-W02|2024-W03",
    "20240229|20240301|20240302": "20240303|20240304",
    "1706738400|1706742000|1706745600": "1706749200|1706752800",
    "1706738400000|1706742000000|1706745600000": "1706749200000|1706752800000",
    "1706738400000000000|1706738400007000000|1706738400014000000": "1706738400021000000|1706738400028000000",
    "2021|2022|2023": "2024|2025",
}  # fmt: skip


def following(text: str, **choices: str) -> list[str] | None:
    cells = text.split("|")
    rows = "\n".join(f"{cell};{value}" for cell, value in zip(cells, (3, 5, 4), strict=True))
    series = read(f"ds;y\n{rows}\n".encode(), Choices(**choices)).one()
    return None if series.times is None else series.times.written(2, len(series))


@pytest.mark.parametrize("cells", FILES)
def test_the_next_times_look_like_those_of_the_file(cells: str) -> None:
    assert following(cells) == FILES[cells].split("|")


def test_a_file_that_writes_its_times_in_several_ways_is_continued_in_iso_8601() -> None:
    assert following("1.03.2024|2.3.2024|03.3.2024") == ["2024-03-04", "2024-03-05"]


def test_the_offset_follows_the_clock_of_the_zone() -> None:
    cells = "2024-03-30 23:00 +0100|2024-03-31 00:00 +0100|2024-03-31 01:00 +0100"
    assert following(cells, zone="Europe/Berlin") == ["2024-03-31 03:00 +0200", "2024-03-31 04:00 +0200"]


def test_a_form_writes_every_cell_back() -> None:
    hours = np.datetime64("2023-12-28") + np.arange(400) * np.timedelta64(7, "h")
    rows = "\n".join(f"{stamp.item():%d/%m/%y %I:%M %p},{at % 7}" for at, stamp in enumerate(hours))
    series = read(f"ds,y\n{rows}\n".encode()).one()
    assert series.times is not None
    assert series.times.written(400) == [row.split(",")[0] for row in rows.split("\n")]
