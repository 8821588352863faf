"""What must hold of every signal family: its posterior, its moments and its windows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from seqzoo import signals
from seqzoo.errors import InputError
from seqzoo.signals import Recall, Signal, Sine, SineAny, Square, TwoTone
from seqzoo.signals.quadrature import fejer
from support.signal_cases import FAMILIES, SIGNALS, rows, z


@pytest.fixture(params=FAMILIES)
def signal(request) -> Signal:
    return signals.make(request.param)


@pytest.mark.parametrize("made", SIGNALS, ids=lambda made: made.description)
@pytest.mark.parametrize("length", [7, 20])
def test_the_stated_variance_is_the_mean_squared_error_of_the_mean_at_every_step(made, length):
    draw = made.draw(rows(made), length, 5, np.random.default_rng(11))
    mean, variance = made.posterior(draw.context, 5)
    assert mean.shape == variance.shape == (rows(made), 5) and (variance >= 0).all()
    assert (np.abs(z((draw.clean - mean) ** 2 - variance)) < 4.5).all()
    assert (np.abs(z(draw.target - mean)) < 4.5).all()
    # What is left is related to nothing that the window shows.
    seen = np.concatenate([draw.context, draw.context**2, mean], axis=1)
    for step in range(5):
        assert (np.abs(z((draw.target[:, step] - mean[:, step])[:, None] * seen)) < 4.5).all()


def weighted(curves: np.ndarray, weights: np.ndarray, window: np.ndarray, sigma: float):
    """Posterior moments after a window [L] of curves [N, L + H] with prior weights [N]."""
    length = len(window)
    log_weight = np.log(weights) - ((window - curves[:, :length]) ** 2).sum(axis=1) / (2 * sigma**2)
    posterior = np.exp(log_weight - log_weight.max())
    posterior /= posterior.sum()
    ahead = curves[:, length:]
    mean = posterior @ ahead
    return mean, posterior @ (ahead - mean) ** 2


def by_grid(made: Signal, window: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """The same moments from a grid much finer than any posterior here, phase measured at the window's start."""
    steps = np.arange(len(window) + horizon)
    if isinstance(made, SineAny):
        place, weights = np.polynomial.legendre.leggauss(300)
        w = (made.highest + made.lowest + (made.highest - made.lowest) * place[:, None, None]) / 2
        phi = np.linspace(-np.pi, np.pi, 300, endpoint=False)[None, :, None]
        curves = (made.amplitude * np.sin(w * steps + phi)).reshape(-1, len(steps))
        return weighted(curves, np.repeat(weights, 300), window, made.sigma)
    if isinstance(made, TwoTone):
        phi = np.linspace(-np.pi, np.pi, 320, endpoint=False)
        slow = made.slow_amplitude * np.sin(made.slow * steps + phi[:, None])
        fast = made.fast_amplitude * np.sin(made.fast * steps + phi[:, None])
        curves = (slow[:, None] + fast).reshape(-1, len(steps))
    elif isinstance(made, Square):
        phi = (np.arange(400_000) + 0.5) * (2 * np.pi / 400_000)
        curves = made.amplitude * np.sign(np.sin(made.angular_frequency * steps + phi[:, None]))
    else:
        phi = np.linspace(-np.pi, np.pi, 20_000, endpoint=False)
        curves = made.amplitude * np.sin(made.angular_frequency * steps + phi[:, None])
    return weighted(curves, np.ones(len(curves)), window, made.sigma)


@pytest.mark.parametrize(
    ("made", "bound"),
    [
        (Sine(), 1e-8),
        (SineAny(), 1e-5),
        (SineAny(sigma=0.5, lowest=0.3, highest=1.2), 1e-5),
        (TwoTone(), 1e-5),
        (TwoTone(sigma=0.4, slow=0.5, fast=0.6), 1e-5),
        (Square(), 2e-4),
        (Square(sigma=0.5, angular_frequency=0.9, amplitude=2.0), 2e-3),
    ],
    ids=str,
)
def test_mean_and_variance_equal_a_grid_that_shares_no_line_with_them(made, bound):
    likely = made.draw(2, 12, 3, np.random.default_rng(5)).context
    for window in [*likely, np.linspace(-0.6, 0.6, 12)]:
        mean, variance = made.posterior(window[None], 3)
        expected, spread = by_grid(made, window, 3)
        np.testing.assert_allclose(mean[0], expected, atol=bound)
        np.testing.assert_allclose(variance[0], spread, atol=bound)


