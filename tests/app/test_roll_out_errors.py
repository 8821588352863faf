"""The errors of the view *Roll out*: no line lies below Bayes, and a band that tells little says so."""

from __future__ import annotations

import os
import sys
import threading

import numpy as np
import pytest

from seqzoo import signals
from seqzoo.app.model.roll_out import errors
from seqzoo.forecasters.exact import best_linear, linear_mse
from seqzoo.forecasters.floors import floors
from seqzoo.pages.roll_out import StepErrors, told_of_width, usual_width
from seqzoo.runtime.repository import Repository

WINDOWS = 200


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Windows enough for the sentences here."""
    monkeypatch.setattr(errors, "MOST_ROWS", WINDOWS * errors.REACHES[0])


@pytest.mark.parametrize("name", ["lstm.sine", "bayes.sine"])
def test_no_line_lies_below_the_best_possible_at_any_step(name):
    """By luck of their noise, the mean squared errors of lstm.sine lay below Bayes at steps 4 and 5 of 20."""
    measured = errors.measured(name, Repository(engine="onnx").get(name), 20)
    lines = [measured.model, measured.linear, measured.rolled_linear]
    for line in lines if measured.partner is None else [*lines, measured.partner]:
        assert (line.mse >= measured.bayes.mse[: len(line.mse)]).all()
    assert (measured.bayes.mse >= signals.make(name.partition(".")[2].partition("-")[0]).sigma ** 2).all()


def test_the_errors_are_the_expected_ones_within_their_standard_errors():
    signal = signals.make("sine")
    measured = errors.measured("lstm.sine", Repository(engine="onnx").get("lstm.sine"), 20)
    assert measured.windows == WINDOWS and len(measured.radius) == 50
    exact = {
        "bayes": [step.bayes.value for step in floors(signal, 20, 50)],
        "linear": linear_mse(signal, *best_linear(signal, 20, 50)),
    }
    for which, expected in exact.items():
        line = getattr(measured, which)
        assert np.abs((line.mse - expected) / line.se).max() < 4, which
        ((overall,), (se,)) = (line.facts([50])[name] for name in ("overall", "overall_se"))
        assert abs(overall - np.mean(expected)) < 4 * se
    assert measured.model.facts([20])["overall"] == [pytest.approx(measured.model.mse[:20].mean(), rel=1e-3)]


def test_the_standard_error_of_a_mean_over_steps_counts_that_windows_share_them():
    each = np.repeat(np.random.default_rng(3).exponential(size=(400, 1)), 5, axis=1)
    line = StepErrors.over(each)
    assert line.overall_se[-1] == pytest.approx(each[:, 0].std(ddof=1) / 20) == pytest.approx(line.se[0])


def test_a_band_wider_than_the_wave_is_told_and_a_narrower_one_is_not():
    values = np.sin(np.arange(10_000) / 7)
    usual = usual_width(np.where(values > 2, np.nan, values))
    assert usual == pytest.approx(2 * np.sin(0.45 * np.pi), abs=0.01)
    told = told_of_width(np.array([0.2, 1.9, 1.2]), usual, "of the signal's values")
    assert "At step 2 the 90% band is 3.8 wide" in told and "a range of 1.98 holds 90% of the signal's values" in told
    assert told_of_width(np.array([0.2, 0.98]), usual, "") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of a thread")
def test_what_is_measured_gives_way_to_the_threads_that_answer_a_page() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    assert errors._aside(niceness) == min(19, before + errors.NICENESS) and niceness() == before
