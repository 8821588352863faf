"""Forecasts with intervals and backtests, as a person asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqzoo.evaluation.scoring import HELD_OUT_SEEDS
from seqzoo.signals import Sine
from support.terminal import Terminal

SERIES = Sine().series(400, seed=5).observed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "series.csv"
    path.write_text("\n".join(f"{value:.6f}" for value in SERIES), "utf-8")
    return path


@pytest.mark.parametrize("model", ["lstm.sine", "best_linear.sine", "bayes.recall"])
def test_an_interval_adds_its_ends_to_the_table_and_the_json(terminal: Terminal, model: str) -> None:
    options = ["forecast", model, "-n", "5", "--interval", "0.9", "--seed", "3"]
    said = terminal(*options)
    assert said.status == 0, said
    assert "lower" in said.out and "upper" in said.out and "2,000" in said.out
    facts = json.loads(terminal(*options, "--json").out)
    assert facts["level"] == 0.9
    below, above = np.subtract(facts["forecast"], facts["lower"]), np.subtract(facts["upper"], facts["forecast"])
    np.testing.assert_allclose(below, above)
    assert (below > 1.5 * 0.1).all()  # 90% of the noise alone lies within 1.64 of its standard deviation


def test_without_one_no_interval_is_shown(terminal: Terminal) -> None:
    assert "lower" not in terminal("forecast", "lstm.sine", "-n", "5").out
    facts = json.loads(terminal("forecast", "lstm.sine", "-n", "5", "--json").out)
    assert facts["level"] is facts["lower"] is facts["upper"] is None


def test_a_higher_level_is_wider(terminal: Terminal) -> None:
    def width(level: str) -> float:
        said = terminal("forecast", "best_linear.sine", "-n", "1", "--interval", level, "--seed", "3", "--json")
        facts = json.loads(said.out)
        return facts["upper"][0] - facts["lower"][0]

    assert width("0.5") < width("0.9") < width("0.999")


def test_intervals_around_numbers_are_calibrated_on_them(terminal: Terminal, file: Path, tmp_path: Path) -> None:
    said = terminal("forecast", "lstm.sine", "--file", file, "-n", "5", "--interval", "0.9")
    assert said.status == 0, said
    assert "376 windows" in said.out
    tenfold = tmp_path / "tenfold.csv"
    tenfold.write_text(" ".join(f"{10 * value:.6f}" for value in SERIES), "utf-8")
    widths = []
    for source in (file, tenfold):
        facts = json.loads(terminal(
            "forecast", "best_linear.sine", "--file", source, "-n", "5", "--interval", "0.9", "--json"
        ).out)  # fmt: skip
        widths.append(np.subtract(facts["upper"], facts["lower"]))
    np.testing.assert_allclose(widths[1], 10 * widths[0], rtol=1e-4)


def test_too_little_history_for_intervals_is_refused(terminal: Terminal, file: Path) -> None:
    refusal = terminal("forecast", "lstm.sine", "--file", file, "-n", "50", "--interval", "0.9").refusal
    assert "470" in refusal and "400" in refusal


@pytest.mark.parametrize("level", ["0", "1", "90", "-0.5", "nan", "0.9999999", "high", "0.9_5"])
def test_levels_that_cannot_be_are_refused(terminal: Terminal, level: str) -> None:
    assert terminal("forecast", "lstm.sine", "-n", "3", f"--interval={level}").refusal


@pytest.mark.parametrize("command", ["forecast", "backtest"])
@pytest.mark.parametrize("horizon", ["0", "100000", "-1"])
def test_horizons_that_cannot_be_are_refused(terminal: Terminal, command: str, horizon: str) -> None:
    said = terminal(command, "lstm.sine", "--horizon", horizon)
    assert all(part in said.refusal for part in ("horizon", "1 to 10,000", horizon))


def test_the_interval_is_a_band_in_the_picture(terminal: Terminal, tmp_path: Path) -> None:
    picture = tmp_path / "forecast.svg"
    assert terminal("forecast", "lstm.sine", "-n", "5", "--interval", "0.8", "--plot", picture).status == 0
    assert "interval of level 0.8" in picture.read_text("utf-8")


@pytest.mark.parametrize("model", ["lstm.sine", "best_linear.sine", "bayes.square"])
def test_a_backtest_stands_beside_the_best_forecasters_of_its_signal(terminal: Terminal, model: str) -> None:
    said = terminal("backtest", model, "-n", "4", "--points", "300", "--seed", "7")
    assert said.status == 0, said
    for part in (model, "bayes", "best linear", "best linear recursion", "277 cutoffs", f"seed {HELD_OUT_SEEDS + 7}"):
        assert part in said.out
    facts = json.loads(terminal("backtest", model, "-n", "4", "--points", "300", "--seed", "7", "--json").out)
    assert (facts["cutoffs"], facts["stride"], facts["seed"]) == (277, 1, HELD_OUT_SEEDS + 7)
    assert [row["step"] for row in facts["steps"]] == [1, 2, 3, 4]
    for row in facts["steps"]:
        assert 0 < row["bayes"] < row["best_linear"] <= row["best_linear_recursion"] * (1 + 1e-9)
        assert row["se"] < row["mse"]


def test_the_seed_that_a_backtest_prints_repeats_it(terminal: Terminal) -> None:
    first = json.loads(terminal("backtest", "line.sine", "-n", "2", "--points", "200", "--json").out)
    again = json.loads(terminal(
        "backtest", "line.sine", "-n", "2", "--points", "200", "--seed", first["seed"], "--json"
    ).out)  # fmt: skip
    assert again == first


def test_a_backtest_on_a_file_stands_beside_the_last_value(terminal: Terminal, file: Path) -> None:
    said = terminal("backtest", "best_linear.sine", "--file", file, "-n", "3", "--stride", "2")
    assert said.status == 0, said
    assert "last value" in said.out and "bayes" not in said.out and str(file) in said.out
    facts = json.loads(terminal("backtest", "best_linear.sine", "--file", file, "-n", "3", "--json").out)
    expected = [np.mean((SERIES[19 + step : len(SERIES) - 3 + step] - SERIES[19:-3]) ** 2) for step in (1, 2, 3)]
    np.testing.assert_allclose([row["last_value"] for row in facts["steps"]], expected, rtol=1e-4)
    assert all(row["mse"] < row["last_value"] for row in facts["steps"])


def test_a_signal_of_many_realisations_is_backtested_over_all_of_them(terminal: Terminal) -> None:
    said = terminal("backtest", "best_linear.sine_any", "-n", "2", "--points", "600", "--json")
    assert json.loads(said.out)["cutoffs"] == 3 * (200 - 20 - 2 + 1)


def test_windows_that_are_each_a_whole_cannot_be_rolled_over_but_a_file_can(terminal: Terminal, file: Path) -> None:
    assert "--file" in terminal("backtest", "bayes.recall").refusal
    assert terminal("backtest", "bayes.recall", "--file", file, "-n", "2").status == 0


def test_a_backtest_of_few_cutoffs_says_that_it_has_no_standard_errors(terminal: Terminal) -> None:
    said = terminal("backtest", "line.sine", "-n", "20", "--points", "60")
    assert said.status == 0 and "±" not in said.out
    facts = json.loads(terminal("backtest", "line.sine", "-n", "20", "--points", "60", "--json").out)
    assert facts["steps"][0]["se"] is None


def test_a_backtest_is_drawn_with_its_floors(terminal: Terminal, tmp_path: Path) -> None:
    picture = tmp_path / "error.svg"
    assert terminal("backtest", "line.sine", "-n", "4", "--points", "300", "--plot", picture).status == 0
    drawn = picture.read_text("utf-8")
    for label in ("line.sine", "bayes", "best linear recursion", "steps ahead", "mean squared error"):
        assert label in drawn


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--points", "10"], "got 10"),
        (["--points", "-1"], "got -1"),
        (["--stride", "0"], "stride"),
        (["--plot", "error.gif"], ".gif"),
        (["--file", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_backtests_that_cannot_be_are_refused(terminal: Terminal, options: list[str], reason: str) -> None:
    assert reason in terminal("backtest", "line.sine", *options).refusal


def test_a_file_too_short_to_backtest_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    for text, length in (("1 2 3", 3), ("", 0)):
        (tmp_path / "short.csv").write_text(text, "utf-8")
        refusal = terminal("backtest", "lstm.sine", "--file", tmp_path / "short.csv").refusal
        assert f"{length} values" in refusal


def test_bayes_is_the_best_possible_of_a_draw_of_the_signal_and_of_nothing_else(
    terminal: Terminal, file: Path, tmp_path: Path
) -> None:
    numbers = [str(value) for value in SERIES[:20].round(3)]
    picture = tmp_path / "picture.svg"
    assumptions = (("lstm.sine", "sine"), ("bayes.sine_any", "sine of any frequency"), ("line.square", "square wave"))
    for name, assumed in assumptions:
        own = f"the best for the {assumed} it assumes"
        for given, best in (([], "the best possible"), (["--file", file], own), (numbers * 2, own)):
            asked = ["forecast", name, *given, "-n", "3"]
            said = terminal(*asked, "--plot", picture)
            assert said.status == 0, said
            assert f"Bayes, {best}<" in picture.read_text("utf-8")
            assert json.loads(terminal(*asked, "--json").out)["bayes_is"] == best
            assert (f"bayes: {best}; the law of these numbers is not known." in said.out) == bool(given)