@pytest.mark.parametrize("made", [Recall(), Recall(sigma=0.5, cue=1.0, spread=0.8)], ids=str)
def test_recall_equals_an_enumeration_of_the_places_of_the_cue(made):
    for window in made.draw(5, 6, 2, np.random.default_rng(5)).context:
        # Given the place k the window is jointly Gaussian with the payload: cue at k, payload at k + 1.
        weights, means, variances = [], [], []
        for k in range(5):
            prior = np.full(6, made.spread**2)
            center = np.zeros(6)
            prior[k], center[k] = 0.0, made.cue
            total = prior + made.sigma**2
            weights.append(np.prod(np.exp(-((window - center) ** 2) / (2 * total)) / np.sqrt(total)))
            means.append(window[k + 1] * made.spread**2 / total[k + 1])
            variances.append(made.spread**2 - made.spread**4 / total[k + 1])
        share = np.array(weights) / np.sum(weights)
        expected = share @ means
        spread = share @ (np.array(variances) + np.array(means) ** 2) - expected**2
        mean, variance = made.posterior(window[None], 2)
        np.testing.assert_allclose(mean[0], [expected] * 2, rtol=1e-10)
        np.testing.assert_allclose(variance[0], [spread] * 2, rtol=1e-8)


@pytest.mark.parametrize("made", SIGNALS, ids=lambda made: made.description)
def test_the_moments_are_those_of_the_windows(made):
    count = 40_000
    draw = made.draw(count, 6, 3, np.random.default_rng(21))
    known = made.moments(6, 3)
    context, target = draw.context - known.context_mean, draw.target - known.target_mean
    assert (np.abs(z(context)) < 4.5).all() and (np.abs(z(target)) < 4.5).all()
    for row in range(6):
        assert (np.abs(z(context[:, [row]] * context - known.within[row])) < 4.5).all()
    for step in range(3):
        assert (np.abs(z(target[:, [step]] * context - known.cross[step])) < 4.5).all()
    assert (np.abs(z(target**2 - known.variance)) < 4.5).all()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sigma", [0.0, 1e-12, 1e-6, 1e-3])
def test_with_next_to_no_noise_the_forecast_is_exact_or_refused_in_words(family, sigma):
    made = signals.make(family, {"sigma": sigma})
    draw = made.draw(50, 20, 3, np.random.default_rng(3))
    try:
        mean, variance = made.posterior(draw.context, 3)
    except InputError as error:
        assert f"sigma {sigma:g}" in str(error)
        assert family in ("sine_any", "two_tone")
        return
    assert np.isfinite(mean).all() and np.isfinite(variance).all()
    if family == "square":  # edges between two steps stay unknown: then the variance says so
        assert (np.abs(mean - draw.clean)[variance < 1e-9] < 1e-4).all()
        assert (variance[np.abs(mean - draw.clean) > 0.1] > 1e-3).all()
    else:
        assert np.abs(mean - draw.clean).max() < 1e-4 + 20 * sigma
    assert variance.shape == (50, 3)


@pytest.mark.parametrize("length", [1, 2, 64])
@pytest.mark.parametrize("horizon", [1, 60])
def test_short_and_long_windows_and_horizons(signal, length, horizon):
    if isinstance(signal, Recall) and length < 2:
        with pytest.raises(InputError, match=r"recall.*\b2\b.*\b1\b"):
            signal.draw(3, length, horizon, np.random.default_rng(0))
        with pytest.raises(InputError, match=r"recall.*\b2\b"):
            signal.posterior(np.zeros((3, 1)), horizon)
        with pytest.raises(InputError, match=r"recall.*\b2\b"):
            signal.moments(length, horizon)
        return
    draw = signal.draw(100, length, horizon, np.random.default_rng(9))
    if isinstance(signal, SineAny) and length == 64:
        with pytest.raises(InputError, match=r"sigma 0\.1"):
            signal.posterior(draw.context, horizon)
        signal = SineAny(sigma=1.0)
        draw = signal.draw(100, length, horizon, np.random.default_rng(9))
    mean, variance = signal.posterior(draw.context, horizon)
    assert mean.shape == variance.shape == draw.target.shape == (100, horizon)
    surplus = ((draw.clean - mean) ** 2 - variance).mean(axis=1)
    assert abs(z(surplus[:, None])[0]) < 4.5
    known = signal.moments(length, horizon)
    assert known.within.shape == (length, length) and known.cross.shape == (horizon, length)
    assert known.context_mean.shape == (length,) and known.variance.shape == known.target_mean.shape == (horizon,)
    assert np.linalg.eigvalsh(known.within).min() > 0


