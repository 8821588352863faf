"""What the tests of files and of plain numbers share: where the cases lie, and the values that most of them hold."""

from __future__ import annotations

from pathlib import Path

from seqzoo import load

CASES = Path(__file__).parents[1] / "data" / "cases"
COLUMN = "Keep the column of values, one number a line."
VALUES = [line.split(",")[1] for line in (CASES / "02_index" / "index_no_header.csv").read_text().split()]


def next_after(values: list[str]) -> float:
    """What `lstm.sine` forecasts after these values; a forecast says which numbers were read."""
    return load("lstm.sine").predict([float(value) for value in values[-20:]]).item()


NEXT = next_after(VALUES)
