"""The rules for measured series: their forecasts, their table, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.errors import InputError
from seqzoo.forecasters.simple import drift_weights, mean_weights, seasonal_naive_weights
from seqzoo.forecasters.table import FLOORS, MEASURED, RULES, label, rules


def test_each_rule_forecasts_what_its_name_says():
    window = np.array([1.0, 5.0, 2.0, 7.0, 3.0, 9.0, 4.0])
    for weights, forecast in (
        (seasonal_naive_weights(7, 7, season=3), [3, 9, 4, 3, 9, 4, 3]),
        (seasonal_naive_weights(7, 2, season=7), [1, 5]),
        (seasonal_naive_weights(7, 3, season=1), [4, 4, 4]),
        (drift_weights(7, 3), [4.5, 5, 5.5]),
        (drift_weights(1, 2) @ np.ones((1, 7)), [window.sum()] * 2),
        (mean_weights(7, 2), [31 / 7] * 2),
    ):
        np.testing.assert_allclose(weights @ window, forecast, rtol=1e-14)


def test_the_table_has_seasonal_naive_where_there_is_a_season_and_every_other_rule_always():
    assert list(rules(12)) == ["seasonal_naive", "line", "last_value", "drift", "mean"]
    assert list(rules()) == ["line", "last_value", "drift", "mean"]
    window = np.arange(24.0)
    np.testing.assert_array_equal(rules(12)["seasonal_naive"](24, 2) @ window, [12, 13])
    assert not MEASURED.keys() & FLOORS.keys() and RULES.items() <= rules(12).items()
    assert [label(name) for name in rules(12)] == ["seasonal naive", "straight line", "last value", "drift", "mean"]


def test_a_window_that_holds_no_season_and_a_season_that_is_no_length_are_refused():
    for length, season, reason in ((6, 7, "last season, 7 values"), (6, 0, "whole number"), (6, 2.0, "whole number")):
        with pytest.raises(InputError, match=reason):
            seasonal_naive_weights(length, 1, season=season)
