"""Series to windows, the split by cutoff, and the scaling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqzoo.data.scaling import Scaling
from seqzoo.data.windows import sliding, split
from seqzoo.errors import InputError


def test_windows_are_views_of_the_series_not_copies():
    series = np.arange(1000.0)
    context, target = sliding(series, 20, 3)
    assert np.shares_memory(context, series) and np.shares_memory(target, series)


def test_a_window_is_followed_by_its_target():
    context, target = sliding(np.arange(10), 3, 2)
    np.testing.assert_array_equal(context[:2], [[0, 1, 2], [1, 2, 3]])
    np.testing.assert_array_equal(target[:2], [[3, 4], [4, 5]])
    np.testing.assert_array_equal(target[-1], [8, 9])


@given(
    length=st.integers(2, 60), context=st.integers(1, 12), horizon=st.integers(1, 5), stride=st.integers(1, 7)
)
def test_every_window_that_fits_is_there_once(length, context, horizon, stride):
    series = np.arange(length)
    starts = range(0, length - context - horizon + 1, stride)
    if not starts:
        with pytest.raises(InputError, match="too short"):
            sliding(series, context, horizon, stride)
        return
    windows = sliding(series, context, horizon, stride)
    expected = [series[start : start + context + horizon] for start in starts]
    np.testing.assert_array_equal(np.concatenate(windows, axis=1), expected)


@given(cutoff=st.integers(0, 62), context=st.integers(1, 12), horizon=st.integers(1, 5), stride=st.integers(1, 4))
def test_a_split_shows_training_no_value_from_the_cutoff_on_and_test_no_target_before_it(
    cutoff, context, horizon, stride
):
    series = np.arange(60)  # each value is its own time
    try:
        training, test = split(series, cutoff, context, horizon, stride)
    except InputError:
        assert cutoff < context + horizon or cutoff > 60 - horizon
        return
    assert max(training.context.max(), training.target.max()) < cutoff
    assert test.target.min() == cutoff
    assert not set(training.target.ravel()) & set(test.target.ravel())


def test_the_first_test_window_reads_the_values_right_before_the_cutoff():
    _, test = split(np.arange(100), 60, 20)
    np.testing.assert_array_equal(test.context[0], np.arange(40, 60))
    assert test.target[0, 0] == 60 and test.target[-1, 0] == 99


@pytest.mark.parametrize("cutoff", [-1, 0, 19, 101])
def test_a_cutoff_outside_the_series_is_refused(cutoff):
    with pytest.raises(InputError, match=f"cutoff must be from 20 to 100 for this series, got {cutoff}"):
        split(np.arange(100), cutoff, 20)


@pytest.mark.parametrize("cutoff", [20, 100])
def test_a_cutoff_that_leaves_a_side_without_a_window_is_refused(cutoff):
    with pytest.raises(InputError, match="too short: one window needs 20 values of context and 1 of target, 21"):
        split(np.arange(100), cutoff, 20)


@pytest.mark.parametrize("sizes", [(0, 1, 1), (3, 0, 1), (3, 1, 0), (-1, 1, 1)])
def test_lengths_below_one_are_refused(sizes):
    with pytest.raises(InputError, match="context_length, horizon and stride must be >= 1"):
        sliding(np.arange(10), *sizes)


@pytest.mark.parametrize("series", [np.zeros((4, 4)), np.float64(3), ["a", "b"], [True, False], [1j, 2j], None])
def test_what_is_not_a_series_of_numbers_is_refused(series):
    with pytest.raises(InputError, match="one-dimensional array of numbers"):
        sliding(series, 1)


@given(
    center=st.floats(-1e3, 1e3),
    scale=st.floats(1e-3, 1e3),
    values=st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=50),
)
def test_a_scaling_undoes_what_it_applied(center, scale, values):
    scaling = Scaling(center, scale)
    given_values = np.array(values, np.float32)
    back = scaling.restore(scaling.standardise(given_values))
    if scaling.is_identity:
        assert back is given_values
        return
    # The model reads float32, 7 digits of what is left once the center is taken off; both ways are float64.
    assert back.dtype == np.float64
    np.testing.assert_allclose(back, given_values, atol=1e-7 * np.abs(given_values - center).max() + 1e-12)


def test_a_fitted_scaling_brings_a_series_to_mean_0_and_deviation_1():
    series = 5 + 3 * np.random.default_rng(0).standard_normal(10_000)
    scaled = Scaling.fit(series).standardise(series.astype(np.float32))
    assert abs(scaled.mean()) < 1e-5 and abs(scaled.std() - 1) < 1e-5


def test_a_constant_series_is_only_centred():
    assert Scaling.fit([4.0, 4.0, 4.0]) == Scaling(4.0, 1.0)


def test_the_default_scaling_is_the_identity_and_copies_nothing():
    values = np.arange(5, dtype=np.float32)
    assert Scaling().is_identity
    assert Scaling().standardise(values) is values and Scaling().restore(values) is values
    assert not Scaling(0.0, 2.0).is_identity and not Scaling(1.0).is_identity


@pytest.mark.parametrize(
    ("center", "scale"), [(0, 0), (0, -1), (0, math.nan), (0, math.inf), (math.nan, 1), (math.inf, 1)]
)
def test_a_scaling_that_cannot_be_undone_is_refused(center, scale):
    with pytest.raises(InputError, match="a finite center and a scale > 0"):
        Scaling(center, scale)


def test_a_scaling_cannot_be_changed_once_made():
    with pytest.raises(AttributeError):
        Scaling().scale = 2.0  # type: ignore[misc]
