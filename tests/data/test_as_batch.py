"""The gate that every input passes: what is accepted, and what each refusal says."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqzoo import load
from seqzoo.data.windows import MAX_BATCH, as_batch
from seqzoo.errors import InputError

L = 20


@pytest.mark.parametrize(
    ("shape", "batch"), [((L,), 1), ((L, 1), 1), ((1, L, 1), 1), ((2, L, 1), 2), ((300, L, 1), 300)]
)
def test_each_accepted_shape_becomes_a_contiguous_batch_of_the_precision_given(shape, batch):
    for kind, kept in ((np.float32, np.float32), (np.float64, np.float64), (np.int32, np.float64)):
        values = np.arange(np.prod(shape), dtype=kind).reshape(shape)
        made = as_batch(values, L)
        assert made.shape == (batch, L, 1) and made.dtype == kept and made.flags.c_contiguous
        np.testing.assert_array_equal(made.ravel(), values.ravel())


def test_lists_and_arrays_of_any_real_type_are_numbers():
    for values in (list(range(L)), tuple(range(L)), np.arange(L, dtype=np.int8), np.arange(L, dtype=np.float16)):
        np.testing.assert_array_equal(as_batch(values, L).ravel(), np.arange(L))


def test_a_strided_or_reversed_view_keeps_its_order():
    values = np.arange(3 * L, dtype=np.float32).reshape(3, L, 1)[::-1, ::-1]
    made = as_batch(values, L)
    assert made.flags.c_contiguous
    np.testing.assert_array_equal(made, values)


def test_a_batch_that_is_already_right_is_not_copied():
    for kind in (np.float32, np.float64):
        values = np.zeros((4, L, 1), kind)
        assert np.shares_memory(as_batch(values, L), values)


def test_what_was_given_is_left_as_it_was():
    values = np.linspace(0, 1, L)
    before = values.copy()
    for name in ("lstm.sine", "linear.sine", "bayes.sine"):
        load(name).forecast(values, 3)
    np.testing.assert_array_equal(values, before)


ACCEPTED = "[20], [20, 1] or [B, 20, 1]"


@pytest.mark.parametrize("length", [0, 1, 19, 21, 40])
def test_a_window_of_another_length_is_refused_with_both_lengths(length):
    for values in (np.zeros(length), np.zeros((length, 1))):
        with pytest.raises(InputError, match=re.escape(f"expected 20 values, got {length}. Shapes accepted: ")):
            as_batch(values, L)


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_a_batch_without_its_channel_axis_is_refused_with_the_way_to_add_it(rows):
    with pytest.raises(InputError, match=re.escape(f"got shape [{rows}, 20]: add the channel axis, windows[:, :,")):
        as_batch(np.zeros((rows, L)), L)


@pytest.mark.parametrize(
    "shape", [(), (2, 19), (2, 19, 1), (2, 20, 2), (2, 1, 20), (1, 2, 20, 1), (0, 19, 1), (2, 20, 0), (1, 20)]
)
def test_every_other_shape_is_refused_with_the_shapes_that_are_accepted(shape):
    with pytest.raises(InputError, match=re.escape(ACCEPTED)) as refused:
        as_batch(np.zeros(shape), L)
    assert not shape or str(list(shape)) in str(refused.value)


def test_a_batch_of_no_windows_is_refused():
    with pytest.raises(InputError, match=f"a batch must hold 1 to {MAX_BATCH:,} windows, got 0"):
        as_batch(np.zeros((0, L, 1)), L)


def test_more_windows_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr("seqzoo.data.windows.MAX_BATCH", 3)
    assert as_batch(np.zeros((3, L, 1)), L).shape == (3, L, 1)
    with pytest.raises(InputError, match="1 to 3 windows, got 4"):
        as_batch(np.zeros((4, L, 1)), L)


@pytest.mark.parametrize(
    "values", [None, "0 1 2", ["a"] * L, [1, [2, 3]], object(), {"a": 1}, [[0.0] * L, [0.0] * (L - 1)]]
)
def test_what_is_not_an_array_of_numbers_is_refused(values):
    with pytest.raises(InputError):
        as_batch(values, L)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e39, -1e39, 3.5e38])
def test_a_value_that_float32_cannot_hold_is_refused_at_any_step(bad):
    for step in range(L):
        values = np.zeros(L)
        values[step] = bad
        with pytest.raises(InputError, match=re.escape(f"value {step + 1} of window 1 is {bad!s}.")):
            as_batch(values, L)


@given(
    rows=st.integers(1, 300),
    place=st.integers(0, 10**6),
    bad=st.sampled_from([math.nan, math.inf, -math.inf, 1e39]),
)
def test_one_bad_value_anywhere_in_a_batch_is_found_and_named(rows, place, bad):
    values = np.ones((rows, L, 1))
    row, step = divmod(place % (rows * L), L)
    values[row, step] = bad
    with pytest.raises(InputError, match=re.escape(f"value {step + 1} of window {row + 1} is {bad!s}.")):
        as_batch(values, L)


def test_infinities_that_cancel_are_refused():
    values = np.zeros((2, L, 1))
    values[0, 3], values[1, 4] = math.inf, -math.inf
    with pytest.raises(InputError, match="value 4 of window 1 is inf"):
        as_batch(values, L)


def test_finite_values_whose_sum_overflows_are_accepted():
    values = np.full((1, L, 1), 3e38, np.float32)
    np.testing.assert_array_equal(as_batch(values, L), values)


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)))
def test_any_array_is_either_a_finite_batch_or_an_input_error(values):
    try:
        batch = as_batch(values, 3)
    except InputError:
        return
    assert batch.ndim == 3 and batch.shape[0] >= 1 and batch.shape[1:] == (3, 1)
    assert np.isfinite(batch).all()
