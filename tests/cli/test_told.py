"""What commands say of counts and standard errors, and where they refuse to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqzoo import _storage
from seqzoo._formats import counted
from seqzoo.cli.steps import told_errors
from seqzoo.data.reading import read, writing
from seqzoo.data.series import Series
from seqzoo.errors import InputError
from seqzoo.evaluation.backtest import Backtest, bandwidth_of, mean_of, widest_of
from seqzoo.evaluation.holdout import score_on_series
from support.terminal import Terminal


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    assert [counted(count, "gap") for count in (0, 1, 2, 1200)] == ["0 gaps", "1 gap", "2 gaps", "1,200 gaps"]
    assert counted(1, "value follows", "values follow") == "1 value follows"
    rows = ["# a", "date,y", *(f"2024-01-{day:02},{day}" for day in (1, 2, 3, 3, 5, 6))]
    rows += ["2024-01-04,NA", "2024-01-08,8"]
    told = read("\n".join(rows).encode(), named="f").understood
    for words in ("1 comment line skipped", "1 row out of order", "1 exact duplicate dropped", "1 missing value ",
                  "1 time absent in 1 gap, from 2024-01-07"):  # fmt: skip
        assert words in told
    with pytest.raises(InputError, match="has 1 missing value, the first at position 1"):
        Series("x", np.array([1, np.nan, 2.0])).filled("refuse", 3)


def test_a_backtest_and_a_training_have_the_same_standard_errors() -> None:
    values, length, horizon = np.random.default_rng(2).standard_normal(30), 5, 2
    score = score_on_series(lambda context: context[:, -1:, 0].repeat(2, axis=1), values, length, horizon).model
    overlap = bandwidth_of(length, horizon, 1)
    bandwidth = min(overlap, widest_of(score.cutoffs))
    target = np.lib.stride_tricks.sliding_window_view(values[length:], horizon)
    losses = (target - values[length - 1 : -horizon, None]) ** 2
    again = Backtest(len(losses), 1, bandwidth, mean_of(losses, bandwidth))
    assert again == score and score.bandwidth == 11 < overlap == 12 and np.isfinite(score.steps[0].se)
    assert told_errors(again, overlap) == "standard errors over 11 lags, too small: the windows overlap over 12"
    assert told_errors(again) == told_errors(again, 11) == "standard errors over 11 lags"
    assert told_errors(Backtest(1, 1, 0, mean_of(losses[:1], 0)), overlap) == "too few for standard errors"
    assert widest_of(1) == 0


def test_no_command_makes_the_folder_of_a_path_that_was_given(terminal: Terminal, home: Path, tmp_path: Path) -> None:
    absent = tmp_path / "typo"
    for words in (
        ("forecast", "lstm.sine", "--out", absent / "ahead.csv"),
        ("forecast", "lstm.sine", "--plot", absent / "a.svg"),
        ("backtest", "lstm.sine", "--plot", absent / "a.svg"), ("export", "lstm.sine", "--out", absent / "models"),
        ("train", "linear.sine", "--out", absent / "bundle"), ("train", "linear.sine", "--plot", absent / "a.svg"),
        ("doctor", "series:nile", "--html", absent / "report.html"), ("tour", "--plot", absent / "a.svg"),
        ("roll-out", "linear.sine", "--out", absent / "results"),
    ):  # fmt: skip
        refusal = terminal(*words).refusal
        assert f"the folder {absent} does not exist. Make it" in refusal and not absent.exists(), words
    with pytest.raises(InputError, match="does not exist"):
        writing.write({"y": [1.0]}, absent / "y.csv")
    _storage.check_place(tmp_path / "new")
