"""The columns of a table: what each may hold, and which one the caller names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import InputError, UnknownNameError
from ..numerals import shown
from . import cells as text


def is_unnamed(label: str) -> bool:
    """Whether a label is what pandas and R write above an index."""
    return label.lower() in ("", "index", "row", "x", "id") or label.lower().startswith("unnamed:")


@dataclass(eq=False)
class Column:
    """One column and what it may hold."""

    at: int
    label: str
    raw: pl.Series
    words: tuple[str, ...]
    plain: text.Plain | None = None

    @property
    def shown(self) -> str:
        """Its name for messages, or its number."""
        return shown(self.label) if self.label else f"column {self.at + 1}"

    @cached_property
    def cells(self) -> pl.Series:
        """Its cells as text."""
        return self.raw if self.plain is not None else text.plain(self.raw)

    @cached_property
    def absent(self) -> pl.Series:
        """Which cells are missing."""
        if self.plain is not None and not self.words:
            return pl.Series(np.isnan(self.plain.values))
        return text.is_missing(self.cells, self.words)

    @property
    def is_typed(self) -> bool:
        """Whether the source states that the column holds numbers."""
        return self.raw.dtype.is_numeric()

    @cached_property
    def is_blank(self) -> bool:
        """Whether every cell is missing."""
        return bool(self.absent.all()) if self.plain is None or self.words else False

    @cached_property
    def is_numeric(self) -> bool:
        """Whether at least half of the cells that are not missing are numbers."""
        if self.is_typed or (self.plain is not None and not self.is_blank):
            return True
        if self.raw.dtype.is_temporal() or self.is_blank:
            return False
        told = self.cells.filter(~self.absent)
        return int(text.is_number(told).sum()) * 2 >= len(told)

    @property
    def counts_rows(self) -> bool:
        """Whether it numbers the rows from 0 or 1, as the index that pandas and R write first."""
        whole = self.whole_numbers if self.at == 0 and is_unnamed(self.label) else None
        return whole is not None and whole[0] in (0, 1) and bool((np.diff(whole) == 1).all())

    @cached_property
    def whole_numbers(self) -> NDArray[np.int64] | None:
        """The cells as whole numbers [T], if they all are."""
        if self.absent.any():
            return None
        try:
            if self.plain is not None and (self.plain.values % 1).any():
                return None
            if self.is_typed:
                values = self.raw.to_numpy()
                whole = values.astype(np.int64)
                return whole if (whole == values).all() else None
            if not self.cells.str.contains("^1?[0-9]{1,18}(\\.0+)?$").all() or not len(self.cells):
                return None
            return self.cells.str.replace(r"\.0+$", "").cast(pl.Int64).to_numpy()
        except (ValueError, TypeError, pl.exceptions.PolarsError):
            return None


def named_as(columns: list[Column], name: str, option: str) -> Column | None:
    """The column of that name, in any case of letters.

    Raises:
        InputError: several columns have it; the message names the option that states one.
    """
    return only_one([column for column in columns if column.label.lower() == name], option)


def only_one(same: list[Column], option: str) -> Column | None:
    """The one column of these, which have one name; None if there are none.

    Raises:
        InputError: there are several.
    """
    if len(same) > 1:
        numbers = " or ".join(f"--{option} {column.at + 1}" for column in same[:6])
        raise InputError(f"{len(same)} columns are named {same[0].shown}. State one by its number: {numbers}.")
    return same[0] if same else None


def chosen(columns: list[Column], given: str | None, option: str) -> Column | None:
    """The column that the caller named or numbered; None if it did neither.

    Raises:
        InputError: several columns have the name.
        UnknownNameError: none has.
    """
    if given is None:
        return None
    same = [column for column in columns if column.label == given]
    if (one := only_one(same, option)) is not None:
        return one
    alike = [column for column in columns if column.label.lower() == given.lower()]
    if len(alike) == 1:
        return alike[0]
    if given.isascii() and given.isdigit() and 1 <= int(given) <= len(columns):
        return columns[int(given) - 1]
    raise UnknownNameError(
        f"column for --{option}", given, [column.label or str(column.at + 1) for column in columns]
    )
