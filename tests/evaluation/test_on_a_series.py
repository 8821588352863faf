"""A backtest on one series, as Python code runs it: cutoffs, units, entrants, an interrupt and results."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from seqzoo._arrays import channel
from seqzoo.data.frequency import frequency
from seqzoo.data.times import TimeIndex
from seqzoo.errors import InputError
from seqzoo.evaluation.on_a_series import (
    cutoff_at,
    entrants_of,
    first_of_last,
    forecasts_of,
    results_of,
    units_of,
    whole_cutoffs,
)
from seqzoo.evaluation.results import Parts, Question
from seqzoo.evaluation.rolling import Entrant, always, blocks, rolling_origin
from seqzoo.forecasters.linear import RidgeAutoregression

L, H, FIRST, STRIDE = 6, 2, 60, 3
VALUES = np.sin(0.5 * np.arange(120)) + 0.1 * np.random.default_rng(1).standard_normal(120)
OWN = Entrant("own", always(lambda windows: np.repeat(channel(windows)[:, -1:], H, axis=1)), L)


def test_the_first_cutoff_is_counted_from_the_end_or_named_by_place_or_time():
    first = first_of_last(len(VALUES), L, H, STRIDE, 4)
    assert len(whole_cutoffs(VALUES, L, H, STRIDE, first)[0]) == 4
    with pytest.raises(InputError, match="fewer than 40 cutoffs"):
        first_of_last(len(VALUES), L, H, STRIDE, 40)
    times = TimeIndex(np.datetime64("2024-03-01", "us"), frequency("D"))
    assert cutoff_at("7", 120, None) == 7 and cutoff_at("2024-03-31", 120, times) == 30
    for start, clock, part in (("2024-03", None, "is a position here"), ("2025-01-01", times, "is no time of")):
        with pytest.raises(InputError, match=part):
            cutoff_at(start, 120, clock)


def test_a_season_that_does_not_fit_is_none_unless_it_was_stated():
    past = VALUES[:20]
    assert units_of(past, 7, is_stated=True).season == 7
    fallen_back = units_of(past, 30, is_stated=False)
    assert fallen_back == units_of(past, 1, is_stated=True) and fallen_back.note == ""
    with pytest.raises(InputError):
        units_of(past, 30, is_stated=True)
    unknown = units_of(past[:1], 30, is_stated=False)
    assert math.isnan(unknown.mase) and math.isnan(unknown.rmsse) and "no unit" in unknown.note


def test_it_goes_on_after_a_stop_and_its_linear_rival_is_that_of_a_rolling_origin(tmp_path: Path):
    cutoffs, left_out = whole_cutoffs(VALUES, L, H, STRIDE, FIRST)
    entrants, omitted = entrants_of(OWN, VALUES, FIRST, L, H, 1, statistical=False)
    assert entrants[0] is OWN and (left_out, omitted) == (0, {})
    names = tuple(each.name for each in entrants)
    store = Parts(tmp_path / "out.csv", Question("s", "m", "e", H, "c", None, 1, names, "v"))
    parts, done, resumed = blocks(cutoffs, None, 8), [], []
    with store.held(anew=False):
        stop = lambda: len(done) > 1  # noqa: E731
        assert forecasts_of(entrants, VALUES, H, parts, store, on_progress=done.append, should_stop=stop) is None
        forecasts = forecasts_of(entrants, VALUES, H, parts, store, on_resumed=resumed.append)
    assert done == [0, 8] and resumed == [8] and forecasts is not None and tuple(forecasts) == names
    linear = RidgeAutoregression(L)
    expected = rolling_origin(linear, VALUES, H, first=FIRST, stride=STRIDE, refit=False)
    assert forecasts[linear.name] == pytest.approx(expected.forecast)
    results = results_of(VALUES, cutoffs, forecasts, [], units_of(VALUES[:FIRST], 1, is_stated=False))
    assert results.target == pytest.approx(expected.target)
    errors = np.abs(VALUES[cutoffs - 1, None] - results.target)
    assert results.measures("own")["mae"].value == pytest.approx(errors.mean())


def test_windows_and_rivals_that_a_missing_value_rules_out_are_told():
    values = VALUES.copy()
    values[80] = np.nan
    cutoffs, left_out = whole_cutoffs(values, L, H, STRIDE, FIRST)
    windows = [values[at - L : at + H] for at in range(FIRST, 119, STRIDE)]
    assert left_out == sum(np.isnan(window).any() for window in windows) and left_out + len(cutoffs) == len(windows)
    omitted = entrants_of(OWN, values, FIRST, L, H, 8, statistical=True)[1]
    assert "only 6 values lie between" in omitted["auto_ets"] and RidgeAutoregression.name not in omitted
    assert "across a gap" in omitted["seasonal_naive"]  # of a season of 8, longer than a window
    with pytest.raises(InputError, match="holds a missing value"):
        whole_cutoffs(np.full(120, np.nan), L, H, STRIDE, FIRST)
