"""The generator: what the same seed gives, what the noise is, and which parameters are refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqzoo import signals
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.signals import Sine


def test_the_default_is_sin_of_0_02_x_plus_noise_of_0_1():
    series = Sine().series(1000, seed=3)
    np.testing.assert_allclose(series.clean, [math.sin(0.02 * x) for x in range(1000)], atol=1e-12)
    assert Sine().sigma == 0.1


def test_the_same_seed_gives_the_same_series():
    first, again = Sine().series(500, seed=7), Sine().series(500, seed=7)
    assert first.observed.tobytes() == again.observed.tobytes()


def test_another_seed_gives_other_noise_on_the_same_clean_signal():
    first, other = Sine().series(500, seed=7), Sine().series(500, seed=8)
    assert not np.isclose(first.observed, other.observed).any()
    np.testing.assert_array_equal(first.clean, other.clean)


def test_a_longer_series_of_a_seed_begins_with_the_shorter_one():
    long, short = Sine().series(500, seed=7), Sine().series(100, seed=7)
    np.testing.assert_array_equal(long.observed[:100], short.observed)


def test_observed_minus_clean_is_white_gaussian_noise_of_the_stated_sigma():
    count = 200_000
    observed, clean = Sine(sigma=0.3).series(count, seed=11)
    noise = (observed - clean) / 0.3
    assert abs(noise.mean()) < 4.5 / math.sqrt(count)
    assert abs(noise.std() - 1) < 4.5 / math.sqrt(2 * count)
    assert abs((noise[1:] * noise[:-1]).mean()) < 4.5 / math.sqrt(count)
    assert abs((noise**3).mean()) < 4.5 * math.sqrt(15 / count)
    assert abs((noise**4).mean() - 3) < 4.5 * math.sqrt(96 / count)


def test_without_noise_what_is_observed_is_the_clean_signal():
    observed, clean = Sine(sigma=0.0).series(50, seed=0)
    np.testing.assert_array_equal(observed, clean)


def test_phase_amplitude_and_frequency_shape_the_clean_signal():
    clean = Sine(angular_frequency=0.5, amplitude=3.0).series(40, seed=0, phase=1.2).clean
    np.testing.assert_allclose(clean, [3 * math.sin(0.5 * x + 1.2) for x in range(40)], atol=1e-12)


def test_drawn_windows_are_sines_of_their_own_phase_with_the_target_following_the_context():
    signal = Sine(angular_frequency=0.3, amplitude=2.0, sigma=0.0)
    draw = signal.draw(100, 5, 3, np.random.default_rng(0))
    assert draw.context.shape == (100, 5) and draw.target.shape == draw.clean.shape == (100, 3)
    whole = np.concatenate([draw.context, draw.target], axis=1)
    # Every sampled sine of frequency w obeys x_(t+1) = 2 cos(w) x_t - x_(t-1).
    np.testing.assert_allclose(whole[:, 2:], 2 * math.cos(0.3) * whole[:, 1:-1] - whole[:, :-2], atol=1e-12)
    np.testing.assert_array_equal(draw.target, draw.clean)


def test_drawn_phases_cover_the_circle_evenly():
    draw = Sine(sigma=0.0, angular_frequency=math.pi / 2).draw(40_000, 2, 1, np.random.default_rng(5))
    phase = np.arctan2(draw.context[:, 0], draw.context[:, 1]) % (2 * math.pi)
    counts = np.histogram(phase, bins=16, range=(0, 2 * math.pi))[0]
    chi_square = ((counts - 2500) ** 2 / 2500).sum()
    assert chi_square < 44  # the 0.9999 quantile with 15 degrees of freedom


def test_draw_number_k_depends_on_seed_and_k_only():
    whole = list(itertools.islice(Sine().endless(4, 6, 2, seed=9), 5))
    for k in range(5):
        alone = next(Sine().endless(4, 6, 2, seed=9, start=k))
        for taken, expected in zip(alone, whole[k], strict=True):
            np.testing.assert_array_equal(taken, expected)


def test_draws_of_another_number_or_seed_differ():
    contexts = [next(Sine().endless(4, 6, 2, seed=seed, start=k)).context for seed in (0, 1) for k in (0, 1)]
    assert len({context.tobytes() for context in contexts}) == 4


def test_the_autocovariance_is_what_windows_show():
    signal = Sine(angular_frequency=0.4, amplitude=1.5, sigma=0.5)
    windows = signal.draw(200_000, 8, 1, np.random.default_rng(1)).context
    products = windows[:, :1] * windows
    expected = signal.autocovariance(np.arange(8.0))
    se = products.std(axis=0) / math.sqrt(len(products))
    assert (np.abs(products.mean(axis=0) - expected) < 4.5 * se).all()
    assert expected[0] == pytest.approx(1.5**2 / 2 + 0.5**2)


@pytest.mark.parametrize("frequency", [0.0, -0.1, math.pi + 1e-9, math.nan, math.inf])
def test_a_frequency_outside_0_to_pi_is_refused(frequency):
    with pytest.raises(InputError, match="angular_frequency"):
        Sine(angular_frequency=frequency)


@pytest.mark.parametrize("name", ["amplitude", "sigma"])
@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, "1", None])
def test_an_amplitude_or_sigma_that_is_not_a_number_from_0_up_is_refused(name, value):
    with pytest.raises(InputError, match=name):
        Sine(**{name: value})


@pytest.mark.parametrize(("length", "phase"), [(0, 0.0), (-3, 0.0), (5, math.nan), (5, math.inf)])
def test_a_series_of_no_length_or_no_phase_is_refused(length, phase):
    with pytest.raises(InputError, match=r"length.*phase"):
        Sine().series(length, seed=0, phase=phase)


@pytest.mark.parametrize("sizes", [(0, 5, 1), (5, 0, 1), (5, 5, 0)])
def test_a_draw_of_nothing_is_refused(sizes):
    with pytest.raises(InputError, match=r"\b1\b"):
        Sine().draw(*sizes, np.random.default_rng(0))


def test_a_family_is_made_by_name_with_its_defaults_for_what_is_not_given():
    assert signals.make("sine", {"sigma": 0.2}) == Sine(sigma=0.2)
    assert signals.make("sine") == Sine()


def test_an_unknown_family_is_refused_with_the_names_that_exist():
    with pytest.raises(UnknownNameError, match=r"'sinus'.*'sine'.*sine_any"):
        signals.make("sinus")


def test_an_unknown_parameter_is_refused_with_the_names_that_exist():
    with pytest.raises(InputError, match=r"'noise'.*sigma, angular_frequency, amplitude"):
        signals.make("sine", {"noise": 1.0})


@given(
    frequency=st.floats(1e-3, math.pi),
    amplitude=st.just(0.0) | st.floats(1e-100, 100),
    sigma=st.just(0.0) | st.floats(1e-100, 10),
    seed=st.integers(0, 2**32),
    length=st.integers(1, 200),
)
def test_any_series_is_finite_bounded_without_noise_and_repeatable(frequency, amplitude, sigma, seed, length):
    signal = Sine(angular_frequency=frequency, amplitude=amplitude, sigma=sigma)
    observed, clean = signal.series(length, seed=seed)
    assert observed.shape == clean.shape == (length,)
    assert np.isfinite(observed).all()
    assert np.abs(clean).max() <= amplitude
    np.testing.assert_array_equal(observed, signal.series(length, seed=seed).observed)
