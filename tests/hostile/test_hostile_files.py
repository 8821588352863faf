"""Files that are damaged, forged or merely odd: read as meant, or refused in a sentence; nothing else escapes.

`tests/data/test_reading_tables.py` and `test_reading_times.py` have the forms in which people write one series.
"""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import random
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
import zstandard

from seqzoo.data.measured import Choices, Reading
from seqzoo.data.reading import read, read_frame
from seqzoo.errors import InputError, SeqzooError

SOAK = bool(os.environ.get("SEQZOO_SOAK"))
DAYS = [date(2024, 1, 1) + timedelta(days=at) for at in range(30)]
VALUES = [1.5 + 0.25 * at for at in range(30)]


def told(source: str | bytes, **choices: Any) -> Reading:
    return read(source.encode() if isinstance(source, str) else source, Choices(**choices), named="the file")


def table(times: Any, values: Any, separator: str = ",", header: str = "date,y") -> str:
    rows = [f"{at}{separator}{value}" for at, value in zip(times, values, strict=True)]
    return "\n".join([*([header.replace(",", separator)] if header else []), *rows]) + "\n"


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    raw = io.BytesIO()
    pl.DataFrame(columns).write_parquet(raw, **options)
    return raw.getvalue()


def lines_of_json(values: list[str]) -> str:
    return "".join(f'{{"ds": "{day}", "y": {value}}}\n' for day, value in zip(DAYS, values, strict=False))


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1")
PACKED = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


def test_every_mixture_of_encoding_line_end_separator_header_and_compression_gives_the_same_series() -> None:
    """A file has several oddities at once: each alone is no proof."""
    written = {
        "points": (",", [f"{value:.2f}" for value in VALUES], [f"{day}" for day in DAYS]),
        "commas": (";", [f"{value:.2f}".replace(".", ",") for value in VALUES], [f"{day:%d.%m.%Y}" for day in DAYS]),
        "quotes": (",", [f'"{value:.2f}"' for value in VALUES], [f'"{day:%m/%d/%Y}"' for day in DAYS]),
        "blanks": ("\t", [f" {value:.2f} " for value in VALUES], [f"{day:%d %b %Y}" for day in DAYS]),
    }
    every = itertools.product(written, ("date,débit", ""), ("\n", "\r\n", "\r"), ENCODINGS)
    mixtures = zip(every, itertools.cycle([*PACKED] * 2 + ["plain"]), strict=False)
    # Every fourth: they still hold each two oddities together.
    for (kind, header, end, encoding), packed in itertools.islice(mixtures, 0, None, 1 if SOAK else 4):
        separator, values, times = written[kind]
        text = table(times, values, separator, header).replace("\n", end)
        series = told(PACKED[packed](text.encode(encoding))).one()
        assert series.values.tolist() == VALUES, (kind, header, end, encoding, packed)
        assert series.times is not None and series.times.stamps(1, 30) == ["2024-01-31"], (kind, header, encoding)


LARGE = 1_700_000_000_000_000_000
def odd() -> dict[str, tuple[str | bytes, list[float], str | None]]:
    return {
        "Unix nanoseconds": (table([LARGE + 10**9 * at for at in range(4)], [1, 2, 3, 4]), [1, 2, 3, 4],
                             "2023-11-14T22:13:24+00:00"),
        "the widest offset": (table(["2024-01-01T00:00+14:00", "2024-01-02T00:00+14:00"], [1, 2]), [1, 2],
                              "2024-01-03T00:00+14:00"),
        "the first and last years": (table(["9999-12-29", "9999-12-30"], [1, 2]), [1, 2], "9999-12-31"),
        "a list of numbers": ("[1.5, null,\n 3]", [1.5, np.nan, 3], None),
        "a header in brackets": ("[date],[y]\n2024-01-01,1\n2024-01-02,2\n", [1, 2], "2024-01-03"),
        "JSON with text for numbers": (lines_of_json(['"1,5"', '"2,5"']), [1.5, 2.5], "2024-01-03"),
        "JSON with null": (lines_of_json(["1", "null", "3"]), [1, np.nan, 3], "2024-01-04"),
        "JSON in UTF-16": (lines_of_json(["1", "2"]).encode("utf-16"), [1, 2], "2024-01-03"),
        "Parquet with nanoseconds": (parquet({"t": pl.Series([datetime(2024, 1, 1), datetime(2024, 1, 2)]).cast(
            pl.Datetime("ns")), "y": [1, 2]}), [1, 2], "2024-01-03"),
        "Parquet with decimals": (parquet({"t": DAYS[:2], "y": pl.Series([1.5, 2.5]).cast(pl.Decimal(9, 2))}),
                                  [1.5, 2.5], "2024-01-03"),
        "Parquet with NaN and null": (parquet({"t": DAYS[:3], "y": [float("nan"), None, 3.0]}), [np.nan, np.nan, 3],
                                      "2024-01-04"),
        "Parquet in gzip": (gzip.compress(parquet({"t": DAYS[:2], "y": [1, 2]})), [1, 2], "2024-01-03"),
        "500,000 blank lines": ("\n" * 500_000 + table(DAYS[:2], [1, 2]), [1, 2], "2024-01-03"),
        "one value": ("5\n", [5], None),
        "constant": (table(DAYS, [7] * 30), [7] * 30, "2024-01-31"),
    }  # fmt: skip