def test_a_far_step_does_not_depend_on_how_many_are_asked_for(signal):
    context = signal.draw(5, 20, 1, np.random.default_rng(1)).context
    mean, variance = signal.posterior(context, 60)
    for horizon in (1, 7):
        near, spread = signal.posterior(context, horizon)
        np.testing.assert_allclose(near, mean[:, :horizon], atol=1e-5)
        np.testing.assert_allclose(spread, variance[:, :horizon], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_fejers_rule_integrates_polynomials_below_its_number_of_nodes(count):
    nodes, weights = fejer(count)
    assert (weights > 0).all() and (np.abs(nodes) < 1).all()
    for power in range(count):
        assert weights @ nodes**power == pytest.approx(2 / (power + 1) if power % 2 == 0 else 0.0, abs=1e-13)


def test_no_windows_give_no_forecasts(signal):
    mean, variance = signal.posterior(np.empty((0, 20)), 3)
    assert mean.shape == variance.shape == (0, 3)


def test_a_window_far_from_the_signal_still_gives_a_finite_forecast(signal):
    mean, variance = signal.posterior(np.stack([np.zeros(20), np.full(20, 50.0), np.linspace(-9, 9, 20)]), 4)
    assert np.isfinite(mean).all() and np.isfinite(variance).all() and (variance >= 0).all()


BAD = {
    "sine": [("angular_frequency", 0.0), ("angular_frequency", 3.2), ("amplitude", -1.0)],
    "sine_any": [("lowest", 0.0), ("highest", 4.0), ("lowest", 0.2), ("lowest", 0.3), ("amplitude", -1.0)],
    "two_tone": [("slow", 0.0), ("fast", math.nan), ("slow_amplitude", -0.1), ("fast_amplitude", -0.1)],
    "recall": [("spread", 0.0), ("spread", -1.0), ("cue", math.inf)],
    "square": [("angular_frequency", -0.2), ("amplitude", -1.0), ("amplitude", 1e10)],
}


@pytest.mark.parametrize("family", BAD)
def test_a_parameter_out_of_range_is_refused_by_its_name(family):
    for name, value in BAD[family]:
        with pytest.raises(InputError, match=name):
            signals.make(family, {name: value})


def test_a_sigma_that_is_no_number_from_0_up_is_refused(signal):
    for value in (-1e-9, math.nan, math.inf, "0.1", None, True, 1e10):
        with pytest.raises(InputError, match="sigma"):
            type(signal)(sigma=value)


def test_draws_are_repeatable_by_their_seed(signal):
    first, again, other = (signal.draw(4, 9, 2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    for part, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(part, same)
        assert not np.array_equal(part, different)
    stream = list(itertools.islice(signal.endless(3, 5, 2, seed=4), 3))
    np.testing.assert_array_equal(next(signal.endless(3, 5, 2, seed=4, start=2)).context, stream[2].context)


def test_a_draw_of_nothing_is_refused(signal):
    for sizes in ((0, 5, 1), (5, 0, 1), (5, 5, 0), (-1, 5, 1)):
        with pytest.raises(InputError, match=r"\b1\b"):
            signal.draw(*sizes, np.random.default_rng(0))


@pytest.mark.parametrize(("length", "horizon"), [(20, 1), (20, 10), (2, 1), (300, 50)])
def test_an_observed_series_shows_at_most_its_budget_in_pieces_that_hold_a_window(signal, length, horizon):
    width = length + horizon
    for points in (width, width + 1, 3 * width - 1, 1000, 2345):
        if points < width:
            continue
        seen = signal.observed_series(points, length, horizon, seed=2)
        assert sum(map(len, seen)) <= points and min(map(len, seen)) >= width
        again = signal.observed_series(points, length, horizon, seed=2)
        assert all(np.array_equal(one, two) for one, two in zip(seen, again, strict=True))
        if signal.episodic:
            assert {len(one) for one in seen} == {width} and len(seen) == points // width
        elif signal.realisation is None:
            assert [len(one) for one in seen] == [points]
        else:
            assert {len(one) for one in seen} == {min(points, max(signal.realisation, width))}
    with pytest.raises(InputError, match=rf"budget.*{length} \+ {horizon}"):
        signal.observed_series(width - 1, length, horizon, seed=2)
    with pytest.raises(InputError, match=r"10,000,000.*10000001"):
        signal.observed_series(10_000_001, length, horizon, seed=2)


def test_episodes_of_recall_are_whole():
    for episode in Recall(sigma=0.0).observed_series(420, 20, 1, seed=3):
        (place,) = np.flatnonzero(episode == 2.0)
        assert place < 19 and episode[20] == episode[place + 1]


def test_the_pieces_of_a_series_of_any_frequency_are_sines_of_different_frequencies():
    found = []
    for piece in SineAny(sigma=0.0).observed_series(2000, 20, 1, seed=3):
        cosine = (piece[2:] + piece[:-2]) @ piece[1:-1] / (2 * piece[1:-1] @ piece[1:-1])
        np.testing.assert_allclose(piece[2:], 2 * cosine * piece[1:-1] - piece[:-2], atol=1e-9)
        found.append(math.acos(cosine))
    assert len(found) == 10 and 0.02 <= min(found) < max(found) <= 0.2 and len({round(w, 6) for w in found}) == 10


DESCRIPTIONS = {
    "sine": "sin(0.02 x) + noise, sigma 0.1",
    "sine_any": "sin(w x), w from 0.02 to 0.2, + noise, sigma 0.1",
    "two_tone": "0.7 sin(0.1 x + phi) + 0.4 sin(0.27 x + psi) + noise, sigma 0.1",
    "recall": "the value after a cue of 2 among distractors of spread 0.5 + noise, sigma 0.1",
    "square": "square(0.2 x) + noise, sigma 0.1",
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_description_says_the_formula_and_the_noise(family):
    assert signals.make(family).description == DESCRIPTIONS[family]
