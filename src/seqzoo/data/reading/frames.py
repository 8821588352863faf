"""Frames of other libraries as frames of polars, through narwhals."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl

from ...errors import InputError
from ..numerals import shown


def frame_of(given: Any) -> pl.DataFrame:
    """The frame of polars with the same columns; the index of a pandas frame becomes its first column.

    Raises:
        InputError: it is no frame or series that narwhals knows.
    """
    kind = f"{type(given).__module__.partition('.')[0]}.{type(given).__name__}"
    if kind.startswith("pandas."):
        _check_names([*map(str, getattr(given, "columns", []))])
        given = _with_index(given)
    elif kind.startswith("pyarrow."):
        _check_names(getattr(given, "column_names", []))
    try:
        native = nw.from_native(given, allow_series=True)
    except TypeError:
        raise InputError(f"expected a frame of pandas, polars or pyarrow, got {kind}.") from None
    if isinstance(native, nw.Series):
        native = native.alias(native.name or "value").to_frame()
    if isinstance(native, nw.LazyFrame):
        native = native.collect()
    return _polars(native)


def _polars(frame: nw.DataFrame[Any]) -> pl.DataFrame:
    columns = []
    for name in frame.columns:
        column = frame.get_column(name)
        if isinstance(column.dtype, nw.Datetime) or column.dtype in (nw.Date, nw.String, nw.Categorical, nw.Object):
            columns.append(pl.Series(str(name), column.to_list(), strict=False))
        else:
            columns.append(pl.Series(str(name), column.to_numpy()))
    return pl.DataFrame(columns)


def _with_index(given: Any) -> Any:
    """A pandas frame or series whose index counts rows stays; any other index becomes a column."""
    index = given.index
    if getattr(given, "name", None) is None and not hasattr(given, "columns"):
        given = given.rename("value")
    frame = given.to_frame() if not hasattr(given, "columns") else given
    if any(not isinstance(label, str) for label in frame.columns):
        frame = frame.rename(columns=str)
    if type(index).__name__ == "RangeIndex" and index.name is None:
        return frame
    if type(index).__name__ == "PeriodIndex":
        frame = frame.set_axis(index.to_timestamp(how="start"))
    _check_names([*frame.columns, *(str(name) for name in frame.index.names if name is not None)])
    return frame.reset_index()


def _check_names(names: list[str]) -> None:
    """Raises InputError if two columns have one name; an index counts as a column."""
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(
            f"{names.count(twice[0])} columns of the frame, with an index, are named {shown(twice[0])}. Rename one."
        )