def test_what_is_odd_but_clear_is_read() -> None:
    for kind, (source, values, following) in odd().items():
        series = told(source).one()
        assert np.array_equal(series.values, values, equal_nan=True), (kind, series.values[:5])
        assert (series.times and series.times.stamps(1, len(values))) == (following and [following]), kind
        assert kind != "constant" or kind in told(source).understood


def refused_numbers() -> dict[str, tuple[str | bytes, tuple[str, ...]]]:
    words = (
        "１２３", "١٢٣", "0x10", "1_000", "--5", "5-", "TRUE", "$1.50", "1.50 €", "=1+1", "1/2", '"1,2,3"', '"1""5"',
        "1e400", "9" * 40, "-inf", "Infinity", "∞", "nan(0x1)", "\u200b1.5", "\u00ad1.5",
    )  # fmt: skip
    return {f"the number {word}": (table(DAYS[:3], [1, word, 3]), ("line 3",)) for word in words}


def forged() -> dict[str, tuple[str | bytes, tuple[str, ...]]]:
    return {
        **refused_numbers(),
        "an offset of four days": (table(["2024-01-01T00:00+99:00"] * 2, [1, 1]), ("line 2", "+99")),
        "an offset of a day": (table(["2024-01-01T00:00Z", "2024-01-01T01:00-24:00"], [1, 2]), ("line 3", "-24")),
        "the year 0": (table(["0000-01-01", "0000-01-02"], [1, 2]), ("line 2", "0000")),
        "a leap second": (table(["2016-12-31 23:59:59", "2016-12-31 23:59:60"], [1, 2]), ("line 3", ":60")),
        "two orders": (table(["13/01/2024", "01/14/2024"], [1, 2]), ("line 3", "01/14/2024")),
        "seconds, then milliseconds": (table([1_700_000_000, 1_700_003_600, 1_700_007_200_000], [1, 2, 3]),
                                       ("--frequency",)),
        "one time throughout": (table([DAYS[0]] * 3, [1, 2, 3]), ("line 2 and line 3",)),
        "only missing values": (table(DAYS, ["NA"] * 30), ("only missing values",)),
        "JSON with NaN": (lines_of_json(["NaN", "1"]), ("NaN", "null")),
        "JSON with Infinity": (lines_of_json(["1", "-Infinity"]), ("Infinity", "null")),
        "JSON beyond float64": (lines_of_json(["1e999", "1"]), ("JSON",)),
        "JSON, a truth value": (lines_of_json(["true", "false"]), ("line 1", "'true'")),
        "JSON, lists of lists": ("[[1, 2], [3, 4]]", ("JSON", "one object a line")),
        "JSON, columns in an object": ('{"ds": ["2024-01-01"], "y": [1]}', ("'ds'", "lists")),
        "JSON, a list that is cut": ('[{"ds": "2024-01-01", "y": 1}, {"ds":', ("JSON",)),
        "JSON, numbers that are cut": ("[1, 2, 3", ("JSON",)),
        "JSON, and then text": ('[{"ds": "2024-01-01", "y": 1}] xx', ("JSON",)),
        "JSON 100,000 deep": ("[" * 100_000, ("JSON",)),
        "objects 100,000 deep": ('{"a":' * 100_000, ("JSON",)),
        "JSON, then CSV": (lines_of_json(["1"]) + "2024-01-02,3\n", ("JSON",)),
        "JSON of 10,001 keys": ("{" + ",".join(f'"k{at}": 1' for at in range(10_001)) + "}", ("10,001",)),
        "Parquet with lists": (parquet({"t": DAYS, "y": [[1.0]] * 30}), ("'y'", "lists")),
        "Parquet with objects": (parquet({"t": DAYS, "y": [{"a": 1}] * 30}), ("'y'", "objects")),
        "Parquet with durations": (parquet({"t": DAYS, "y": [timedelta(hours=1)] * 30}), ("'y'", "durations")),
        "Parquet with times of day": (parquet({"t": DAYS, "y": [time(1)] * 30}), ("row 1",)),
        "Parquet beyond the calendar": (parquet({"t": pl.Series([0, 2**62]).cast(pl.Datetime("us")), "y": [1, 2]}),
                                        ("row 2", "'t'", "9999")),
        "Parquet days beyond it": (parquet({"t": pl.Series([-(2**31), 0], dtype=pl.Int32).cast(pl.Date),
                                            "y": [1, 2]}), ("row 1", "'t'")),
        "Parquet, infinite": (parquet({"t": DAYS[:2], "y": [1.0, float("inf")]}), ("row 2", "finite")),
        "Parquet beyond float32": (parquet({"t": DAYS[:2], "y": [1.0, 1e300]}), ("row 2", "finite")),
        "Parquet without a time": (parquet({"t": [None, DAYS[1]], "y": [1, 2]}), ("row 1", "missing")),
        "Parquet, two values of a time": (parquet({"t": [DAYS[0]] * 2, "y": [1, 2]}), ("row 1 and row 2",)),
        "Parquet of 10,001 columns": (parquet({f"c{at}": [1.0] for at in range(10_001)}), ("10,001 columns",)),
        "Parquet without rows": (parquet({"t": [], "y": []}), ("no rows",)),
        "gzip of gzip": (gzip.compress(gzip.compress(table(DAYS, VALUES).encode())), ("binary",)),
        "gzip and garbage": (gzip.compress(table(DAYS, VALUES).encode()) + b"garbage", ("unpack",)),
        "zstd and garbage": (zstandard.compress(table(DAYS, VALUES).encode()) + b"garbage", ("unpack",)),
        "zstd with a window of terabytes": (bytes.fromhex("28b52ffd00f8") + bytes(50), ("unpack", "memory")),
        "nothing in gzip": (gzip.compress(b""), ("empty",)),
        "only a byte order mark": (b"\xff\xfe", ("empty",)),
        "half a character": (table(DAYS, VALUES).encode("utf-16")[:-1], ("UTF-16", "truncated")),
        "a zero byte": (table(DAYS, VALUES).replace("1.75", "1.\x0075"), ("binary",)),
        "escapes of a terminal": (table(DAYS, VALUES, header="date,\x1b[31my"), ("binary",)),
        "a number of two million digits": (table(DAYS[:1], ["9" * 2_000_000]), ("line 2", "finite")),
        "a column named twice": (table(DAYS[:2], ["1,2", "3,4"], header="date,y,y"), ("--value",)),
        "300 columns": (",".join(f"c{at}" for at in range(300)) + "\n" + ",".join(["1"] * 300) + "\n", ("--value",)),
    }  # fmt: skip


