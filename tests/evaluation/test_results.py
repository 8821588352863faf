"""The results of a backtest: intervals that use only known errors, and measures equal to utilsforecast's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses

from seqzoo.errors import InputError
from seqzoo.evaluation.results import Results, interval_of

LEVELS = (0.5, 0.9)


@pytest.fixture
def noise(rng):
    """Cutoffs two steps apart, forecasts of zero, and targets of a series of noise."""
    series = rng.standard_normal(1_210)
    cutoffs = np.arange(10, 1_200, 2)
    return cutoffs, np.zeros((len(cutoffs), 3)), np.stack([series[at : at + 3] for at in cutoffs])


def test_an_interval_begins_once_enough_errors_are_known_and_no_later_value_moves_it(noise):
    cutoffs, forecast, target = noise
    low, high = interval_of(forecast, target, cutoffs, 0.9)
    # nine errors are needed; the ninth, from cutoff 26, aims at values up to 28 and is known from 29, that is 30 on
    assert np.isnan(low[:10]).all() and not np.isnan(low[10:]).any() and cutoffs[10] == 30
    assert high[10] == pytest.approx(np.abs(target[:9]).max(axis=0))
    at = 300
    changed = target.copy()
    changed[cutoffs[:, None] + np.arange(3) >= cutoffs[at]] *= 100  # every value from that cutoff on
    np.testing.assert_array_equal(interval_of(forecast, changed, cutoffs, 0.9)[1][: at + 1], high[: at + 1])
    for level in LEVELS:
        low, high = interval_of(forecast, target, cutoffs, level)
        inside = ((low <= target) & (target <= high))[~np.isnan(low).any(axis=1)]
        assert inside.mean() == pytest.approx(level, abs=0.02)
    with pytest.raises(InputError, match=r"needs the errors of 9 cutoffs whose 3 targets.*none of the 10"):
        interval_of(forecast[:10], target[:10], cutoffs[:10], 0.9)


def test_measures_of_intervals_equal_those_of_utilsforecast_where_they_have_ends(noise):
    cutoffs, forecast, target = noise
    ends = {level: interval_of(forecast, target, cutoffs, level) for level in LEVELS}
    measures = Results(cutoffs, target, {"us": forecast}, {"us": ends}, (1.0, 1.0)).measures("us")
    has_ends = ~np.isnan(ends[0.9][0]).any(axis=1)
    frame = pd.DataFrame({"unique_id": 0, "ds": np.arange(3 * has_ends.sum()), "y": target[has_ends].ravel()})
    columns = {0.5: forecast[has_ends]}
    for level, (low, high) in ends.items():
        columns |= {(1 - level) / 2: low[has_ends], (1 + level) / 2: high[has_ends]}
        sides = {f"us-lo-{level * 100:g}": low, f"us-hi-{level * 100:g}": high}
        frame = frame.assign(**{name: values[has_ends].ravel() for name, values in sides.items()})
        theirs = losses.coverage(frame, ["us"], int(100 * level))["us"].item()
        assert measures[f"coverage_{level * 100:g}"].value == pytest.approx(theirs, rel=1e-12)
    levels = sorted(columns)
    frame = frame.assign(**{f"q{at}": columns[at].ravel() for at in levels})
    for at in levels:
        theirs = losses.quantile_loss(frame, {"us": f"q{at}"}, at)["us"].item()
        assert measures[f"pinball_{round(at, 9):g}"].value == pytest.approx(theirs, rel=1e-9)
    theirs = losses.scaled_crps(frame, {"us": [f"q{at}" for at in levels]}, np.array(levels))["us"].item()
    size = np.abs(target[has_ends]).mean()
    assert measures["crps"].value == pytest.approx(theirs * size, rel=1e-9)
    assert len(measures["crps"].steps) == 3
