"""Trend, season and remainder, their strengths, and the seasons that a series shows."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.diagnosis.decomposition import (
    autocorrelation,
    decompose,
    outliers,
    profile,
    season_strength,
    seasons,
    spectral_entropy,
    trend_strength,
)
from seqzoo.diagnosis.description import Given, describe

STEPS = np.arange(600)


@pytest.mark.parametrize("season", [7, 12])
def test_a_line_and_a_season_are_told_apart_exactly(season):
    wave = np.sin(2 * np.pi * STEPS / season)
    parts = decompose(0.5 * STEPS + wave, season)
    assert np.allclose(sum(parts), 0.5 * STEPS + wave)
    inner = slice(season, -season)
    assert np.allclose(parts.trend[inner], 0.5 * STEPS[inner], atol=1e-9)
    assert np.allclose(parts.season[inner], wave[inner], atol=0.02)
    assert np.allclose(profile(0.5 * STEPS + wave, season), parts.season[:season])


def test_strengths_are_the_shares_of_variance_that_wang_smith_and_hyndman_define(rng):
    noise = rng.standard_normal(6000)
    steps = np.arange(6000)
    parts = decompose(2 * np.sin(2 * np.pi * steps / 12) + noise, 12)
    assert season_strength(parts) == pytest.approx(2 / 3, abs=0.03)  # variance 2 of the season, 1 of the noise
    assert trend_strength(parts) < 0.15
    assert trend_strength(decompose(np.cumsum(noise))) > 0.9
    assert season_strength(decompose(noise)) == 0


def test_the_autocorrelation_is_that_of_the_definition(rng):
    values = rng.standard_normal(50).cumsum()
    deviations = values - values.mean()
    direct = [deviations[: 50 - lag] @ deviations[lag:] / (deviations @ deviations) for lag in range(20)]
    assert np.allclose(autocorrelation(values, 19), direct)


def test_seasons_are_found_and_cycles_that_fade_are_not():
    used = {"season": [], "with a walk": [], "cycle": [], "walk": [], "white": []}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        shocks = rng.standard_normal((4, 1200))
        cycle = np.zeros(1200)
        for step in range(2, 1200):
            cycle[step] = 1.8 * cycle[step - 1] - 0.95 * cycle[step - 2] + shocks[0, step]
        wave = np.sin(2 * np.pi * np.arange(1000) / 12)
        series = {
            "season": wave + 0.5 * shocks[1, 200:], "with a walk": wave + 0.2 * shocks[1, 200:].cumsum(),
            "cycle": cycle[200:], "walk": shocks[2, 200:].cumsum(), "white": shocks[3, 200:],
        }  # fmt: skip
        for name, values in series.items():
            used[name].append(describe(Given.of(values)).season)
    ones = [1] * 10
    assert used == {"season": [12] * 10, "with a walk": [12] * 10, "cycle": ones, "walk": ones, "white": ones}


def test_a_week_is_found_beside_the_day_within_it():
    hours = np.arange(24 * 7 * 12)
    week = np.where(hours // 24 % 7 < 5, 1.0, 0.0)
    rng = np.random.default_rng(0)
    values = 2 * np.sin(2 * np.pi * hours / 24) + 2 * week + 0.2 * rng.standard_normal(len(hours))
    assert seasons(values) == [24, 168]


def test_the_entropy_is_1_for_white_noise_and_small_for_a_sine(rng):
    assert spectral_entropy(rng.standard_normal(5000)) > 0.98
    assert spectral_entropy(np.sin(2 * np.pi * np.arange(5000) / 50)) < 0.6


def test_outliers_lie_three_interquartile_ranges_outside_the_quartiles(rng):
    remainder = rng.standard_normal(2000)
    assert outliers(remainder) == []
    remainder[[5, 1000]] = 9.0, -9.0
    assert outliers(remainder) == [5, 1000]
    assert outliers(np.r_[np.zeros(60), 5.0]) == []  # mostly one value: no range to measure by
