"""The channel axis is added and taken away in one place."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import numpy as np

import seqzoo
from seqzoo._arrays import channel, with_channel

PACKAGE = Path(seqzoo.__file__).parent

# How often a file indexes a third axis by None or 0, and why it may.
HOMES = {
    "_arrays.py": 2,  # the home
    "zoo/linear.py": 1,  # a shipped module scripts to the graph of its own file
    "zoo/mlp.py": 1,
    "zoo/gaf_cnn.py": 3,  # so, and twice the pairs of a Gramian angular field
    "runtime/feedforward.py": 1,  # so
}


def places(source: str) -> list[int]:
    """The lines that index a third axis by None or 0, such as `x[-5:, :, 0]`, or do the same by another name."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
            *before, last = node.slice.elts
            is_third = len(before) == 2 and isinstance(before[1], ast.Slice)
            is_last = len(before) == 1 and ast.unparse(before[0]) in ("...", "Ellipsis")
            if (is_third or is_last) and ast.unparse(last) in ("None", "np.newaxis", "0"):
                lines.append(node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("expand_dims", "squeeze", "unsqueeze"):
                lines.append(node.lineno)
    return sorted(lines)


def test_the_channel_axis_is_added_and_taken_away_in_one_place():
    counts = Counter[str]()
    for path in PACKAGE.rglob("*.py"):
        counts[path.relative_to(PACKAGE).as_posix()] = len(places(path.read_text("utf-8")))
    assert +counts == Counter(HOMES)


def test_the_table_would_notice_another_place():
    several = ("x[:, :, None]", "x[-5:, :, 0]", "x[0, :, 0]", "x[..., None]", "x[:, -1:, np.newaxis]", "x.squeeze(2)")
    for text in several:
        assert places(text) == [1], text
    for text in ("x[:, None, :]", "x[:, 0]", "x[:, :, 1]", "x[:, None]", "x[0, 0, 0]", "plot(squeeze=False)"):
        assert places(text) == [], text


def test_the_two_functions_are_views_and_inverse_to_each_other():
    windows = np.arange(6.0).reshape(2, 3)
    batch = with_channel(windows)
    assert batch.shape == (2, 3, 1) and np.shares_memory(batch, windows)
    assert np.array_equal(channel(batch), windows) and np.shares_memory(channel(batch), windows)
