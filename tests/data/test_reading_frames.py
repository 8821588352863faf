"""Frames that a caller has: pandas, polars and pyarrow, with their index, zones and missing values."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from seqzoo.data.reading import Choices, read, read_frame
from seqzoo.errors import InputError

VALUES = 0.5 * np.arange(30)
HOURS = pd.date_range("2024-01-01", periods=30, freq="h", tz="Europe/Berlin")
PLAIN = HOURS.tz_localize(None)
FOLLOWING = "2024-01-02T06:00"

FRAMES: dict[str, tuple[Any, str | None]] = {
    "pandas with a zone as its index": (pd.DataFrame({"y": VALUES}, index=HOURS), FOLLOWING + "+01:00"),
    "pandas with a column of times": (pd.DataFrame({"ds": PLAIN, "y": VALUES}), FOLLOWING),
    "a series of pandas": (pd.Series(VALUES, index=PLAIN), FOLLOWING),
    "periods": (pd.Series(VALUES, index=pd.period_range("2024-01", periods=30, freq="M"), name="z"), "2026-07-01"),
    "month ends": (pd.Series(VALUES, index=pd.date_range("2024-01-31", periods=30, freq="ME")), "2026-07-31"),
    "pandas without times": (pd.DataFrame({"y": VALUES}), None),
    "columns without names": (pd.DataFrame(VALUES[:, None]), None),
    "text": (pd.DataFrame({"d": PLAIN.strftime("%d.%m.%Y %H:%M"),
                           "y": [f"{value:.1f}".replace(".", ",") for value in VALUES]}), FOLLOWING),
    "polars": (pl.DataFrame({"ds": PLAIN.to_list(), "y": VALUES}), FOLLOWING),
    "polars, lazy": (pl.LazyFrame({"ds": PLAIN.to_list(), "y": VALUES}), FOLLOWING),
    "a series of polars": (pl.Series("y", VALUES), None),
    "pyarrow": (pa.table({"ds": pa.array(HOURS.to_pydatetime()), "y": VALUES}), FOLLOWING + "+01:00"),
}  # fmt: skip


def test_a_frame_of_each_library_gives_the_same_series() -> None:
    for kind, (frame, following) in FRAMES.items():
        series = read_frame(frame).one()
        assert series.values.tolist() == VALUES.tolist(), kind
        assert (series.times and series.times.stamps(1, 30)) == (following and [following]), kind


def test_missing_values_and_several_series_of_frames() -> None:
    nulls = pa.table({"ds": pa.array(PLAIN.to_pydatetime()), "y": pa.array([None, 1.0] + [2.5] * 28)})
    assert np.flatnonzero(np.isnan(read_frame(nulls).one().values)).tolist() == [0]
    long = pd.DataFrame({"unique_id": ["a"] * 3 + ["b"] * 3, "ds": [*PLAIN[:3]] * 2, "y": range(6)})
    reading = read_frame(long)
    assert reading.labels == ("a", "b") and reading.series[1].values.tolist() == [3, 4, 5]
    assert read_frame(long, Choices(only="b")).one().values.tolist() == [3, 4, 5]
    with pytest.raises(InputError, match="a, b"):
        reading.one()


def test_what_is_no_frame_or_empty_is_refused() -> None:
    for given in (VALUES, pd.DataFrame(), pd.DataFrame({"a": []}), "text"):
        with pytest.raises(InputError):
            read_frame(given)
    with pytest.raises(InputError, match=r"row 2.*inf"):
        read_frame(pd.DataFrame({"y": [1.0, 2.0, np.inf]}))


def test_parquet_keeps_its_types(tmp_path: Any) -> None:
    raw = io.BytesIO()
    pd.DataFrame({"ds": HOURS, "y": VALUES}).to_parquet(raw)
    series = read(raw.getvalue()).one()
    assert series.times is not None and series.times.zone == "Europe/Berlin"
    assert series.values.tolist() == VALUES.tolist()
    raw = io.BytesIO()
    pl.DataFrame({"ds": PLAIN.to_list(), "y": pl.Series(VALUES).cast(pl.Decimal(10, 2))}).write_parquet(raw)
    assert read(raw.getvalue()).one().values.tolist() == VALUES.tolist()


def test_two_columns_of_one_name_are_refused_in_a_sentence() -> None:
    twice = pd.DataFrame({"ds": ["2024-01-01"], "y": [1.0], "z": [2.0]}).set_axis(["ds", "y", "y"], axis=1)
    index = pd.DataFrame({"ds": ["2024-01-01"], "y": [1.0]}).rename_axis("ds").set_axis(pd.Index([3], name="ds"))
    for frame, name in ((twice, "y"), (index, "ds"), (pa.table([[1.0], [2.0]], names=["y", "y"]), "y")):
        with pytest.raises(InputError, match=f"2 columns of the frame.* are named '{name}'"):
            read_frame(frame)
