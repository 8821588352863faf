"""The chart of the view Predict."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqzoo.app.model.predict import chart


@pytest.mark.parametrize(
    ("low", "high"), [(0.45, 1.15), (-1.3, 1.25), (1.7e9 + 0.1, 1.7e9 + 0.9), (-3e-7, 2e-7), (120, 9_700), (0.1, 0.1)]
)
def test_the_ends_of_the_vertical_axis_hold_every_value_and_are_written_in_few_digits(low: float, high: float):
    values, none = np.linspace(low, high, 20), np.zeros(1)
    last = values[-1:]
    shown = chart.Forecasts(values, last, last, last, None, none, "the best possible", None, False)
    bottom, top, step = chart.scale(shown)
    assert bottom <= low and high <= top
    decimals = max(0, -math.floor(math.log10(step)))
    for end in (bottom, top):
        assert end == float(f"{end:.{decimals}f}")  # a label of 1.2000000000000002 would push the chart aside
