"""Calibration before the hold-out: which errors, how many, and which levels they allow."""

from __future__ import annotations

import numpy as np

from seqzoo.data.windows import default_cutoff
from seqzoo.evaluation.holdout_intervals import (
    MOST_WINDOWS,
    calibration_errors,
    errors_at_cutoffs,
    measured,
)


def last_value(context):
    return context[:, -1, :].repeat(3, axis=1)


def test_every_calibration_target_gives_an_error_at_every_step_ahead():
    values = np.random.default_rng(4).standard_normal(40).cumsum()
    assert default_cutoff(40) == 32
    errors = calibration_errors(last_value, values, 5, 3)
    expected = [[abs(values[target] - values[target - step]) for step in (1, 2, 3)] for target in range(32, 40)]
    np.testing.assert_allclose(errors, expected)


def test_of_a_long_series_evenly_spaced_targets_are_kept_the_latest_among_them():
    values = np.random.default_rng(4).standard_normal(20_000)
    errors = calibration_errors(last_value, values, 5, 3)
    assert len(errors) == 800 <= MOST_WINDOWS  # every fifth of 4,000
    assert errors[-1, 0] == abs(values[-1] - values[-2]) and errors[-2, 0] == abs(values[-6] - values[-7])


def test_errors_of_targets_beyond_the_end_are_not_known():
    values = np.random.default_rng(4).standard_normal(12)
    known = errors_at_cutoffs(last_value, values, 5, 3)
    every = errors_at_cutoffs(last_value, values, 5, 3, known=False)
    assert known.shape == (5, 3) and every.shape == (8, 3)
    np.testing.assert_array_equal(every[:5], known)
    assert np.isnan(every).sum(axis=1).tolist() == [0, 0, 0, 0, 0, 1, 2, 3]
    assert known[4, 2] == abs(values[11] - values[8])


def test_a_level_that_needs_more_errors_than_there_are_is_left_out(rng):
    errors = np.abs(rng.standard_normal((30, 2)))
    allowed = {count: list(measured(errors[:count], [errors])) for count in (3, 4, 9, 19)}
    assert allowed == {3: [], 4: [0.8], 9: [0.8, 0.9], 19: [0.8, 0.9, 0.95]}
