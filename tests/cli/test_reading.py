"""What a person's numbers look like: read as meant, or refused with what was seen and what to do; never misread."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import re
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from seqzoo.app.model import own_window
from seqzoo.cli.sources import PLAIN_LIMIT
from seqzoo.data.typed import rows_of
from seqzoo.errors import InputError
from support.terminal import Terminal

CASES = Path(__file__).parents[1] / "data" / "cases"
COLUMN = "Keep the column of values, one number a line."
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
VALUES = [line.split(",")[1] for line in (CASES / "02_index" / "index_no_header.csv").read_text().split()]


def test_every_case_is_in_the_table() -> None:
    assert {str(file.relative_to(CASES)) for file in CASES.rglob("*.csv")} == set(REFUSED)


@pytest.fixture
def without_polars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)


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


# What each case forecasts, or what its refusal names.
READ: dict[str, float | tuple[str, ...]] = {
    "01_locale/decimal_comma_header_semicolon.csv": 0.6813,
    "01_locale/decimal_comma_one_column.csv": 0.6813,
    "01_locale/thousands_nbsp_cp1252.csv": 0.5599,
    "01_locale/thousands_quoted.csv": ("line 2", "'12,011'", "12011", "12.011", "--decimal"),
    "01_locale/thousands_unquoted.csv": ("line 1", "'12,011'", "12011", "12.011", "--decimal"),
    "02_index/index_no_header.csv": 0.6813,
    "02_index/pandas_unnamed.csv": 0.6813,
    "02_index/two_series_wide.csv": ("a, b", "--value"),
    "02_index/yyyymmdd_no_header.csv": 0.6813,
    "05_missing/blank_line.csv": 0.6813,
    "05_missing/eight_words.csv": ("line 232", "-999", "--missing=-999", "--keep=-999"),
    "05_missing/seven.csv": ("3 values follow", "--gaps"),
}
SETTLED: list[tuple[str, list[str], float]] = [
    ("02_index/two_series_wide.csv", ["--value", "a"], 0.6813),
    ("02_index/two_series_wide.csv", ["--value", "1", "--time", "none"], 0.6813),
    ("05_missing/blank_line.csv", ["--gaps", "interpolate"], 0.6813),
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
    for name, options, value in [*SETTLED, (str(two), ["--value", "1"], 0.6813)]:
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


def test_plain_numbers_of_a_larger_file_are_read_alike(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_text("\n".join(VALUES * 2_000))
    assert file.stat().st_size > PLAIN_LIMIT
    said = terminal("forecast", "lstm.sine", "--file", file, "-n", "1", "--json")
    assert json.loads(said.out)["forecast"] == [pytest.approx(0.6813, abs=5e-5)]
    file.write_text("\n".join(VALUES))
    said = terminal("predict", "lstm.sine", "--file", file)
    assert float(said.out) == pytest.approx(0.6813, abs=5e-5)
    assert said.err == "The window is the last 20 of 120 values.\n"


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
    ):
        with pytest.raises(InputError, match=part):
            own_window.chosen(encoded, "the file", 20)
    assert own_window.chosen("", "the file", 20) is None


PLAIN = {
    "one number a line": "\n".join(VALUES),
    "a line end at the end": "\n".join(VALUES) + "\n",
    "blank lines at the ends": "\n\n" + "\n".join(VALUES) + "\n\n \n",
    "a byte order mark and CRLF": "\ufeff" + "\r\n".join(VALUES) + "\r\n",
    "old line ends": "\r".join(VALUES),
    "one line": " ".join(VALUES),
    "tabs": "\t".join(VALUES),
    "commas": ",".join(VALUES),
    "commas and blanks": ", ".join(VALUES),
    "semicolons": ";".join(VALUES),
    "separators at line ends": ",\n".join(VALUES) + ",",
    "JSON": json.dumps([float(value) for value in VALUES]),
    "JSON on many lines": json.dumps([float(value) for value in VALUES], indent=2),
    "JSON with commas before the values": "[" + "\n, ".join(VALUES) + "\n]",
    "compact JSON, wrapped": "[" + ",".join(VALUES[:60]) + ",\n" + ",".join(VALUES[60:]) + "]",
    "a list of Python": repr(tuple(map(float, VALUES))),
    "an array of NumPy": str(np.array(list(map(float, VALUES)))),
}


def test_plain_numbers_are_read_as_meant_in_every_form(terminal: Terminal, tmp_path: Path) -> None:
    expected = [float(value) for value in VALUES]
    file = tmp_path / "plain.txt"
    for name, text in PLAIN.items():
        file.write_bytes(text.encode())
        assert rows_of(text, "the text", 10_000).series() == pytest.approx(expected, abs=1e-8), name
        pasted = own_window.pasted(text, "the text", 20)
        assert pasted is not None and pasted.window.tolist() == pytest.approx(expected[-20:], abs=1e-6), name
        said = terminal("forecast", "lstm.sine", "--file", file, "-n", "1", "--json")
        assert json.loads(said.out)["forecast"] == [pytest.approx(0.6813, abs=5e-5)], name


def test_a_long_text_is_read_or_refused_at_once() -> None:
    size = own_window.MOST_CHARACTERS - 10
    for text in (
        "9" * size + " x", "0." + "0" * (size - 10) + " 1", " " * size + "x", "1" + " " * size + "x",
        "[" + " " * size, "[" * size, "[]" * (size // 2), "1" + "\n" * size + "x", "\t" * size + "x",
        "1," * (size // 2) + "x", '"' * size, "1" + ",111" * (size // 4), "0:00" * (size // 4),
    ):  # fmt: skip
        began = time.process_time()
        with contextlib.suppress(InputError):
            rows_of(text, "the text", own_window.MOST_CHARACTERS)
        assert time.process_time() - began < 5, text[:20]  # what is quadratic takes minutes


def test_a_dash_is_standard_input_as_an_argument_and_as_a_file(terminal: Terminal, tmp_path: Path) -> None:
    text = "\ufeff" + PLAIN["one number a line"]
    for options in (["-"], ["--file", "-"]):
        said = terminal("forecast", "lstm.sine", *options, "-n", "1", "--json", stdin=text)
        assert json.loads(said.out)["forecast"] == [pytest.approx(0.6813, abs=5e-5)]
    said = terminal("backtest", "lstm.sine", "--file", "-", "-n", "2", stdin=text)
    assert said.status == 0 and "99 cutoffs of standard input" in said.out
    window = "\n".join(VALUES[-20:])
    assert float(terminal("predict", "lstm.sine", "--file", "-", stdin=window).out) == pytest.approx(0.6813, abs=5e-5)
    assert "only if no numbers" in terminal("predict", "lstm.sine", "-", "0.1").refusal


def test_an_option_with_a_slip_in_its_name_is_named_beside_a_file_too(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "plain.txt"
    file.write_text("\n".join(VALUES))
    for command in ("predict", "forecast", "backtest"):
        assert "--steps" in terminal(command, "lstm.sine", "--file", file, "--steps", "3").refusal


def test_commas_that_can_be_read_in_one_way_are_read() -> None:
    for text in ("[1.5,2.5, 3]", "1.5,2.5 3", "1.5, 2.5,3.0"):
        assert rows_of(text, "the text", 100).series() == [1.5, 2.5, 3.0]
    assert rows_of("[1,2, 3]", "the text", 100).series() == [1.0, 2.0, 3.0]  # JSON, whatever its spaces

def test_lines_of_one_window_are_a_batch_and_a_line_of_another_length_is_named(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "windows.csv"
    lines = [",".join(VALUES[start : start + 20]) for start in (0, 50, 100)]
    file.write_text("\n".join(lines))
    expected = terminal("predict", "lstm.sine", "--file", file).out.split()
    assert len(expected) == 3 and float(expected[-1]) == pytest.approx(0.6813, abs=5e-5)
    for separator in ("\t", " ", "; ", ", "):
        file.write_text("\n".join(lines).replace(",", separator))
        assert terminal("predict", "lstm.sine", "--file", file).out.split() == expected, separator
    file.write_text("[[" + "],\n [".join(lines) + "]]")
    assert terminal("predict", "lstm.sine", "--file", file).out.split() == expected
    file.write_text("\n".join([lines[0], lines[1].rpartition(",")[0], lines[2]]))
    refusal = terminal("predict", "lstm.sine", "--file", file).refusal
    assert "line 2" in refusal and "19 numbers" in refusal and "lines of 20" in refusal
    for command in ("forecast", "backtest"):
        file.write_text("\n".join(lines))
        refusal = terminal(command, "lstm.sine", "--file", file).refusal
        assert "line 1" in refusal and "20 numbers" in refusal and "one number a line" in refusal
        file.write_text("\n".join([*VALUES[:30], "0.1 0.2", *VALUES[30:]]))
        refusal = terminal(command, "lstm.sine", "--file", file).refusal
        assert "line 31" in refusal and "2 numbers" in refusal


def _zipped() -> bytes:
    with io.BytesIO() as raw:
        with zipfile.ZipFile(raw, "w") as archive:
            archive.writestr("xl/sheet1.xml", "<v>1</v>")
        return raw.getvalue()


def _array() -> bytes:
    with io.BytesIO() as raw:
        np.save(raw, np.zeros(30))
        return raw.getvalue()


LINES = b"0.1\n0.2\n"
STRANGE: list[tuple[bytes, tuple[str, ...]]] = [
    (b"value\n" + LINES, ("line 1", "header", "Delete it")),
    (b'"value"\n' + LINES, ("line 1", "header", "Delete it")),
    (b"2024-01-01,0.1\n2024-01-02,0.2\n", ("line 1", "a date or a time", COLUMN)),
    (b"2024-01-01 00:00:00\t0.1\n", ("line 1", "a date or a time", COLUMN)),
    (b'"0.1"\n"0.2"\n', ("line 1", "in quotes", "Write it without quotes")),
    (b'0.1\n"12,011"\n', ("line 2", "'\"12,011\"'", "in quotes")),
    (b"# made by hand\n" + LINES, ("line 1", "a comment", "delete it")),
    (LINES + b"#N/A\n", ("line 3", "'#N/A' stands for a missing value", "Fill it")),
    (LINES + b"NaN\n0.3\n", ("line 3", "'NaN' stands for a missing value", "Fill it")),
    (LINES + b"-\n0.3\n", ("line 3", "'-' stands for a missing value")),
    (b"0.1,,0.3\n", ("line 1", "blank cell", "Fill it")),
    (b"0.1\t\t0.3\n", ("line 1", "blank cell")),
    (b",0.1\n,0.2\n", ("line 1", "blank cell")),
    (b"0.1,,\n", ("line 1", "blank cell")),
    (b"0.1\n \n\n0.3\n", ("line 2", "blank", "fill it")),
    (b"0,1\n0,2\n", ("line 1", "0.1 with a decimal comma", "two numbers, 0 and 1")),
    (b"1.234,5\n", ("line 1", "1234.5 with a decimal comma")),
    (b"1,234.5\n", ("line 1", "1234.5 with commas between thousands", "two numbers, 1 and 234.5")),
    (b"1,234,567\n", ("line 1", "1234567 with commas between thousands", "several numbers")),
    (b"0,035 0,102\n", ("line 1", "0.035 with a decimal comma", "write a decimal point")),
    (b"0,035, 0,102\n", ("line 1", "0.035 with a decimal comma")),
    (b"0,1;0,2\n", ("line 1", "0.1 with a decimal comma", "write a decimal point")),
    (b"0,035,0,102,0,073\n", ("line 1", "0.035 with a decimal comma")),
    (b"[0,035, 0,102]", ("line 1", "0.035 with a decimal comma")),
    ("12\u00a0011\n".encode(), ("line 1", "without separators between thousands")),
    (b"1_0\n0.2\n", ("line 1", "'1_0' is not a number", "without underscores")),
    ("\u0661\u0662\n".encode(), ("line 1", "is not a number", "ASCII digits")),
    ("\uff11.5\n".encode(), ("line 1", "is not a number", "ASCII digits")),
    ("\u22120.5\n".encode(), ("line 1", "is not a number", "ASCII digits and signs")),
    (b"[[0.1],[0.2]]", ("brackets", "one flat list, as [1, 2, 3]")),
    (b"[[[0.1, 0.2]]]", ("brackets", "one flat list")),
    (b"[0.1, 0.2", ("brackets", "one flat list")),
    (b"(0.5)\n(0.25)\n", ("'(0.5)'", "negative number", "minus sign")),
    (b"[0.1, null]", ("line 1", "'null' stands for a missing value")),
    (b'["0.1", "0.2"]', ("line 1", "in quotes")),
    (b'{"value": [0.1, 0.2]}', ("JSON object", "[1, 2, 3]")),
    ("0.1\n0.2\n".encode("utf-16"), ("UTF-16", "Save it as UTF-8")),
    ("0.1\n0.2\n".encode("utf-16-le"), ("UTF-16", "Save it as UTF-8")),
    ("0.1\n0.2\n".encode("utf-16-be"), ("UTF-16", "Save it as UTF-8")),
    ("0.1\nd\xe9bit\n".encode("latin-1"), ("line 2 is not UTF-8", "Latin-1", "Save it as UTF-8")),
    (gzip.compress(LINES, mtime=0), ("gzip", "Unpack it")),
    (b"PAR1\x15\x04\x15\x10", ("Parquet", "as text")),
    (_zipped(), ("zip archive", ".xlsx", "as text")),
    (_array(), ("NumPy", "numpy.savetxt")),
    (bytes.fromhex("89504e470d0a1a0a0000000d49484452"), ("no text has",)),
]  # fmt: skip


def test_what_is_not_plain_numbers_is_named_with_what_to_do(
    terminal: Terminal, tmp_path: Path, without_polars: None
) -> None:
    file = tmp_path / "strange.csv"
    commands = ("predict", "forecast", "backtest")
    for turn, (raw, parts) in enumerate(STRANGE):
        file.write_bytes(raw)
        refusals = [terminal(commands[turn % 3], "line.sine", "--file", file).refusal]
        refusals.append(terminal(commands[(turn + 1) % 3], "line.sine", "--file", "-", stdin=raw).refusal)
        with pytest.raises(InputError) as caught:
            own_window.pasted(raw.decode("utf-8", "replace"), "the file", 20)
        for refusal in (*refusals, str(caught.value)):
            assert all(part in refusal for part in parts), (raw, refusal)


@pytest.mark.parametrize("command", ["predict", "forecast"])
def test_arguments_that_are_no_numbers_are_named_with_what_to_do(
    terminal: Terminal, command: str, tmp_path: Path
) -> None:
    file = tmp_path / "series.csv"
    file.write_text("\n".join(VALUES))
    for arguments, parts in [
        ([file], ("a file", "--file")),
        (["--csv", file], ("'--csv'", "--file")),
        ([*VALUES[:19], ""], ("argument 20", "empty")),
        ([*VALUES[:19], "1_0"], ("'1_0' is not a number",)),
        ([*VALUES[:19], "\u0663"], ("is not a number", "ASCII digits")),
        (["0,035", "0,102"], ("0.035 with a decimal comma",)),
        (["12,011"], ("12.011 with a decimal comma", "12011")),
        (["\n".join(f"{value},{value}" for value in VALUES)], ("2 numbers",)),
    ]:
        refusal = terminal(command, "line.sine", *arguments).refusal
        assert all(part in refusal for part in parts), (arguments, refusal)


def test_options_take_numbers_in_plain_digits_only(terminal: Terminal) -> None:
    for options in (
        ["forecast", "line.sine", "--horizon", "1_0"],
        ["forecast", "line.sine", "--seed", "\u0663"],
        ["forecast", "line.sine", "--interval", "0_0.9"],
        ["backtest", "line.sine", "--stride=1_0"],
        ["backtest", "line.sine", "--points", "3_00"],
        ["floors", "--samples", "1_000"],
        ["floors", "--set", "sigma=0_0.2"],
        ["train", "lstm.sine", "--seed", "1_0"],
        ["arena", "--models", "linear", "--budget", "2_00"],
        ["arena", "--models", "linear", "--budget", "20,000"],
        ["sample-efficiency", "--models", "linear", "--points", "2_00"],
    ):
        assert terminal(*options).refusal, options
    assert terminal("forecast", "line.sine", "--horizon", "3", "--seed", "1").status == 0


def test_commands_that_read_no_series_of_the_user_say_which_do(terminal: Terminal) -> None:
    for option in ("--file", "--csv", "--data", "-f"):
        refusal = terminal("train", "lstm.sine", option, "series.csv").refusal
        assert "--series FILE" in refusal and f"option {option}:" in refusal
    for command in (["floors"], ["arena"], ["roll-out"], ["show", "lstm.sine"]):
        assert "with --file" in terminal(*command, "--csv=series.csv").refusal
    assert "`seqzoo backtest` reads a series with --file" in terminal("backtest", "lstm.sine", "--data", "x").refusal
    assert "No such option: --nothing" in terminal("train", "lstm.sine", "--nothing").refusal
