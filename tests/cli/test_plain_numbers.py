"""What plain numbers look like, from arguments, files, standard input and pages: read as meant, or refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from seqzoo._window import MOST_CHARACTERS
from seqzoo.app.model import own_window
from seqzoo.cli.sources import PLAIN_LIMIT
from seqzoo.data.typed import rows_of
from seqzoo.errors import InputError
from support.reading_cases import COLUMN, NEXT, VALUES
from support.terminal import Terminal

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
        assert json.loads(said.out)["forecast"] == [pytest.approx(NEXT, abs=5e-5)], name


def test_plain_numbers_of_a_larger_file_are_read_alike(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    file.write_text("\n".join(VALUES * 2_000))
    assert file.stat().st_size > PLAIN_LIMIT
    said = terminal("forecast", "lstm.sine", "--file", file, "-n", "1", "--json")
    assert json.loads(said.out)["forecast"] == [pytest.approx(NEXT, abs=5e-5)]
    file.write_text("\n".join(VALUES))
    said = terminal("predict", "lstm.sine", "--file", file)
    assert float(said.out) == pytest.approx(NEXT, abs=5e-5)
    assert said.err == "The window is the last 20 of 120 values.\n"


def test_a_long_text_is_read_or_refused_at_once() -> None:
    size = MOST_CHARACTERS - 10
    for text in (
        "9" * size + " x", "0." + "0" * (size - 10) + " 1", " " * size + "x", "1" + " " * size + "x",
        "[" + " " * size, "[" * size, "[]" * (size // 2), "1" + "\n" * size + "x", "\t" * size + "x",
        "1," * (size // 2) + "x", '"' * size, "1" + ",111" * (size // 4), "0:00" * (size // 4),
    ):  # fmt: skip
        began = time.process_time()
        with contextlib.suppress(InputError):
            rows_of(text, "the text", MOST_CHARACTERS)
        assert time.process_time() - began < 5, text[:20]  # what is quadratic takes minutes


def test_a_dash_is_standard_input_as_an_argument_and_as_a_file(terminal: Terminal, tmp_path: Path) -> None:
    text = "\ufeff" + PLAIN["one number a line"]
    for options in (["-"], ["--file", "-"]):
        said = terminal("forecast", "lstm.sine", *options, "-n", "1", "--json", stdin=text)
        assert json.loads(said.out)["forecast"] == [pytest.approx(NEXT, abs=5e-5)]
    said = terminal("backtest", "lstm.sine", "--file", "-", "-n", "2", stdin=text)
    assert said.status == 0 and "99 cutoffs of standard input" in said.out
    window = "\n".join(VALUES[-20:])
    assert float(terminal("predict", "lstm.sine", "--file", "-", stdin=window).out) == pytest.approx(NEXT, abs=5e-5)
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
    assert len(expected) == 3 and float(expected[-1]) == pytest.approx(NEXT, abs=5e-5)
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
    ("\uff0d0.5\n".encode(), ("line 1", "is not a number", "ASCII digits and signs")),
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
