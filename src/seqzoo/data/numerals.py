"""Recognises numbers in text, and explains why a text is not a number and what to do about it."""

from __future__ import annotations

import math
import re
from typing import NoReturn

from ..errors import InputError

PLAIN = "Write one number a line, with a decimal point."
COLUMN = "Keep the column of values, one number a line."
MISSING = frozenset("nan na n/a #n/a <na> nat null none nil missing - -- . ?".split())

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}([-/.][0-9]{1,2})?(T.*)?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|[0-9]{1,2}:[0-9]{2}.*"
)
_POINT_LAST = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3}){1,4}(\.[0-9]+)?")  # 1,234.5
_COMMA_LAST = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]+([eE][+-]?[0-9]+)?")  # 0,5 and 1.234,5
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(['’ \u00a0\u202f][0-9]{3})+([.,][0-9]+)?")
_CELL = re.compile(r"\"[^\"]*\"?|[^,;\t ]+")
_MISSING_ADVICE = "Fill it, or keep the values after it."


def number(word: str) -> float | None:
    """The value of a word of ASCII digits, sign, decimal point and exponent; infinite on overflow. None for others.

    float() and int() also accept words that people do not mean as numbers: 1_0, digits of other scripts, nan.
    """
    return float(word) if _NUMBER.fullmatch(word) else None


def check_kind(text: str, source: str) -> None:
    """Refuse bytes that are not UTF-8 text.

    Args:
        text: the bytes decoded as UTF-8, with U+FFFD for each invalid byte.
        source: what the text is, for the message.

    Raises:
        InputError: the text is compressed, a binary table, UTF-16, another 8-bit encoding, or other binary data.
    """
    start = text[:200]
    if start.startswith("\x1f\ufffd"):
        seen, advice = "it is compressed with gzip", "Unpack it first."
    elif start.startswith("PAR1"):
        seen, advice = "it is a Parquet table", "Export the column of values as text, one number a line."
    elif start.startswith("PK\x03\x04"):
        seen, advice = "it is a zip archive, as .xlsx, .ods and .npz are", "Export the values as text, one a line."
    elif start.startswith("\ufffdNUMPY"):
        seen, advice = "it is an array of NumPy", "Write it with numpy.savetxt."
    elif len(start) / 3 <= start.count("\x00") < len(start):
        seen, advice = "it looks like UTF-16", "Save it as UTF-8."
    elif "\x00" in text:
        seen, advice = "it holds bytes that no text has", PLAIN
    elif "\ufffd" in text:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        seen, advice = f"line {line} is not UTF-8, perhaps Latin-1, Windows-1252 or UTF-16", "Save it as UTF-8."
    else:
        return
    raise InputError(f"cannot read numbers from {source}: {seen}. {advice}")


def check_commas(line: str, where: str, *, listed: bool) -> None:
    """Refuse a comma that may be a decimal comma, a separator of thousands or a separator of numbers.

    Args:
        line: without white space around it.
        where: the place of the line, for the message.
        listed: whether the line stands in brackets, where commas separate numbers.

    Raises:
        InputError: the comma is ambiguous; the message lists every reading.
    """
    if '"' in line:
        return  # `_problem` refuses a number in quotes
    if not re.search(r"[ \t;]", line):
        word = line
        if not (_POINT_LAST.fullmatch(word) or _COMMA_LAST.fullmatch(word)) or listed:
            leading = re.search(r"(?<![0-9.])[0-9]+,0[0-9]+(?![0-9.])", line)
            if leading is None:
                return
            word = leading[0]
    else:
        joined = re.search(r"(?<![0-9.])[+-]?[0-9][0-9.]*(,[+-]?[0-9.]+)+", line)
        if joined is None:
            return
        word = joined[0]
    readings = []
    if _COMMA_LAST.fullmatch(word):
        readings.append(f"{word.replace('.', '').replace(',', '.')} with a decimal comma")
    if _POINT_LAST.fullmatch(word):
        readings.append(f"{word.replace(',', '')} with commas between thousands")
    if not readings:
        return  # 1.5,2.5 can only be two numbers
    parts = word.split(",")
    readings.append("several numbers" if len(parts) > 2 else f"two numbers, {parts[0]} and {parts[1]}")
    alike = "" if word == line else " and one kind of separator"
    raise InputError(
        f"{where}: {shown(word)} can be read as {', or as '.join(readings)}. "
        f"To settle it, write a decimal point{alike}; a series has one number a line."
    )


def refuse(line: str, where: str, *, header: bool) -> NoReturn:
    """Refuse a line that does not hold numbers, and say what it holds.

    Args:
        where: the place of the line, for example "line 3 of the file".
        header: whether the line may be a header: lines follow it, and no numbers stand before it.

    Raises:
        InputError: always.
    """
    cells: list[str] = _CELL.findall(line)
    words = [cell.strip("\"'") for cell in cells]
    plain = line.strip()
    if re.match(r"#(?!n/a)|%|//", plain, re.IGNORECASE):
        raise InputError(f"{where} is a comment, {shown(plain)}: delete it.")
    if header and words and all(map(_is_name, words)):
        advice = f" {COLUMN}" if len(words) > 1 or plain[0] in ",;" else ""
        raise InputError(f"{where} is a header, not a number: {shown(plain)}. Delete it.{advice}")
    for word in words:
        if _DATE.fullmatch(word):
            raise InputError(f"{where} has a date or a time, {shown(word)}; only values are read. {COLUMN}")
    for cell, word in zip(cells, words, strict=True):
        if problem := _problem(cell, word):
            raise InputError(f"{where}: {shown(cell)} {problem}")
    raise InputError(f"{where} has a blank cell: a value may be missing. Fill it. {COLUMN}")


def shown(text: str) -> str:
    """A text for a message: in quotes, cut to 40 characters."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _is_name(word: str) -> bool:
    is_word = re.search(r"[^\W\d_]", word) and not re.match(r"[-+.]?\d", word)
    return bool(is_word) and word.lower() not in MISSING and not _is_infinite(word)


def _is_infinite(word: str) -> bool:
    return word.lower().lstrip("+-") in ("inf", "infinity")


def _problem(cell: str, word: str) -> str:
    """The fault of one cell as the end of a sentence, empty if it is a number; `word` is the cell without quotes."""
    value = number(word)
    if word.lower() in MISSING or word.lower().lstrip("+-") == "nan":
        return f"stands for a missing value, and gaps are not read. {_MISSING_ADVICE}"
    if _is_infinite(word):
        return f"is not a finite number. {_MISSING_ADVICE}"
    grouped = any(kind.fullmatch(word) for kind in (_POINT_LAST, _COMMA_LAST, _GROUPED))
    if cell != word and (value is not None or grouped):
        return "is a number in quotes. Write it without quotes, and without separators between thousands."
    if value is not None:
        return "" if math.isfinite(value) else "is not a finite number: no float is so large."
    if grouped:
        return "is not a number: write it without separators between thousands."
    if "_" in word and number(word.replace("_", "")) is not None:
        return "is not a number: write it without underscores."
    if not word.isascii() and any(character.isdigit() for character in word):
        return "is not a number: write ASCII digits and signs, as -0.5."
    if re.search(r"[\[\](){}]", word):
        return "is not a number. Write one flat list, as [1, 2, 3], or one number a line."
    return "is not a number; numbers look like -0.5."


def value_of(value: float) -> str:
    """A value of a series as text, to six digits, and to four decimals where the digits before them are as many."""
    return f"{value:.4f}" if 1e4 <= abs(value) < 1e15 else f"{value:.6g}"
