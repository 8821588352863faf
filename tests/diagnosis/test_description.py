"""What is understood of a series, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.data import collection
from seqzoo.data.series import Series
from seqzoo.diagnosis.description import Given, describe
from seqzoo.errors import InputError

WAVE = np.sin(2 * np.pi * np.arange(240) / 12)


def test_a_collected_series_is_described_with_its_season_gaps_and_outliers():
    told = describe(Given.of(collection.load("co2")))
    assert (told.name, told.length, told.missing, told.gaps, told.longest_gap) == ("co2", 2284, 59, 22, 18)
    assert (told.start, told.frequency, told.season, told.season_from) == ("1958-03-29", "W-SAT", 52, "frequency")
    assert told.trend > 0.99 and told.seasons[0].strength > 0.8
    rain = describe(Given.of(collection.load("seattle_rain")))
    assert (rain.season, rain.season_from, rain.longest_run) == (1, "none", 48)
    assert rain.outliers > 10 == len(rain.outlier_positions)


def test_missing_values_stay_missing_and_straight_lines_stand_in_for_them_where_the_season_is_looked_for():
    values = WAVE + np.arange(240)
    values[[0, 1, 50, 51, 52, 200, 239]] = np.nan
    given = Given.of(values)
    assert len(given.values) == 237 and np.isnan(given.values).sum() == 4
    assert given.filled[47:52] == pytest.approx(np.linspace(values[49], values[53], 5))
    told = describe(given)
    assert (told.missing, told.gaps, told.longest_gap, told.longest_run) == (4, 2, 3, 1)


def test_a_season_is_given_or_found_or_absent(rng):
    noise = 0.3 * rng.standard_normal(240)
    found = describe(Given.of(WAVE + noise))
    assert (found.season, found.season_from) == (12, "data")
    assert (describe(Given.of(WAVE + noise), 24).season, describe(Given.of(WAVE + noise), 1).season) == (24, 1)
    assert describe(Given.of(noise)).season_from == "none"


def test_the_longer_of_two_seasons_is_used_where_it_explains_much_that_the_shorter_does_not(rng):
    hours = np.arange(24 * 7 * 12)
    day, week = np.sin(2 * np.pi * hours / 24), np.where(hours // 24 % 7 < 5, 1.0, 0.0)
    noise = 0.2 * rng.standard_normal(len(hours))
    for values, season in ((day + week * day, 168), (day, 24)):
        told = describe(Given("load", values + noise, frequency="h"))
        assert [one.length for one in told.seasons] == [24, 168] and told.season == season


def test_a_series_with_a_name_and_a_column_are_read_as_their_values(rng):
    values = rng.standard_normal(60)
    assert Given.of(Series("load", values)).name == "load"
    assert (Given.of(values[:, None]).values == values).all()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.full(100, 3.5), "all values of series are 3.5: there is nothing to forecast"),
        (WAVE[:20], "series has 20 values: a contest needs at least 30. Give a longer series"),
        (np.r_[WAVE, np.inf], "value 241 of the series is infinite. Write a missing value as nan"),
        (np.where(np.arange(240) % 3, np.nan, WAVE), "66% of the values of series are missing"),
        (np.full(100, np.nan), "series has 0 values"),
        (np.zeros((50, 2)), r"got shape \[50, 2\]"),
        (["a"] * 40, "must be an array of numbers"),
        (np.r_[WAVE, 1e39], "finite in float32"),
    ],
    ids=["constant", "short", "infinite", "gaps", "all missing", "two columns", "text", "too large"],
)
def test_a_series_that_cannot_be_diagnosed_is_refused_with_what_to_do(source, message):
    with pytest.raises(InputError, match=message):
        Given.of(source)


@pytest.mark.parametrize("season", [0, 81])
def test_a_season_longer_than_a_third_of_the_series_is_refused(season):
    with pytest.raises(InputError, match="from 1, for none, to 80 steps"):
        describe(Given.of(WAVE), season)
