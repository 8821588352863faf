"""Files as people have them: read as meant, or refused with the place, what stands there, and the option."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import zstandard

from seqzoo.data.measured import Choices
from seqzoo.data.reading import container, read
from seqzoo.data.windows import whole
from seqzoo.errors import InputError, SeqzooError
from support.tables import BASE, COMMAS, DAYS, VALUES, lines, told

# Each file states the same 30 days and values.
ALIKE: dict[str, str | bytes] = {
    "plain": BASE,
    "UTF-8 with a byte order mark": "\ufeff" + BASE,
    "UTF-16": BASE.encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + BASE.encode("utf-16-be"),
    "UTF-16 without a byte order mark": BASE.encode("utf-16-le"),
    "UTF-32": BASE.encode("utf-32"),
    "Latin-1": BASE.replace("y", "d\u00e9bit").encode("latin-1"),
    "CRLF": BASE.replace("\n", "\r\n"),
    "CR": BASE.replace("\n", "\r"),
    "no line end at the end": BASE.rstrip("\n"),
    "tabs": BASE.replace(",", "\t"),
    "bars": BASE.replace(",", "|"),
    "semicolons": BASE.replace(",", ";"),
    "blanks": BASE.replace(",", "   "),
    "sep= of Excel": "sep=;\n" + BASE.replace(",", ";"),
    "no header": lines(DAYS, header=""),
    "quotes around all": '"date","y"\n' + "\n".join(f'"{a}","{b}"' for a, b in zip(DAYS, VALUES, strict=True)),
    "quotes around some": BASE.replace("1.5", '"1.5"'),
    "decimal comma, semicolons": lines(DAYS, COMMAS, ";", "Datum;Wert"),
    "decimal comma, tabs, first whole": lines(DAYS, ["1,5", *COMMAS[1:]], "\t", "d\ty"),
    "decimal comma in quotes": lines(DAYS, [f'"{value}"' for value in COMMAS]),
    "comments": "# written by hand\n// twice\n" + BASE,
    "lines above the table": "Station: X\nUnits: kW\n\n" + BASE,
    "cells above the table": "Source,World\nUpdated,2024\n\n"
    + lines(DAYS, [f"{v},x" for v in VALUES], header="date,y,c"),
    "separators at line ends": BASE.replace("\n", ",\n"),
    "separators at the ends of rows": "date,y\n" + BASE.partition("\n")[2].replace("\n", ",\n"),
    "row names of R": "y\n" + BASE.partition("\n")[2],
    "blank lines": BASE.replace("\n", "\n\n"),
    "day first": lines([f"{day:02}/01/2024" for day in range(1, 31)]),
    "day first with points": lines([f"{day}.1.2024" for day in range(1, 31)]),
    "month first": lines([f"1/{day}/2024" for day in range(1, 31)]),
    "two digits of the year": lines([f"{day:02}/01/24" for day in range(1, 31)]),
    "months by name": lines([f"{day}-Jan-2024" for day in range(1, 31)]),
    "months by name, in words": lines([f'"January {day}, 2024"' for day in range(1, 31)]),
    "slashes": lines([day.replace("-", "/") for day in DAYS]),
    "yyyymmdd": lines([day.replace("-", "") for day in DAYS]),
    "midnight stated": lines([f"{day} 00:00:00.000" for day in DAYS]),
    "newest first": lines(DAYS[::-1], VALUES[::-1]),
    "out of order": lines(DAYS[5:] + DAYS[:5], VALUES[5:] + VALUES[:5]),
    "an exact duplicate": BASE + f"{DAYS[3]},{VALUES[3]}\n",
    "the index of pandas first": ",date,y\n" + "\n".join(f"{at},{DAYS[at]},{VALUES[at]}" for at in range(30)),
    "rows that R numbers": "   date   y\n" + "\n".join(f"{at + 1:2} {DAYS[at]} {VALUES[at]}" for at in range(30)),
    "numbered rows without a header": "\n".join(f"{at},{DAYS[at]},{VALUES[at]}" for at in range(30)),
    "Excel's day numbers": lines(range(45_292, 45_322)),
    "a time of day with Excel's day numbers": lines([f"{at}.0" if at > 45_292 else "45292.000001"
                                                     for at in range(45_292, 45_322)]),
    "byte order marks within": BASE.replace("2024-01-10", "\ufeff2024-01-10").replace(",4.0", ",\ufeff4.0"),
    "empty rows": BASE + ",\n,\n",
    "Markdown": "| date | y |\n|---|---|\n" + "".join(f"| {a} | {b} |\n" for a, b in zip(DAYS, VALUES, strict=True)),
    "a column of text": "date,note,y\n" + "\n".join(f"{a},ok,{b}" for a, b in zip(DAYS, VALUES, strict=True)),
    "JSON lines": "\n".join(f'{{"ds": "{a}", "y": {b}}}' for a, b in zip(DAYS, VALUES, strict=True)),
    "JSON": "[" + ",".join(f'{{"ds": "{a}", "y": {b}}}' for a, b in zip(DAYS, VALUES, strict=True)) + "]",
    "gzip": gzip.compress(BASE.encode()),
    "zstd": zstandard.compress(BASE.encode()),
    "two frames of zstd": zstandard.compress(BASE[:100].encode()) + zstandard.compress(BASE[100:].encode()),
}


def test_one_series_is_read_alike_in_every_form() -> None:
    for kind, source in ALIKE.items():
        series = told(source).one()
        assert series.values.tolist() == VALUES, kind
        assert series.times is not None and series.times.frequency.alias == "D", kind
        assert series.times.stamps(2, 29) == ["2024-01-30", "2024-01-31"], kind


NUMBERS: dict[str, tuple[list[str], str, list[float]]] = {
    "points and commas": (['"1,234.5"', '"12,345.25"'], ",", [1234.5, 12345.25]),
    "commas twice": (['"1,234,567"', '"5"'], ",", [1234567, 5]),
    "apostrophes": (["1'234.50", "999.25"], ",", [1234.5, 999.25]),
    "German": (["1.234,50", "0,5"], ";", [1234.5, 0.5]),
    "no-break spaces": (["12\u00a0011,5", "1\u202f000"], ";", [12011.5, 1000]),
    "Indian": (['"12,34,567.5"', '"1,00,000"'], ",", [1234567.5, 100000]),
    "a Unicode minus": (["\u22121.5", "2.5"], ",", [-1.5, 2.5]),
    "exponents": (["1e-3", "+2.5E2"], ",", [0.001, 250]),
    "no digit on one side": ([".5", "3."], ",", [0.5, 3]),
    "a leading 0 settles": (['"0,035"', '"12,011"'], ",", [0.035, 12.011]),
    "points of three digits": (["12.011", "13.025"], ",", [12.011, 13.025]),
}


def test_comments_around_a_table_are_skipped_and_counted_and_a_total_is_refused_with_what_to_do() -> None:
    table = lines(DAYS)
    assert "3 comment lines skipped" in told(f"# a logger\n// of ours\n{table}# the end\n").understood
    for word in ("Total", "Summe:"):
        with pytest.raises(InputError, match=f"line 32: '{word}' in 'date' is not a time.*is a total, delete it"):
            told(f"{table}{word},99\n")


def test_numbers_are_read_as_their_whole_column_says() -> None:
    for kind, (words, separator, values) in NUMBERS.items():
        assert told(lines(DAYS, words, separator, f"a{separator}b")).one().values.tolist() == values, kind
    both = "date;a;b\n2024-01-01;1,5;12,011\n2024-01-02;2,5;13,012\n"  # another column settles the mark
    assert [series.values[0] for series in told(both).series] == [1.5, 12.011]


LAYOUTS: dict[str, tuple[str, dict[str, Any], dict[str, list[float]]]] = {
    "wide": ("date,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n", {}, {"a": [1, 3], "b": [2, 4]}),
    "one of a wide table": ("date,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n", {"value": "b"}, {"b": [2, 4]}),
    "one by its number": ("date,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n", {"value": "3"}, {"b": [2, 4]}),
    "long": ("unique_id,ds,y\nA,2024-01-01,1\nA,2024-01-02,2\nB,2024-01-01,3\nB,2024-01-02,4\n", {},
             {"A": [1, 2], "B": [3, 4]}),
    "one of a long table": ("unique_id,ds,y\nA,2024-01-01,1\nA,2024-01-02,2\nB,2024-01-01,3\nB,2024-01-02,4\n",
                            {"only": "B"}, {"B": [3, 4]}),
    "long, by another name": ("day,shop,sales\n2024-01-01,N,1\n2024-01-01,S,3\n2024-01-02,N,2\n2024-01-02,S,4\n", {},
                              {"N": [1, 2], "S": [3, 4]}),
    "long, with the id stated": ("day,shop,sales\n2024-01-01,1,1\n2024-01-01,2,3\n2024-01-02,1,2\n2024-01-02,2,4\n",
                                 {"id": "shop"}, {"1": [1, 2], "2": [3, 4]}),
    "pandas' columns by number": (",0,1\n0,5,6\n1,7,8\n2,9,9\n", {}, {"0": [5, 7, 9], "1": [6, 8, 9]}),
    "a date and a time of day": ("Date;Time;kW\n16/12/2006;17:24:00;4.2\n16/12/2006;17:25:00;5.3\n", {},
                                 {"kW": [4.2, 5.3]}),
    "two clocks": ("utc_time,cet_time,v\n2024-01-01T00:00Z,2024-01-01T01:00+01:00,1\n"
                   "2024-01-01T01:00Z,2024-01-01T02:00+01:00,2\n", {}, {"v": [1, 2]}),
    "seconds as decimals": ("time,v\n0.0,1\n0.1,2\n0.2,3\n", {}, {"v": [1, 2, 3]}),
    "one column": ("value\n1\n2\n", {}, {"value": [1, 2]}),
    "decimal comma stated": ("1,5\n2,5\n7,5\n", {"decimal": ","}, {"the file": [1.5, 2.5, 7.5]}),
    "no times wanted": ("date,y\nx,1\ny,2\n", {"time": "none", "value": "y"}, {"y": [1, 2]}),
}  # fmt: skip


def test_every_layout_gives_named_series() -> None:
    for kind, (text, choices, expected) in LAYOUTS.items():
        reading = told(text, **choices)
        values = [series.values.tolist() for series in reading.series]
        assert dict(zip(reading.labels, values, strict=True)) == expected, kind


REFUSED: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "ambiguous days": (lines(["01/01/2024", "02/01/2024", "03/01/2024"]),
                       ("line 3", "2024-01-02", "2024-02-01", "--dates day-first", "month-first")),
    "a year that leads": (lines([f"24-01-{day:02}" for day in range(1, 31)]),
                          ("2001-01-24", "2024-01-01", "--dates")),
    "thousands or decimals": (lines(DAYS, ['"12,011"', '"13,025"']), ("line 2", "12011", "12.011", "--decimal")),
    "German thousands": (lines(DAYS, ["12.011", "13.025"], ";", "a;b"), ("line 2", "12011", "12.011", "--decimal")),
    "one number or two": ("5,7\n3,2\n9,1\n", ("line 1", "'5,7'", "--decimal ,")),
    "decimal commas without quotes": (lines(DAYS, COMMAS), ("line 2", "decimal comma", "quotes")),
    "so without a header": (lines(DAYS, ["0,035", "0,102"], header=""), ("line 1", "'0,035'", "decimal comma")),
    "two marks": (lines(DAYS, ["0,5", "1.75"], ";", "a;b"), ("line 3", "'1.75'", "decimal")),
    "a word": (lines(DAYS, [1, "n.v.", 3]), ("line 3", "'n.v.'", "--missing")),
    "percent": (lines(DAYS, ["1%", "2%"]), ("line 2", "'1%'")),
    "brackets": (lines(DAYS, ["(1.5)", "2"]), ("line 2", "'(1.5)'")),
    "a unit below the header": ("date,y\n,kW\n" + lines(DAYS, header=""), ("line 2", "'kW'")),
    "infinite": (lines(DAYS, [1, "inf", 3]), ("line 3", "'inf'", "finite")),
    "beyond float32": (lines(DAYS, [1, "1e39", 3]), ("line 3", "'1e39'", "finite")),
    "-999": (lines(DAYS, [*VALUES[:5], -999, *VALUES[6:]]), ("line 7", "-999", "--missing=-999", "--keep=-999")),
    "a conflict": (BASE + f"{DAYS[3]},9\n", ("line 5 and line 32", "2.25 and 9", "--id")),
    "no such day": (lines([*DAYS[:-1], "2024-02-30"]), ("line 31", "'2024-02-30'", "--time")),
    "no time": (lines([*DAYS[:5], "", *DAYS[6:]]), ("line 7", "missing", "--time none")),
    "irregular": (lines(["2024-01-01 00:00:03", "2024-01-01 01:17", "2024-01-01 01:18:22", "2024-01-01 07:00:11"]),
                  ("irregular", "line 3", "--frequency")),
    "days far apart": (lines(["2024-01-01", "2024-01-17", "2024-03-02", "2024-07-09"]),
                       ("irregular", "line", "--frequency")),
    "an hour with a slip": (lines([f"2024-01-01 {h:02}:00:{'07' if h == 11 else '00'}" for h in range(24)]),
                            ("line 13", "11:00:07", "--frequency")),
    "days of no year": (lines(["Jan 1", "Jan 2", "Jan 3"]), ("line 2", "'Jan 1'", "not a time", "--time none")),
    "times of no known form": (lines([f"{day} CET" for day in DAYS]), ("line 2", "'2024-01-01 CET'", "--time none")),
    "years from one to the next": (lines([f"{2000 + at}/{at + 1:02}" for at in range(9)]),
                                   ("line 2", "'2000/01'", "not a time")),
    "so beside an index": (",date,y\n" + "".join(f"{at},KW {at},{at}\n" for at in range(9)), ("line 2", "'KW 0'")),
    "a sum below the rows": (BASE + "Total,153.75\n", ("line 32", "'Total'", "not a time")),
    "a header repeated": (BASE + BASE.replace("2024", "2025"), ("line 32", "'date'", "not a time")),
    "a unit in the cells": (lines(DAYS, ["1.5 kW", "2 kW"]), ("line 2", "'1.5 kW'", "the number only")),
    "thousands without quotes": (lines(DAYS, [f"{at + 1},234.50" for at in range(30)]),
                                 ("line 2", "'1,234.50'", "thousands", "quotes")),
    "a key twice": ('{"ds": "2024-01-01", "y": 1}\n\n{"ds": "2024-01-02", "y": 1, "y": 2}\n',
                    ("line 3", "'y'", "twice")),
    "a key twice in a list": ('[{"ds": "2024-01-01", "y": 1, "y": 2}]', ("'y'", "twice")),
    "two columns of times": ("date,date,y\n" + "".join(f"{a},{a},1\n" for a in DAYS), ("'date'", "--time 1")),
    "two columns of values": ("unique_id,ds,y,y\n" + "".join(f"a,{a},1,2\n" for a in DAYS), ("'y'", "--value 3")),
    "offsets in some rows": (lines(["2024-01-01T00:00Z", "2024-01-02T00:00"]), ("line 3", "offset")),
    "a longer line": (BASE + "2024-02-01,1,2\n", ("line 32", "3 cells", "have 2")),
    "a shorter line": (BASE + "Total\n", ("line 32", "1 cells", "'Total'")),
    "quotes that do not end": ('date,y\n2024-01-01,"1\n2024-01-02,2\n', ("quotes",)),
    "only a header": ("date,y\n", ("no rows",)),
    "only dates": ("date\n" + "\n".join(DAYS), ("no column of numbers", "--value")),
    "nested JSON": ('{"ds": "2024-01-01", "y": [1, 2]}\n', ("'y'", "one number a cell")),
    "cut JSON": ('{"ds": "2024-01-01", "y"\n', ("JSON lines",)),
    "empty": ("", ("empty",)),
    "blank": ("\n \n", ("empty",)),
    "binary": (b"a,b\n\x00\x01\x02", ("binary",)),
    "zeros": (b"\x00" * 100, ("binary", "zero bytes")),
    "a workbook": (b"PK\x03\x04....", (".xlsx", "CSV")),
    "an old workbook": (b"\xd0\xcf\x11\xe0....", ("Excel", "CSV")),
    "cut gzip": (gzip.compress(BASE.encode())[:-20], ("unpack",)),
    "cut zstd": (zstandard.compress(BASE.encode())[:-5], ("unpack", "ends before")),
    "damaged zstd": (zstandard.compress(BASE.encode())[:20] + b"\xff" * 40, ("unpack",)),
    "cut Parquet": (b"PAR1\x15\x04", ("Parquet",)),
}  # fmt: skip


def test_what_is_ambiguous_or_damaged_is_refused_with_its_place_and_the_option() -> None:
    for kind, (source, parts) in REFUSED.items():
        with pytest.raises(InputError) as caught:
            told(source)
        assert all(part in str(caught.value) for part in parts), (kind, str(caught.value))


SETTLED: list[tuple[str, dict[str, Any], list[float]]] = [
    ("thousands or decimals", {"decimal": "."}, [12011, 13025]),
    ("thousands or decimals", {"decimal": ","}, [12.011, 13.025]),
    ("German thousands", {"decimal": ","}, [12011, 13025]),
    ("-999", {"missing": ("-999",)}, [*VALUES[:5], np.nan, *VALUES[6:]]),
    ("-999", {"keep": ("-999",)}, [*VALUES[:5], -999, *VALUES[6:]]),
    ("a word", {"missing": ("n.v.",)}, [1, np.nan, 3]),
    ("no time", {"time": "none", "value": "y"}, VALUES),
]


def test_the_option_that_a_refusal_names_settles_it() -> None:
    for kind, choices, values in SETTLED:
        assert np.array_equal(told(REFUSED[kind][0], **choices).one().values, values, equal_nan=True), (kind, choices)
    for order, alias in (("day-first", "D"), ("month-first", "MS")):
        times = told(REFUSED["ambiguous days"][0], dates=order).one().times
        assert times is not None and times.frequency.alias == alias and times.stamps(1) == ["2024-01-01"]
    for choices in (
        {"decimal": ";"},
        {"dates": "us"},
        {"frequency": "fortnight"},
        {"zone": "Mars"},
        {"value": "z"},
        {"only": "z"},
    ):
        with pytest.raises(SeqzooError):
            told(BASE, **choices)


def test_a_key_is_counted_once_where_text_looks_like_one() -> None:
    text = '{"ds": "2024-01-01", "y": 1, "t": "a\\": b"}\n{"ds": "2024-01-02", "y": null, "t": "\\"y\\": 2"}\n'
    assert told(text).one().values.tolist()[0] == 1 and told(text).counts["missing"] == 1


def test_a_wide_table_is_read_like_its_columns_by_themselves() -> None:
    cells = {"whole": "1200", "point": "1.250", "exponent": "-2.5e-3", "empty": "", "comma": '"1,5"', "word": "NA"}
    rows = ["date," + ",".join(cells), *(f"{day},{','.join(cells.values())}" for day in DAYS[:3])]
    rows[2] = rows[2].replace(",,", ",7,")
    reading = told("\n".join(rows) + "\n", missing=("NA",))
    for name, series in zip(reading.labels, reading.series, strict=True):
        alone = told("\n".join(rows) + "\n", value=name).one()
        assert np.array_equal(series.values, alone.values, equal_nan=True), name
    by_name = {name: series.values.tolist() for name, series in zip(reading.labels, reading.series, strict=True)}
    assert by_name["whole"] == [1200] * 3 and by_name["exponent"] == [-0.0025] * 3 and by_name["empty"][1] == 7
    assert "word" not in by_name
    assert told("\n".join(rows) + "\n", value="empty").counts["missing_words"] == {"empty": 2}
    column = told(lines(DAYS, [-9, *VALUES[1:]]), missing=("-9",)).one()  # a number that stands for a missing value
    assert np.isnan(column.values[0]) and column.values[1:].tolist() == VALUES[1:]


def test_a_wide_table_takes_few_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    collect = pl.LazyFrame.collect

    def counted(frame: Any, *args: Any, **options: Any) -> Any:
        passes.append(1)
        return collect(frame, *args, **options)

    monkeypatch.setattr(pl.LazyFrame, "collect", counted)
    rows = ["date," + ",".join(f"c{at}" for at in range(200)), *(f"{day}{',1.5' * 200}" for day in DAYS)]
    assert len(told("\n".join(rows)).series) == 200
    assert len(passes) < 3 * 200  # of polars, each of which costs more than the cells of most columns; they were 38


def test_a_column_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(SeqzooError, match=r"--value 'z'.*date, y"):
        told(BASE, value="z")


def test_each_word_for_a_missing_value_is_counted_and_its_place_kept() -> None:
    words = ["NA", "NaN", "nan", "null", "None", "-", "#N/A", "", "n/a", ".", "?", "N/A"]
    values = [value for word in words for value in (1.5, word)]
    reading = told(lines([str(np.datetime64("2024-01-01") + at) for at in range(len(values))], values))
    assert np.isnan(reading.one().values).tolist() == [False, True] * len(words)
    assert reading.counts["missing"] == len(words)
    assert reading.counts["missing_words"] == {word or "empty": 1 for word in words}


def test_gaps_are_counted_and_left_open() -> None:
    reading = told(lines(DAYS[:10] + DAYS[13:], VALUES[:10] + VALUES[13:]))
    assert np.flatnonzero(np.isnan(reading.one().values)).tolist() == [10, 11, 12]
    assert {key: reading.counts[key] for key in ("gaps", "absent", "longest_gap", "rows")} == {
        "gaps": 1, "absent": 3, "longest_gap": 3, "rows": 27,
    }  # fmt: skip
    assert "2024-01-11" in reading.understood
    assert reading.filled("interpolate", 20).one().values.tolist() == VALUES
    assert reading.filled("last", 20).one().values[9:14].tolist() == [VALUES[9]] * 4 + [VALUES[13]]
    assert reading.filled("interpolate", 2).one().missing == 3  # longer than allowed: it divides the series
    assert reading.filled("last", 20).counts["filled"] == 3
    with pytest.raises(InputError, match=r"3 missing.*2024-01-11"):
        reading.filled("refuse", 20)


def test_sorting_and_duplicates_are_counted() -> None:
    assert told(ALIKE["an exact duplicate"]).counts["exact_duplicates"] == 1
    assert told(ALIKE["out of order"]).counts["out_of_order"] == 1
    assert "newest first" in told(ALIKE["newest first"]).understood
    assert "constant" in told(lines(DAYS, [5] * 30)).understood


def test_windows_with_a_missing_value_are_left_out_and_counted() -> None:
    cases = Path(__file__).parent / "cases" / "05_missing"
    assert whole(read(cases / "seven.csv").one().values, 2).tolist() == [True, False, False, False, True]
    words = read(cases / "eight_words.csv", Choices(missing=("-999",))).one()
    assert whole(words.values, 20).sum() == 112 and len(whole(words.values, 20)) == 280
    blank = read(cases / "blank_line.csv").one()
    assert len(blank) == 120 and np.flatnonzero(np.isnan(blank.values)).tolist() == [60]


def test_bombs_are_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    ones = b"1\n" * 20_000_000
    raw = io.BytesIO()
    pl.DataFrame({"y": pl.Series([0.0]).new_from_index(0, 51_000_000)}).write_parquet(raw)
    for bomb in (gzip.compress(ones, 1), zstandard.compress(ones)):
        with pytest.raises(InputError, match="too large once unpacked: at most 1,048,576 bytes"):
            read(bomb, named="the file", limit=1 << 20)
    with pytest.raises(InputError, match="51,000,000 rows"):
        told(raw.getvalue())
    assert container.LIMIT == 64 << 20
    with pytest.raises(InputError, match=r"10,001|columns"):
        told(",".join(["1"] * 10_001) + "\n" + ",".join(["2"] * 10_001))


def test_a_folder_and_a_missing_file_are_named(tmp_path: Any) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "none.csv")
    (tmp_path / "load.csv").write_text(BASE)
    reading = read(tmp_path / "load.csv")
    assert reading.series[0].name == "y" and str(tmp_path / "load.csv") in reading.understood
    with (tmp_path / "load.csv").open("rb") as stream:
        assert read(stream).one().values.tolist() == VALUES
