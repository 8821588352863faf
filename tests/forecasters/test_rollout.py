"""What a linear recursion does to a forecast: exact, and the numbers of the lesson."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqzoo.errors import InputError
from seqzoo.forecasters.exact import Affine, best_linear, linear_mse
from seqzoo.forecasters.rollout import largest_root, linear_error, linear_recursion, recursion_gain, recursive
from seqzoo.forecasters.simple import last_value_weights
from seqzoo.signals import Recall, Sine, SineAny, TwoTone

FREQUENCY = 0.02


@pytest.fixture(scope="module")
def one_step():
    return best_linear(Sine(), 20)


@pytest.fixture(scope="module")
def rolled(one_step):
    return linear_recursion(one_step, 50)


@pytest.fixture(scope="module")
def direct():
    return best_linear(Sine(), 20, 50)


@pytest.mark.parametrize("length", [1, 2, 7, 20])
@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_its_maps_are_the_roll_out(rng, length, bias):
    step = Affine(rng.standard_normal((1, length)) / length, np.array([bias]))
    context = rng.standard_normal((5, length, 1))
    out = recursive(lambda window: step(window[:, :, 0]), context, 30)
    np.testing.assert_allclose(linear_recursion(step, 30)(context[:, :, 0]), out, atol=1e-12)


def test_its_maps_are_the_powers_of_the_companion_matrix(one_step, rolled):
    companion = np.eye(20, k=1)
    companion[-1] = one_step.weights[0]
    for ahead in (1, 2, 3, 21, 50):
        power = np.linalg.matrix_power(companion, ahead)
        np.testing.assert_allclose(rolled.weights[ahead - 1], power[-1], atol=1e-12)


@pytest.mark.parametrize("signal", [Sine(), SineAny(), TwoTone(), Recall()], ids=lambda signal: signal.title)
def test_its_exact_error_is_what_windows_show(signal):
    made = linear_recursion(best_linear(signal, 12), 15)
    draw = signal.draw(50_000, 12, 15, np.random.default_rng(5))
    squares = (made(draw.context) - draw.target) ** 2
    z = (squares.mean(axis=0) - linear_mse(signal, *made)) / (squares.std(axis=0) / math.sqrt(len(squares)))
    assert (np.abs(z) < 4.5).all()


def test_noise_takes_amplitude_in_one_step_and_the_largest_root_lies_inside_the_unit_circle(one_step):
    assert abs(recursion_gain(one_step.weights, FREQUENCY)[0]) == pytest.approx(0.9961, abs=0.0001)
    assert largest_root(one_step) == pytest.approx(0.9901, abs=0.0001)


def test_the_sum_of_the_weights_shows_no_bias_since_it_is_below_one_without_noise_too(one_step):
    assert one_step.weights.sum() == pytest.approx(0.9835, abs=0.0001)
    assert best_linear(Sine(sigma=0.001), 20).weights.sum() == pytest.approx(0.9845, abs=0.0001)


def test_without_noise_there_is_no_bias_and_the_largest_root_lies_on_the_unit_circle():
    exact = best_linear(Sine(angular_frequency=0.4, sigma=0.0), 10)
    assert largest_root(exact) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(recursion_gain(linear_recursion(exact, 50).weights, 0.4), 1.0, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.2, 1.0])
def test_whatever_the_noise_the_recursion_fades(sigma):
    step = best_linear(Sine(sigma=sigma), 20)
    assert largest_root(step) < 1
    kept = np.abs(recursion_gain(linear_recursion(step, 2000).weights, FREQUENCY))[[0, 199, 1999]]
    assert (np.diff(kept) < -0.005).all()


def test_a_noise_free_sine_fades_in_the_recursion_and_hardly_in_the_direct_forecast(rolled, direct):
    faded = np.abs(recursion_gain(rolled.weights, FREQUENCY))
    kept = np.abs(recursion_gain(direct.weights, FREQUENCY))
    assert (np.diff(faded) < 0).all()
    assert faded[-1] == pytest.approx(0.7525, abs=0.0005)
    assert kept[-1] == pytest.approx(0.9394, abs=0.0005)


def test_the_gain_is_what_comes_out_for_a_sine_that_goes_in(rolled):
    steps = 1.3 + FREQUENCY * np.arange(70)
    came = rolled(np.sin(steps)[None, :20])[0]
    gain = recursion_gain(rolled.weights, FREQUENCY)
    np.testing.assert_allclose(came, np.imag(gain * np.exp(1j * steps[20:])), atol=1e-12)


def test_what_the_recursion_loses_is_lost_without_noise_not_accumulated(rolled, direct):
    signal = Sine()
    ours, theirs = linear_error(signal, rolled), linear_error(signal, direct)
    assert ours.without_noise[-1] == pytest.approx(0.0805, abs=0.0001)
    assert theirs.without_noise[-1] == pytest.approx(0.0021, abs=0.0001)
    assert (ours.carried_noise[15:] < theirs.carried_noise[15:]).all()
    assert (ours.without_noise[23:] > ours.carried_noise[23:]).all()


@pytest.mark.parametrize("signal", [Sine(), SineAny(), Recall()], ids=lambda signal: signal.title)
def test_the_parts_of_the_error_sum_to_it_and_the_last_is_that_of_clean_windows(signal):
    made = linear_recursion(best_linear(signal, 12), 8)
    parts = linear_error(signal, made)
    np.testing.assert_allclose(np.sum(parts, axis=0), linear_mse(signal, *made), rtol=1e-12)
    clean = signal.clean(100_000, 12, 8, np.random.default_rng(6))
    squares = (made(clean[:, :12]) - clean[:, 12:]) ** 2
    z = (squares.mean(axis=0) - parts.without_noise) / (squares.std(axis=0) / math.sqrt(len(squares)))
    assert (np.abs(z) < 4.5).all()


def test_with_a_window_that_grows_instead_of_sliding_the_recursion_would_be_the_direct_forecast(rolled, direct):
    known = np.eye(20)
    for length in range(20, 70):
        known = np.vstack([known, best_linear(Sine(), length).weights[0] @ known])
    np.testing.assert_allclose(known[20:], direct.weights, atol=1e-10)
    assert np.abs(known[20:] - rolled.weights).max() > 0.01


def test_refitted_for_each_step_the_linear_forecast_is_never_worse(rolled, direct):
    surplus = linear_mse(Sine(), *rolled) - linear_mse(Sine(), *direct)
    assert surplus[0] == pytest.approx(0, abs=1e-12)
    assert (surplus[1:] > 0).all()


def test_the_last_value_rolled_out_is_the_last_value():
    step = Affine(last_value_weights(6), np.zeros(1))
    np.testing.assert_array_equal(linear_recursion(step, 9).weights, last_value_weights(6, 9))
    assert largest_root(step) == pytest.approx(1.0)


def test_weights_of_several_steps_are_refused(direct):
    for ask in (lambda: linear_recursion(direct, 3), lambda: largest_root(direct)):
        with pytest.raises(InputError, match=r"\[1, L\].*\[50, 20\]"):
            ask()


@pytest.mark.parametrize("horizon", [0, 10_001, 1.5])
def test_a_horizon_out_of_range_is_refused(one_step, horizon):
    with pytest.raises(InputError, match=r"horizon.*1 to 10,000"):
        linear_recursion(one_step, horizon)
