"""The worst forecasts of a backtest, and the training windows nearest to one."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.data.scaling import Scaling
from seqzoo.evaluation.holdout import rules_of_windows
from seqzoo.evaluation.replay import errors_of, largest, nearest
from seqzoo.evaluation.rolling import rules_as_entrants


def test_errors_are_those_at_every_cutoff_and_the_largest_keep_their_distance(rng):
    values = rng.standard_normal(200)
    values[150] = 40.0  # wrong wherever it is forecast
    errors = errors_of(rules_as_entrants(rules_of_windows(8, 3, 1), 8), values, 8, 3)
    assert {name: len(each) for name, each in errors.items()} == dict.fromkeys(
        ["line", "last_value", "drift", "mean"], 190
    )
    assert errors["last_value"][5] == pytest.approx(np.abs(values[13:16] - values[12]).mean())
    worst = largest(errors["mean"], 3, 4)
    assert 140 <= worst[0] <= 142 and all(abs(one - other) >= 3 for one in worst for other in worst if one != other)
    assert errors["mean"][worst[0]] == errors["mean"].max()
    assert largest(errors["mean"], 1_000, 4) == [int(errors["mean"].argmax())]


def test_the_nearest_training_window_is_the_one_the_network_sees_as_alike():
    wave = np.sin(2 * np.pi * np.arange(12) / 12)
    past = np.concatenate([np.full(30, 5.0), 100 + 7 * wave, np.full(30, 5.0), wave, np.full(30, 5.0)])
    by_series, by_window = Scaling(past.mean(), past.std()), Scaling(past.mean(), past.std(), "window")
    own = 1e6 + 50 * wave
    alike = nearest(own, past, 4, by_window, 3)
    assert {alike[0].start, alike[1].start} == {30, 72} and alike[0].distance == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(alike[0].values[:12], own)  # at the level and the spread of this window
    after = {each.start: each.values[12] for each in alike[:2]}
    assert after[30] == pytest.approx(1e6 + 50 * (5 - 100) / 7) and after[72] == pytest.approx(1e6 + 50 * 5)
    assert all(abs(one.start - other.start) >= 12 for one in alike for other in alike if one is not other)
    first = nearest(wave + 0.5, past, 4, by_series, 1)[0]
    assert first.start == 72 and first.distance == pytest.approx(0.5 / past.std())
    np.testing.assert_allclose(first.values, past[72:88], atol=1e-12)  # in the units of the series
    assert nearest(wave, past[:14], 4, by_series, 3) == []


def test_no_window_reaches_beyond_the_past():
    past = np.arange(40.0)
    assert max(each.start for each in nearest(past[-10:], past, 5, Scaling(), 9)) == 25
