"""What a file of a person looks like: read as meant, or refused with what was seen and what to do; never misread."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from seqzoo import _storage
from seqzoo.app.model import own_window
from seqzoo.data.reading import read
from seqzoo.errors import InputError
from support.reading_cases import CASES, COLUMN, NEXT, VALUES, next_after
from support.terminal import Terminal

REFUSED = {
    "01_locale/decimal_comma_header_semicolon.csv": ("line 1", "a header", "'Zeit;Wert'", COLUMN),
    "01_locale/decimal_comma_one_column.csv": ("line 1", "0.035 with a decimal comma", "two numbers, 0 and 035"),
    "01_locale/thousands_nbsp_cp1252.csv": ("line 1 is not UTF-8", "Windows-1252", "Save it as UTF-8."),
    "01_locale/thousands_quoted.csv": ("line 1", "a header", "'month,sales'", COLUMN),
    "01_locale/thousands_unquoted.csv": ("line 1", "'12,011'", "12.011 with a decimal comma", "12011 with commas"),
    "02_index/index_no_header.csv": ("line 1", "2 numbers"),
    "02_index/pandas_unnamed.csv": ("line 1", "a header", "',value'", COLUMN),
    "02_index/two_series_wide.csv": ("line 1", "a header", "'a,b'", COLUMN),
    "02_index/yyyymmdd_no_header.csv": ("line 1", "2 numbers"),
    "04_dst/local_naive.csv": ("line 1", "a header", "'time,load'", COLUMN),
    "04_dst/with_offset.csv": ("line 1", "a header", "'time,load'", COLUMN),
    "05_missing/blank_line.csv": ("line 61", "blank", "fill it"),
    "05_missing/eight_words.csv": ("line 1", "a header", "'t,value'", COLUMN),
    "05_missing/seven.csv": ("line 1", "a header", "'value'", "Delete it"),
    "05_missing/trading_days.csv": ("line 1", "a header", "'date,close'", COLUMN),
}
# What is left of the same files once the line that was named is deleted.
HEADLESS = {
    "01_locale/decimal_comma_header_semicolon.csv": ("line 1", "a date or a time, '01.01.2024'", COLUMN),
    "01_locale/thousands_quoted.csv": ("line 1", "a date or a time, '2015-01'", COLUMN),
    "02_index/pandas_unnamed.csv": ("line 1", "2 numbers"),
    "02_index/two_series_wide.csv": ("line 1", "2 numbers"),
    "04_dst/local_naive.csv": ("line 1", "a date or a time, '2022-03-26'", COLUMN),
    "04_dst/with_offset.csv": ("line 1", "'2022-03-26T00:00:00+01:00'", COLUMN),
    "05_missing/eight_words.csv": ("line 21", "'NA' stands for a missing value"),
    "05_missing/seven.csv": ("line 4", "'NaN' stands for a missing value", "Fill it"),
    "05_missing/trading_days.csv": ("line 1", "a date or a time, '2021-01-04'", COLUMN),
}


def test_every_case_is_in_the_table() -> None:
    assert {str(file.relative_to(CASES)) for file in CASES.rglob("*.csv")} == set(REFUSED)


@pytest.mark.parametrize("command", ["predict", "forecast", "backtest"])
def test_every_case_is_refused_without_the_extra_with_its_line_and_what_to_do(
    terminal: Terminal, command: str, tmp_path: Path, without_polars: None
) -> None:
    for name, parts in REFUSED.items():
        refusal = terminal(command, "lstm.sine", "--file", CASES / name).refusal
        assert all(part in refusal for part in (*parts, "pip install 'seqzoo[series]'")), (name, refusal)
    named = ("--file", CASES / "02_index/pandas_unnamed.csv", "--value", "value")
    refusal = terminal(command, "lstm.sine", *named).refusal
    assert "pip install 'seqzoo[series]'" in refusal
    for name, parts in HEADLESS.items():
        rest = tmp_path / "rest.csv"
        rest.write_bytes((CASES / name).read_bytes().partition(b"\n")[2])
        refusal = terminal(command, "lstm.sine", "--file", rest).refusal
        assert all(part in refusal for part in parts), (name, refusal)


ROWS = (CASES / "01_locale/thousands_nbsp_cp1252.csv").read_text("cp1252").splitlines()[1:]
THOUSANDS = [row.split(";")[1].replace("\xa0", "").replace(",", ".") for row in ROWS]

# What each case forecasts, or what its refusal names.
READ: dict[str, float | tuple[str, ...]] = {
    "01_locale/decimal_comma_header_semicolon.csv": NEXT,
    "01_locale/decimal_comma_one_column.csv": NEXT,
    "01_locale/thousands_nbsp_cp1252.csv": next_after(THOUSANDS),
    "01_locale/thousands_quoted.csv": ("line 2", "'12,011'", "12011", "12.011", "--decimal"),
    "01_locale/thousands_unquoted.csv": ("line 1", "'12,011'", "12011", "12.011", "--decimal"),
    "02_index/index_no_header.csv": NEXT,
    "02_index/pandas_unnamed.csv": NEXT,
    "02_index/two_series_wide.csv": ("a, b", "--value"),
    "02_index/yyyymmdd_no_header.csv": NEXT,
    "05_missing/blank_line.csv": NEXT,
    "05_missing/eight_words.csv": ("line 232", "-999", "--missing=-999", "--keep=-999"),
    "05_missing/seven.csv": ("3 values follow", "--gaps"),
}
SETTLED: list[tuple[str, list[str], float]] = [
    ("02_index/two_series_wide.csv", ["--value", "a"], NEXT),
    ("02_index/two_series_wide.csv", ["--value", "1", "--time", "none"], NEXT),
    ("05_missing/blank_line.csv", ["--gaps", "interpolate"], NEXT),
]


def test_every_case_is_read_as_meant_or_refused_with_the_option_that_settles_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    for name, expected in READ.items():
        said = terminal("forecast", "lstm.sine", "--file", CASES / name, "-n", "1", "--json")
        if isinstance(expected, tuple):
            assert all(part in said.refusal for part in expected), (name, said.refusal)
            assert said.out == ""
            continue
        facts = json.loads(said.out)
        assert facts["forecast"] == [pytest.approx(expected, abs=5e-5)], name
        assert said.err.startswith(f"{CASES / name}: ") and said.err.count("\n") == 1, said.err
        assert facts["reading"]["understood"] == said.err.strip()
        alone = terminal("predict", "lstm.sine", "--file", CASES / name)
        assert float(alone.out) == pytest.approx(expected, abs=5e-5), name
        assert alone.err.splitlines()[0].endswith("The window is the last 20 of 120 values."), alone.err
    two = tmp_path / "two.csv"
    two.write_text("\n".join(f"{value}\t5.5" for value in VALUES))
    assert all(part in terminal("forecast", "lstm.sine", "--file", two).refusal for part in ("2 numbers", "--value"))
    for name, options, value in [*SETTLED, (str(two), ["--value", "1"], NEXT)]:
        said = terminal("forecast", "lstm.sine", "--file", CASES / name, "-n", "1", "--json", *options)
        assert json.loads(said.out)["forecast"] == [pytest.approx(value, abs=5e-5)], (name, options)


def test_a_table_on_standard_input_is_read_and_its_stamps_follow(terminal: Terminal) -> None:
    raw = (CASES / "01_locale/decimal_comma_header_semicolon.csv").read_bytes()
    for given in (raw, gzip.compress(raw)):
        said = terminal("forecast", "lstm.sine", "-", "-n", "2", "--json", stdin=given)
        facts = json.loads(said.out)
        assert facts["stamps"] == ["2024-04-30", "2024-05-01"] and facts["reading"]["missing"] == 0
        assert said.err.startswith("standard input: ") and "'Wert' with a decimal comma" in said.err


def test_a_backtest_counts_the_windows_that_a_missing_value_leaves_out(terminal: Terminal) -> None:
    words = ["--file", CASES / "05_missing/eight_words.csv", "--missing=-999", "-n", "1"]
    facts = json.loads(terminal("backtest", "lstm.sine", *words, "--json").out)
    assert (facts["cutoffs"], facts["left_out"]) == (112, 168) and facts["reading"]["missing"] == 8
    assert "112 cutoffs" in terminal("backtest", "lstm.sine", *words).out
    filled = json.loads(terminal("backtest", "lstm.sine", *words, "--gaps", "interpolate", "--json").out)
    assert (filled["cutoffs"], filled["left_out"], filled["reading"]["filled"]) == (280, 0, 8)
    assert "8 missing" in terminal("backtest", "lstm.sine", *words, "--gaps", "refuse").refusal


def test_a_gap_is_filled_in_a_backtest_as_in_a_training_and_never_as_a_whole_window(
    terminal: Terminal, tmp_path: Path
) -> None:
    file, hours = tmp_path / "gap.csv", np.arange("2024-01-01T00", "2024-01-09T00", dtype="datetime64[h]")
    rows = [f"{hour},{at % 24}" for at, hour in enumerate(hours) if not 100 <= at < 130]  # 30: of more than a window
    file.write_text("\n".join(["time,value", *rows]))
    words = ["--file", file, "--gaps", "interpolate"]
    facts = json.loads(terminal("backtest", "lstm.sine", *words, "--json").out)
    assert (facts["left_out"], facts["reading"]["filled"]) == (0, 30)
    for at in range(140, len(hours)):
        rows[at - 30 :] = []
    file.write_text("\n".join(["time,value", *rows]))
    assert "10 values follow the last missing one" in terminal("forecast", "lstm.sine", *words).refusal


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO here")
def test_a_fifo_is_read_to_its_end_and_one_without_a_writer_is_refused_after_a_while(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, lines = tmp_path / "pipe.csv", "\n".join(VALUES).encode()
    os.mkfifo(pipe)
    monkeypatch.setattr(_storage, "PATIENCE", 0.2)
    for refusal in (terminal("forecast", "lstm.sine", "--file", pipe).refusal, refused(pipe)):
        assert "is a FIFO, and nothing was written to it" in refusal
    asked, has_writer = threading.Event(), _storage._has_writer

    def after_the_patience(descriptor: int) -> bool:
        has_one = has_writer(descriptor)
        asked.set()
        return has_one

    monkeypatch.setattr(_storage, "_has_writer", after_the_patience)

    def write() -> None:
        with pipe.open("wb") as file:  # it is open before the first number is computed, as of a slow command
            assert asked.wait(30)
            file.write(lines)

    writer = threading.Thread(target=write)
    writer.start()
    forecast = terminal("forecast", "lstm.sine", "--file", pipe, "--json")
    writer.join()
    assert json.loads(forecast.out)["forecast"][0] == pytest.approx(NEXT, abs=1e-3)


def refused(path: Path) -> str:
    """The refusal of a file by the library."""
    with pytest.raises(InputError) as told:
        read(path)
    return str(told.value)


def test_options_of_a_file_are_checked_and_need_a_file(terminal: Terminal, tmp_path: Path) -> None:
    file = CASES / "02_index/two_series_wide.csv"
    for options, parts in (
        (["--value", "c"], ("'c'", "a, b")),
        (["--gaps", "fill"], ("--gaps", "interpolate")),
        (["--decimal", ";"], ("--decimal",)),
        (["--frequency", "fortnight", "--value", "a"], ("'fortnight'", "W-SUN")),
    ):
        refusal = terminal("forecast", "lstm.sine", "--file", file, *options).refusal
        assert all(part in refusal for part in parts), (options, refusal)
    assert "--file" in terminal("forecast", "lstm.sine", "--value", "a").refusal
    assert "--file" in terminal("predict", "lstm.sine", "--gaps", "last", *VALUES[:20]).refusal
    assert "it is binary" in terminal("forecast", "lstm.sine", "--file", Path(sys.executable)).refusal


def test_the_page_on_reading_names_options_and_code_that_exist(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reading.md").read_text("utf-8")
    for command in ("predict", "forecast", "backtest"):
        text = terminal(command, "--help").out
        options = set(re.findall(r"`[^`]*?(--[a-z]+)", page))
        assert len(options) > 9 and [option for option in options if option not in text] == []
    monkeypatch.chdir(tmp_path)
    Path("load.csv").write_text("date,load\n2024-01-01,1\n2024-01-02,2\n")
    names: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], names)
    assert names["series"].times.stamps(1, 2) == ["2024-01-03"]  # type: ignore[attr-defined]


def test_every_case_is_refused_in_the_browser_without_the_extra(without_polars: None) -> None:
    for name, parts in REFUSED.items():
        raw = (CASES / name).read_bytes()
        with pytest.raises(InputError) as caught:
            own_window.pasted(raw.decode("utf-8", "replace"), "the text", 20)
        assert all(part in str(caught.value) for part in parts), (name, caught.value)
        with pytest.raises(InputError) as caught:
            own_window.chosen(base64.b64encode(raw).decode(), "the file", 20)
        assert all(part in str(caught.value) for part in parts), (name, caught.value)


def test_every_case_is_read_or_refused_in_the_browser(terminal: Terminal) -> None:
    for name, expected in READ.items():
        raw = (CASES / name).read_bytes()
        encoded = base64.b64encode(raw).decode()
        if isinstance(expected, tuple):
            with pytest.raises(InputError) as caught:
                own_window.chosen(encoded, "the file", 20)
            wanted = set(expected) - {"--gaps"}  # an option that the page does not have
            assert all(part in str(caught.value) for part in wanted), (name, caught.value)
            continue
        read = own_window.chosen(encoded, "the file", 20)
        assert read is not None and read.understood.startswith("the file: "), name
        assert terminal("predict", "lstm.sine", *map(str, read.window)).out[:4] == f"{expected:.4f}"[:4], name
        if "cp1252" not in name:
            pasted = own_window.pasted(raw.decode(), "the text", 20)
            assert pasted is not None and np.array_equal(pasted.window, read.window), name


def test_a_file_that_is_too_large_or_did_not_arrive_whole_is_refused_in_the_browser() -> None:
    for encoded, part in (
        (base64.b64encode(b"1\n" * 250_002).decode(), "at most 500,000 bytes"),
        ("0.1", "arrive whole"),
        ("\u00e9\u00e9\u00e9\u00e9", "arrive whole"),
        (base64.b64encode(gzip.compress(b"1\n" * 4_000_000)).decode(), "too large once unpacked"),
        ("", "the file is empty"),
        (base64.b64encode(b" \n\n").decode(), "the file is empty"),
    ):
        with pytest.raises(InputError, match=part):
            own_window.chosen(encoded, "the file", 20)


def test_commands_that_read_no_series_of_the_user_say_which_do(terminal: Terminal) -> None:
    for option in ("--file", "--csv", "--data", "-f"):
        refusal = terminal("train", "lstm.sine", option, "series.csv").refusal
        assert "--series FILE" in refusal and f"option {option}:" in refusal
    for command in (["floors"], ["arena"], ["roll-out"], ["show", "lstm.sine"]):
        assert "with --file" in terminal(*command, "--csv=series.csv").refusal
    assert "`seqzoo backtest` reads a series with --file" in terminal("backtest", "lstm.sine", "--data", "x").refusal
    assert "No such option: --nothing" in terminal("train", "lstm.sine", "--nothing").refusal
