"""A window as the address holds it."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
import pytest

from seqzoo.app.model import own_window

SCALES = [1e-6, 0.003, 0.5, 1.0, 7.3, 4_000.0, 1e9, 1e30]


@pytest.mark.parametrize("scale", SCALES)
def test_what_is_written_is_read_as_it_was_shown(scale):
    values = scale * np.random.default_rng(1).normal(size=20)
    shown = own_window.rounded(values)
    text = own_window.written(shown)
    assert quote(text) == text and len(text) < 20 * 14
    assert np.array_equal(own_window.read(text, 20), shown)
    assert np.abs(shown - values).max() <= 1e-4 * np.abs(values).max()


def test_numbers_as_a_page_writes_them_can_be_pasted():
    given = own_window.pasted("−0.5 1 −2e−3", "the text", 3)
    assert given is not None and given.window.tolist() == [-0.5, 1, -0.002]


def test_numbers_near_one_are_short():
    assert own_window.written([0.5, -0.25, 1.23456789, 0.0]) == "0.5_-0.25_1.2346_0"
    assert own_window.written(np.zeros(3)) == "0_0_0"


@pytest.mark.parametrize("text", ["", "1_2", "1_2_3_4", "1_2_x", "1_2_nan", "1_2_inf", "1_2_1e39", "1_2_" + "0" * 99,
                                  "1_2_\u0663", "1_2_\uff13", "1_2_ 3", "1_2_0x3"])  # fmt: skip
def test_what_is_no_window_is_none(text):
    assert own_window.read(text, 3) is None


def test_a_window_far_from_zero_keeps_the_digits_that_differ():
    window = 1.7e9 + np.array([0.25, 3.5, 9.125])
    assert own_window.rounded(window).tolist() == window.tolist()
    assert own_window.read(own_window.written(window), 3).tolist() == window.tolist()


def test_the_times_of_a_pasted_table_stand_in_the_address_and_what_is_no_time_is_none():
    rows = "\n".join(f"2024-01-01T{hour:02}:00+01:00,{hour}" for hour in range(10))
    given = own_window.pasted(f"time,value\n{rows}", "the text", 4)
    assert given is not None and given.window.tolist() == [6, 7, 8, 9]
    assert given.times is not None and given.times.stamp(0) == "2024-01-01T06:00+01:00"
    text = own_window.written_times(given.times)
    assert text == "2024-01-01T05:00~h~+01:00" and own_window.read_times(text) == given.times
    for bad in ("", "2024-01-01", "x~h", "NaT~h", "2024-01-01~fortnight", "2024-01-01~h~Nowhere", "9999-01-01~h"):
        assert own_window.read_times(bad) is None
