"""What the view Predict draws beside a model of a measured series."""

from __future__ import annotations

import numpy as np

from seqzoo.app.model.predict.measured import _rivals
from seqzoo.data.series import Series
from seqzoo.evaluation.holdout import LINEAR, linear_on
from seqzoo.signals import Observed

VALUES = 1e6 + 10 * np.sin(2 * np.pi * np.arange(400) / 24) + np.random.default_rng(2).standard_normal(400)


def test_the_last_season_the_last_value_and_the_best_linear_forecast_stand_beside_it(home):
    source = Observed.of(Series("load", VALUES), season=24)
    rivals = _rivals(source, 48, 12, linear_on(source, 48, 12)[LINEAR])
    context, target = VALUES[320:368], VALUES[368:380]
    forecasts = {name: forecast(context) for name, forecast in rivals.items()}
    assert list(forecasts) == ["seasonal_naive", "last_value", "linear"]
    np.testing.assert_allclose(forecasts["seasonal_naive"], context[-24:-12])
    np.testing.assert_allclose(forecasts["last_value"], context[-1])
    errors = {name: float(np.abs(forecast - target).mean()) for name, forecast in forecasts.items()}
    assert errors["linear"] < errors["seasonal_naive"] < errors["last_value"]


def test_without_a_season_a_line_does_and_without_the_series_no_linear_forecaster_is_fitted(home):
    source = Observed.of(Series("load", VALUES), season=24)
    assert list(_rivals(source, 12, 3, linear_on(source, 12, 3)[LINEAR])) == ["line", "last_value", "linear"]
    assert list(_rivals(source, 48, 3, None)) == ["seasonal_naive", "last_value"]
