"""Times of a table: frequency, months in words, clocks that change, zones, working days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqzoo.data.reading import read
from seqzoo.data.windows import whole
from seqzoo.errors import InputError
from support.tables import DAYS, VALUES, hours, lines, told

# Times, the frequency that they have, and the stamp after the last one.
GRIDS: dict[str, tuple[list[Any], str, str]] = {
    "quarter hours": ([f"2024-01-01 {at // 4:02}:{at % 4 * 15:02}" for at in range(8)], "15min", "2024-01-01T02:00"),
    "half days of 12 hours": ([f"1/13/2024 {h}:00 {p}" for p in ("AM", "PM") for h in (12, 1, 2)][:3], "h",
                              "2024-01-13T03:00"),
    "an hour without minutes": ([f"2024-01-01 {hour:02}" for hour in range(24)], "h", "2024-01-02T00:00"),
    "yyyymmddhh": ([f"20240101{hour:02}" for hour in range(24)], "h", "2024-01-02T00:00"),
    "Excel's day numbers with hours": ([f"{45_292 + hour / 24:.8f}" for hour in range(24)], "h", "2024-01-02T00:00"),
    "an hour of the clock": ([f"2024-01-01 {hour} {half}" for half in ("AM", "PM") for hour in (12, *range(1, 12))],
                             "h", "2024-01-02T00:00"),
    "24:00": ([f"2024-01-01 {hour:02}:00" for hour in range(1, 25)], "h", "2024-01-02T01:00"),
    "milliseconds": ([f"2024-01-01 00:00:00.{at:02}0" for at in range(9)], "10ms", "2024-01-01T00:00:00.090000"),
    "weeks": ([str(np.datetime64("2024-01-07") + 7 * at) for at in range(5)], "W-SUN", "2024-02-11"),
    "two weeks": ([str(np.datetime64("2024-01-03") + 14 * at) for at in range(5)], "2W-WED", "2024-03-13"),
    "ISO weeks": ([f"2024-W{week:02}" for week in range(1, 6)], "W-MON", "2024-02-05"),
    "working days": ([str(day) for day in np.busday_offset("2024-01-01", range(12))], "B", "2024-01-17"),
    "months": ([f"2024-{month:02}" for month in range(1, 13)], "MS", "2025-01-01"),
    "months by letter": ([f"2024M{month:02}" for month in range(1, 13)], "MS", "2025-01-01"),
    "month and year": ([f"{month:02}/2024" for month in range(1, 13)], "MS", "2025-01-01"),
    "months by name": (["Jan 2024", "Feb 2024", "Mar 2024"], "MS", "2024-04-01"),
    "months and short years": (["Nov-23", "Dec-23", "Jan-24", "Feb-24"], "MS", "2024-03-01"),
    "short years first": (["23-Dec", "24-Jan", "24-Feb"], "MS", "2024-03-01"),
    "years before months": (["2023 Dec", "2024 Jan", "2024 Feb"], "MS", "2024-03-01"),
    "yyyymm": ([202311, 202312, 202401, 202402], "MS", "2024-03-01"),
    "the 15th": (["2024-01-15", "2024-02-15", "2024-03-15"], "MS+14D", "2024-04-15"),
    "month ends": (["2024-01-31", "2024-02-29", "2024-03-31"], "ME", "2024-04-30"),
    "last working days": (["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30"], "BME", "2024-05-31"),
    "quarters": ([f"{year}-Q{at}" for year in (2020, 2021) for at in (1, 2, 3, 4)], "QS", "2022-01-01"),
    "quarter ends": (["2024-03-31", "2024-06-30", "2024-09-30"], "QE", "2024-12-31"),
    "years": (list(range(1990, 2000)), "YS", "2000-01-01"),
    "fiscal years": (["2020-04-01", "2021-04-01", "2022-04-01"], "YS-APR", "2023-04-01"),
    "Unix seconds": ([1_700_000_000 + 3600 * at for at in range(5)], "h", "2023-11-15T03:13:20+00:00"),
    "Unix milliseconds": ([1_700_000_000_000 + 900_000 * at for at in range(5)], "15min",
                          "2023-11-14T23:28:20+00:00"),
    "Unix seconds with a point": ([f"{1_700_000_000 + 60 * at}.0" for at in range(5)], "min",
                                  "2023-11-14T22:18:20+00:00"),
    "UTC": ([f"{day}T00:00:00Z" for day in DAYS], "D", "2024-01-31T00:00+00:00"),
    "an offset": ([f"{day}T00:00:00+05:30" for day in DAYS], "D", "2024-01-31T00:00+05:30"),
    "days over a clock change": ([stamp for stamp in hours("Europe/Berlin", "2022-03-20", 480, offset=True)
                                  if "T00:" in stamp], "D", "2022-04-10T00:00+02:00"),
    "offsets of Lord Howe": (hours("Australia/Lord_Howe", "2022-01-01", 8760, offset=True), "h",
                             "2023-01-01T00:00+11:00"),
}  # fmt: skip


def test_the_frequency_is_inferred_and_the_next_stamp_follows() -> None:
    for kind, (times, alias, following) in GRIDS.items():
        series = told(lines(times, range(len(times)), header="date,y")).one()
        assert series.times is not None, kind
        assert (series.times.frequency.alias, series.missing, len(series)) == (alias, 0, len(times)), kind
        assert series.times.stamps(1, len(series)) == [following], kind


def test_months_are_read_in_the_languages_of_europe_and_quarters_with_a_year_of_two_digits() -> None:
    months = (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "januari februari maart april mei juni juli augustus september oktober november december",
    )
    for names in months:
        for stamps in ([f"{name} {year}" for year in (2023, 2024) for name in names.split()],
                       [f"1. {name} {year}" for year in (2023, 2024) for name in names.split()],
                       [f"1 de {name} de {year}" for year in (2023, 2024) for name in names.split()]):  # fmt: skip
            series = told(lines(stamps)).one()
            assert (series.times.start, series.times.frequency.alias) == (np.datetime64("2023-01-01"), "MS"), names
    quarters = {"Q{q}-{y}": "Q1-24", "{q}Q{y}": "1Q24", "{q}. Quartal 20{y}": "1. Quartal 2024"}
    for form, after in {**quarters, "T{q} 20{y}": DAYS[0]}.items():
        series = told(lines([form.format(q=q, y=y) for y in range(18, 24) for q in (1, 2, 3, 4)])).one()
        assert series.times.frequency.alias == "QS" and series.times.written(1, len(series)) == [after]
    with pytest.raises(InputError, match="line 2: 'Janx 2024' in 'date' is not a time"):
        told(lines(["Janx 2024", "Febx 2024", "Marx 2024"]))


def test_keys_and_labels_are_no_months_or_comments() -> None:
    """Words with numbers look like months and years, and keys like comments: no row is lost, no label is a value."""
    shops = "\n".join(f"Shop {1001 + at % 2},{DAYS[at // 2]},{at}" for at in range(60))
    assert told(f"shop,date,y\n{shops}\n").labels == ("Shop 1001", "Shop 1002")
    for label in ("D\u00e9bit 2023", "Sales 2023", "Temp 10"):
        one = told("\n".join([label, *map(str, VALUES)]))
        assert (one.labels, one.one().values.tolist()) == ((label,), VALUES)
    numbered = "\n".join(f"#{at},{value}" for at, value in enumerate(VALUES))
    assert told(f"id,y\n{numbered}\n", value="y").one().values.tolist() == VALUES


CLOCKS: list[tuple[str, str, int, int, list[str]]] = [
    ("America/New_York", "2022-01-01", 8760, 60, ["2022-03-13 02:00 is absent", "2022-11-06 01:00 comes twice"]),
    ("Europe/London", "2022-10-29", 300, 15, ["2022-10-30 01:00 comes twice"]),
    ("Europe/Berlin", "2022-03-26", 72, 60, ["2022-03-27 02:00 is absent"]),
    ("Australia/Sydney", "2022-04-01", 107, 30, ["2022-04-03 02:00 comes twice"]),
]


def test_a_local_clock_that_changes_is_recognised_and_not_a_conflict() -> None:
    for zone, start, count, minutes, changes in CLOCKS:
        stamps = hours(zone, start, count, minutes)
        for ordered in (1, -1):
            reading = told(lines(stamps[::ordered], [*range(count)][::ordered]))
            assert reading.one().values.tolist() == [*range(count)], zone
            assert reading.counts["clock_changes"] == changes, zone
            assert reading.one().times is not None and reading.one().times.zone == zone  # type: ignore[union-attr]
            assert all(change in reading.understood for change in changes), reading.understood


def test_half_a_year_of_hours_over_both_clock_changes() -> None:
    """Case 04: 5,280 hours with offsets, and as the clock showed them."""
    for offset in (True, False):
        reading = told(lines(hours("Europe/Berlin", "2022-03-26", 5280, offset=offset), range(5280)))
        series = reading.one()
        assert series.values.tolist() == [*range(5280)]
        assert {reading.counts[key] for key in ("gaps", "absent", "exact_duplicates", "missing")} == {0}
        assert series.times is not None and series.times.stamps(1, 5280) == ["2022-11-01T00:00+01:00"]
        assert series.times.frequency.seasons == (24, 168)
        changes = [] if offset else ["2022-03-27 02:00 is absent", "2022-10-30 02:00 comes twice"]
        assert reading.counts["clock_changes"] == changes
    cases = Path(__file__).parent / "cases"
    assert [
        told((cases / "04_dst" / name).read_bytes()).one().times.zone
        for name in ("with_offset.csv", "local_naive.csv")  # type: ignore[union-attr]
    ] == ["Europe/Berlin"] * 2


def test_absent_working_days_are_named_and_are_no_gaps() -> None:
    """Case 05: 200 trading days, by position."""
    reading = read(Path(__file__).parent / "cases" / "05_missing" / "trading_days.csv")
    series = reading.one()
    assert reading.counts["absent_working_days"] == [
        "2021-01-18", "2021-02-15", "2021-04-02", "2021-05-31", "2021-07-05",
    ]  # fmt: skip
    assert (len(series), series.missing, int(whole(series.values, 20).sum())) == (200, 0, 180)
    assert series.times is not None and series.times.stamps(2, 199) == ["2021-10-15", "2021-10-18"]
    fortnight = DAYS[:5] + DAYS[21:26]  # two weeks without a row are no holidays
    assert told(lines(fortnight), frequency="B").one().missing == 10


def test_an_hour_that_no_clock_skips_or_repeats_is_a_gap_or_a_conflict() -> None:
    gap = told(lines([f"2022-06-01 {hour:02}:00" for hour in range(24) if hour != 2], range(23)))
    assert (gap.counts["gaps"], gap.counts["clock_changes"]) == (1, [])
    with pytest.raises(InputError, match="line 3 and line 4"):
        told(lines(["2022-05-27 01:00", "2022-05-27 02:00", "2022-05-27 02:00", "2022-05-27 03:00"], range(4)))


def test_a_zone_that_is_stated_is_taken_and_a_time_it_never_shows_refused() -> None:
    autumn = told(lines(hours("Europe/Berlin", "2022-10-29", 72), range(72)), zone="Europe/Paris").one()
    assert autumn.values.tolist() == [*range(72)] and autumn.times is not None
    assert autumn.times.stamps(1, 72) == ["2022-10-31T23:00+01:00"]
    with pytest.raises(InputError, match=r"line 3.*2022-03-27 02:00.*--zone"):
        told(lines(["2022-03-27 01:00", "2022-03-27 02:00", "2022-03-27 03:00"]), zone="Europe/Berlin")
