"""The reference forecasters: their known values, and that none of them beats Bayes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqzoo.errors import InputError
from seqzoo.forecasters.exact import best_linear, linear_mse, references_of
from seqzoo.forecasters.floors import floors
from seqzoo.forecasters.simple import MAX_CONTEXT, MAX_HORIZON, last_value_weights, line_weights
from seqzoo.signals import Sine

# MSE / sigma^2 from an independent simulation of 200,000 windows, rounded as printed.
KNOWN = [(0.05, 1.063, 1.210, 2.08), (0.1, 1.068, 1.202, 2.02), (0.2, 1.088, 1.174, 2.01)]


@pytest.mark.parametrize(("sigma", "bayes", "best_linear", "last_value"), KNOWN)
def test_floors_of_the_flagship_signal_have_their_known_values(sigma, bayes, best_linear, last_value):
    table = floors(Sine(sigma=sigma), 20, samples=4000)[0]
    unit = sigma**2
    assert table.noise == pytest.approx(unit)
    assert abs(table.bayes.value / unit - bayes) < 5 * table.bayes.se / unit + 0.0007
    assert table.best_linear / unit == pytest.approx(best_linear, abs=0.001)
    assert table.linear["last_value"] / unit == pytest.approx(last_value, abs=0.006)


def test_the_last_value_errs_by_twice_the_noise_and_the_step_of_the_sine():
    signal = Sine(angular_frequency=0.3, amplitude=2.0, sigma=0.5)
    for step, table in enumerate(floors(signal, 5, 4, samples=100), start=1):
        assert table.linear["last_value"] == pytest.approx(4.0 * (1 - math.cos(0.3 * step)) + 2 * 0.25)


@pytest.mark.parametrize("horizon", [1, 7])
@pytest.mark.parametrize("sigma", [0.05, 0.1, 1.0])
def test_the_best_linear_weights_leave_no_gradient(sigma, horizon):
    signal = Sine(sigma=sigma)
    weights = best_linear(signal, 20, horizon).weights
    assert weights.shape == (horizon, 20)
    index = np.arange(20)
    covariance = 0.5 * np.cos(0.02 * (index[:, None] - index)) + sigma**2 * np.eye(20)
    for step in range(horizon):
        cross = 0.5 * np.cos(0.02 * (20 + step - index))
        np.testing.assert_allclose(covariance @ weights[step], cross, atol=1e-12)


@given(seed=st.integers(0, 10_000), size=st.floats(1e-4, 1.0), frequency=st.floats(0.02, 3.0))
def test_any_change_of_the_best_linear_weights_makes_them_worse(seed, size, frequency):
    signal = Sine(angular_frequency=frequency)
    best = best_linear(signal, 12, 2).weights
    change = size * np.random.default_rng(seed).standard_normal(best.shape)
    worse = linear_mse(signal, best + change) - linear_mse(signal, best)
    # The quadratic form's least eigenvalue is sigma^2: the error grows by at least that.
    assert (worse >= 0.999 * signal.sigma**2 * (change**2).sum(axis=1) - 1e-12).all()


@pytest.mark.parametrize("kind", ["best_linear", "line", "last_value", "random"])
def test_the_exact_error_of_linear_weights_is_what_windows_show(kind):
    signal = Sine(angular_frequency=0.2, amplitude=1.5, sigma=0.4)
    weights = {
        "best_linear": best_linear(signal, 8, 3).weights,
        "line": line_weights(8, 3),
        "last_value": last_value_weights(8, 3),
        "random": np.random.default_rng(1).standard_normal((3, 8)),
    }[kind]
    draw = signal.draw(100_000, 8, 3, np.random.default_rng(2))
    squares = (draw.context @ weights.T - draw.target) ** 2
    z = (squares.mean(axis=0) - linear_mse(signal, weights)) / (squares.std(axis=0) / math.sqrt(len(squares)))
    assert (np.abs(z) < 4.5).all()


def test_the_line_continues_any_straight_line():
    window = 0.7 - 0.2 * np.arange(20)
    np.testing.assert_allclose(line_weights(20, 5) @ window, 0.7 - 0.2 * np.arange(20, 25), atol=1e-12)


def test_the_line_through_one_value_is_that_value():
    np.testing.assert_array_equal(line_weights(1, 3), [[1.0], [1.0], [1.0]])


def test_the_last_value_is_repeated():
    context = np.arange(12.0).reshape(3, 4)
    forecast = references_of(Sine(), 4, 3)["last_value"](context)
    np.testing.assert_array_equal(forecast, np.repeat(context[:, -1:], 3, axis=1))


@pytest.mark.parametrize(("sigma", "windows"), [(0.05, 3000), (0.1, 5000), (0.3, 20_000), (1.0, 20_000)])
@pytest.mark.parametrize("horizon", [1, 25])
def test_bayes_beats_every_other_forecaster_on_the_same_windows(sigma, windows, horizon):
    signal = Sine(sigma=sigma)
    draw = signal.draw(windows, 20, horizon, np.random.default_rng(12))
    known = references_of(signal, 20, horizon)
    errors = {name: (run(draw.context)[:, -1] - draw.target[:, -1]) ** 2 for name, run in known.items()}
    for name in ("best_linear", "line", "last_value"):
        surplus = errors[name] - errors["bayes"]
        assert surplus.mean() > 4 * surplus.std() / math.sqrt(len(surplus)), name


@pytest.mark.parametrize("sigma", [0.05, 0.1, 0.3, 1.0])
def test_the_best_linear_forecast_beats_the_other_linear_ones_at_every_step(sigma):
    for table in floors(Sine(sigma=sigma), 20, 30, samples=50):
        assert table.noise < table.best_linear < min(table.linear["line"], table.linear["last_value"])


def test_the_bayes_floor_is_the_error_of_the_bayes_forecaster_at_each_step():
    signal = Sine(sigma=0.2)
    draw = signal.draw(50_000, 10, 5, np.random.default_rng(3))
    squares = (references_of(signal, 10, 5)["bayes"](draw.context) - draw.target) ** 2
    for step, table in enumerate(floors(signal, 10, 5, samples=20_000)):
        spread = math.hypot(squares[:, step].std() / math.sqrt(len(squares)), table.bayes.se)
        assert abs(squares[:, step].mean() - table.bayes.value) < 4.5 * spread


def test_the_bayes_floor_states_its_own_sampling_error():
    estimates = [floors(Sine(sigma=0.3), 10, samples=300, seed=seed)[0].bayes for seed in range(200)]
    seen = np.std([estimate.value for estimate in estimates], ddof=1)
    stated = np.mean([estimate.se for estimate in estimates])
    assert 0.8 < seen / stated < 1.2


def test_floors_list_their_names_from_the_noise_up():
    names = [name for name, _ in floors(Sine(), 20, samples=100)[0].items()]
    assert names == ["noise", "bayes", "best_linear", "line", "last_value"]


def test_without_noise_the_best_linear_forecast_is_exact():
    signal = Sine(angular_frequency=0.4, sigma=0.0)
    draw = signal.draw(50, 10, 3, np.random.default_rng(0))
    np.testing.assert_allclose(references_of(signal, 10, 3)["best_linear"](draw.context), draw.target, atol=1e-9)


@pytest.mark.parametrize("length", [0, -1, MAX_CONTEXT + 1])
@pytest.mark.parametrize("ask", [last_value_weights, line_weights, lambda length: floors(Sine(), length)])
def test_a_context_length_out_of_range_is_refused(ask, length):
    with pytest.raises(InputError, match=rf"context_length.*1 to {MAX_CONTEXT}.*{length}"):
        ask(length)


@pytest.mark.parametrize("horizon", [0, -1, MAX_HORIZON + 1])
def test_a_horizon_out_of_range_is_refused(horizon):
    for ask in (lambda: floors(Sine(), 20, horizon), lambda: references_of(Sine(), 20, horizon)):
        with pytest.raises(InputError, match=rf"horizon.*1 to {MAX_HORIZON}.*{horizon}"):
            ask()


def test_a_single_sample_is_refused():
    with pytest.raises(InputError, match=r"samples.*\b2\b.*\b1\b"):
        floors(Sine(), 20, samples=1)
