"""The test of linearity: exact in its logic, right in its parts, quiet on linear series and loud on others."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqzoo.errors import InputError
from seqzoo.evaluation import nonlinearity
from seqzoo.evaluation.nonlinearity import (
    FOLDS,
    LAGS,
    LEARNING_RATE,
    LEAST_POINTS,
    PRIOR,
    STEPS,
    UNIT_ROOT,
    LinearityTest,
    dickey_fuller,
    has_unit_root,
    linearity,
)


def autoregression(length, rng, *coefficients):
    values = rng.standard_normal(length + 100)
    for step in range(len(coefficients), len(values)):
        values[step] += sum(weight * values[step - 1 - lag] for lag, weight in enumerate(coefficients))
    return values[100:]


def setar(length, rng):
    values = rng.standard_normal(length + 100)
    for step in range(1, len(values)):
        values[step] += (0.8 if values[step - 1] < 0 else -0.6) * values[step - 1]
    return values[100:]


def noisy_logistic(length, rng):
    values = np.empty(length)
    values[0] = 0.1 + 0.8 * rng.random()
    for step in range(1, length):
        values[step] = 3.9 * values[step - 1] * (1 - values[step - 1])
    return values + 0.1 * rng.standard_normal(length)


def test_the_series_and_its_surrogates_are_treated_alike_whatever_their_order(rng):
    """Exchangeable under the null hypothesis, so that ranks are exact: no place in the batch is a special one."""
    batch = rng.standard_normal((4, 150))
    order = [2, 0, 3, 1]
    here = nonlinearity._held_out_errors(batch, np.random.default_rng(0))
    there = nonlinearity._held_out_errors(batch[order], np.random.default_rng(0))
    np.testing.assert_allclose(there.linear, here.linear[order], rtol=1e-9)
    np.testing.assert_allclose(there.network, here.network[order], rtol=1e-4)
    alone = nonlinearity._held_out_errors(batch[2:3], np.random.default_rng(0))
    np.testing.assert_allclose(alone.network, here.network[2:3], rtol=1e-4)


def test_the_linear_forecaster_is_least_squares_fitted_to_what_shares_no_value_with_the_fold(rng):
    series = autoregression(120, rng, 0.5)
    rows = len(series) - LAGS
    squared = 0.0
    for fold in range(FOLDS):
        first, last = rows * fold // FOLDS, rows * (fold + 1) // FOLDS
        held_out = range(first, last)
        fitted = [row for row in range(rows) if row + LAGS < first or row >= last + LAGS]
        design = np.array([[*series[row : row + LAGS], 1.0] for row in range(rows)])
        target = series[LAGS:]
        weights = np.linalg.lstsq(design[fitted], target[fitted], rcond=None)[0]
        squared += ((target[held_out] - design[held_out] @ weights) ** 2).sum()
    errors = nonlinearity._held_out_errors(series[None], np.random.default_rng(0))
    assert errors.linear[0] == pytest.approx(squared / rows, rel=1e-6)


def test_networks_trained_together_are_those_that_torch_trains_one_by_one(rng):
    lags = rng.standard_normal((2, 100, LAGS))
    target = np.abs(lags[..., 0]) + 0.1 * rng.standard_normal((2, 100))
    ours = nonlinearity._trained(lags, target, lags, np.random.default_rng(1))
    draws = np.random.default_rng(1)
    start = draws.standard_normal((LAGS, 16)) / math.sqrt(LAGS), 0.5 * draws.standard_normal((1, 16))
    for one in range(2):
        parameters = [
            torch.tensor(value, dtype=torch.float32, requires_grad=True)
            for value in (*start, np.zeros((16, 1)), np.zeros((1, 1)))
        ]
        optimiser = torch.optim.Adam(parameters, weight_decay=PRIOR / 100)
        scale = target[one].std()
        inputs = torch.tensor(lags[one], dtype=torch.float32)
        wanted = torch.tensor(target[one] / scale, dtype=torch.float32)[:, None]
        for step in range(1, STEPS + 1):  # all 100 rows are one batch
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * step / STEPS)) / 2
            into, shift, out, level = parameters
            loss = ((torch.tanh(inputs @ into + shift) @ out + level - wanted) ** 2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        theirs = (torch.tanh(inputs @ into + shift) @ out + level)[:, 0].detach().numpy() * scale
        np.testing.assert_allclose(ours[one], theirs, atol=0.02 * scale)
        assert ((ours[one] - target[one]) ** 2).mean() < 0.9 * target[one].var()


def test_series_with_a_threshold_or_chaos_are_rejected(rng):
    for series in (setar(1_000, rng), noisy_logistic(200, rng)):
        outcome = linearity(series)
        assert outcome.is_rejected and outcome.p == 0.05
        assert outcome.gain > outcome.surrogate_gains[-1] and outcome.gain > 0.03
        text = str(outcome)
        assert text.startswith("nonlinear: a small network changes the linear forecaster's squared error by -")


def test_linear_series_are_rarely_rejected(rng):
    outcomes = [linearity(autoregression(150, rng, 1.2, -0.5), seed=seed) for seed in range(8)]
    assert sum(outcome.is_rejected for outcome in outcomes) <= 2  # more has a probability of 0.6% at a rate of 5%
    assert len({outcome.p for outcome in outcomes}) > 3
    assert any("no nonlinearity detected" in str(outcome) for outcome in outcomes)


def test_p_is_the_rank_among_the_surrogates(rng):
    outcome = linearity(autoregression(120, rng, 0.5), surrogates=39, seed=3)
    assert len(outcome.surrogate_gains) == 39 and list(outcome.surrogate_gains) == sorted(outcome.surrogate_gains)
    assert outcome.p == (1 + sum(gain >= outcome.gain for gain in outcome.surrogate_gains)) / 40


def test_units_and_offset_do_not_matter(rng):
    series = np.round(autoregression(120, rng, 0.7), 3) * 1024
    plain, shifted = linearity(series), linearity(1.7e9 + series)
    assert isinstance(plain, LinearityTest)
    assert shifted.p == plain.p and shifted.gain == pytest.approx(plain.gain, abs=0.01)


def test_of_a_long_series_only_the_latest_values_count_and_a_seed_gives_one_result(rng, monkeypatch):
    monkeypatch.setattr(nonlinearity, "MOST_POINTS", 300)
    series = autoregression(400, rng, 0.5)
    other = np.concatenate([rng.standard_normal(100), series[100:]])
    outcome = linearity(series)
    assert linearity(other) == outcome
    assert 270 <= outcome.points <= 300


def test_the_means_of_a_season_whose_length_is_given_are_removed_first(rng):
    noise = autoregression(144, rng, 0.6)
    told = linearity(noise + 50.0 * (np.arange(144) % 24 < 6), season=24)
    assert told.season == 24
    without = linearity(noise, season=24)
    assert told.p == without.p and told.gain == pytest.approx(without.gain, abs=1e-3)


def test_a_unit_root_is_found_and_differenced(rng):
    walk = np.cumsum(rng.standard_normal(400))
    assert linearity(walk).is_differenced
    assert not linearity(0.01 * np.arange(400) + rng.standard_normal(400)).is_differenced
    # At its 5% point the test of Dickey and Fuller rejects one walk in twenty.
    walks = np.cumsum(rng.standard_normal((300, 300)), axis=1)
    assert 0.02 <= np.mean([not has_unit_root(one) for one in walks]) <= 0.09


@pytest.mark.filterwarnings("ignore:adfuller currently returns:FutureWarning")
def test_the_statistic_of_dickey_and_fuller_is_that_of_statsmodels(rng):
    tools = pytest.importorskip("statsmodels.tsa.stattools")
    for coefficient in (0.5, 1.0):
        series = autoregression(300, rng, coefficient)
        theirs = tools.adfuller(series, maxlag=LAGS, regression="ct", autolag=None)
        assert dickey_fuller(series) == pytest.approx(theirs[0], rel=1e-6)
        assert theirs[4]["5%"] == pytest.approx(UNIT_ROOT, abs=0.03)


def test_series_that_cannot_be_tested_are_refused_in_one_line(rng):
    noise = rng.standard_normal(200)
    for series, arguments, line in (
        (noise[: LEAST_POINTS - 1], {}, "at least 100 values, got 99: a network has too little to learn from"),
        (np.ones(200), {}, "all values are equal"),
        (np.arange(200.0), {}, "a line or a repeated season without error"),
        (np.tile([1.0, 5.0, 2.0], 100), {"season": 3}, "a line or a repeated season without error"),
        (np.sin(0.1 * np.arange(400)), {}, "forecasts this series exactly"),
        (noise, {"season": 67}, "from 2 to 66 steps, a third of the points, got 67"),
        (noise, {"surrogates": 18}, "at least 19 surrogates"),
        (np.append(noise, np.nan), {}, "finite"),
    ):
        with pytest.raises(InputError, match=line) as refusal:
            linearity(series, **arguments)
        assert "\n" not in str(refusal.value)