def test_what_is_damaged_or_forged_is_refused_in_a_sentence() -> None:
    for kind, (source, parts) in forged().items():
        with pytest.raises(InputError) as refusal:
            told(source).one()
        message = str(refusal.value)
        assert all(part in message for part in parts), (kind, message)
        assert len(message) < 600 and "\n" not in message and message.isprintable(), (kind, message)


def test_a_frame_with_lists_or_durations_is_refused_alike() -> None:
    for values, word in (([[1.0]] * 30, "lists"), ([timedelta(hours=1)] * 30, "durations")):
        with pytest.raises(InputError, match=word):
            read_frame(pl.DataFrame({"t": DAYS, "y": values}))


def intact() -> dict[str, bytes]:
    return {
        "Parquet": parquet({"t": DAYS, "y": VALUES}),
        "Parquet, not packed": parquet({"t": DAYS, "y": VALUES}, compression="uncompressed"),
        "gzip": gzip.compress(table(DAYS, VALUES).encode()),
        "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(table(DAYS, VALUES).encode()),
        "JSON lines": lines_of_json([json.dumps(value) for value in VALUES]).encode(),
        "CSV": table(DAYS, VALUES).encode(),
        "UTF-16": table(DAYS, VALUES).encode("utf-16"),
    }


def test_a_file_that_is_cut_or_altered_anywhere_is_read_or_refused_and_nothing_else_escapes() -> None:
    draw = random.Random(0)
    for kind, raw in intact().items():
        refusals = 0
        for attempt in range(45):
            damaged, at = bytearray(raw), draw.randrange(len(raw))
            if attempt % 3 == 0:
                del damaged[at:]
            elif attempt % 3 == 1:
                damaged[at] ^= 1 << draw.randrange(8)
            else:
                damaged[at : at + 8] = draw.randbytes(8)
            try:
                told(bytes(damaged)).one()
            except SeqzooError as refusal:
                assert str(refusal).isprintable(), kind
                refusals += 1
        assert refusals >= 15, kind  # a cut file at the least
        assert refusals >= 44 or kind not in ("gzip", "zstd"), kind  # which hold a sum of what they pack
