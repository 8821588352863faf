"""Backtests on a series: measures equal to utilsforecast's, fitting again, results that outlive an interruption."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from utilsforecast import losses

from seqzoo import cli
from seqzoo.bundles.store import open_bundle
from seqzoo.cli import backtest_of_series
from seqzoo.data import collection
from seqzoo.evaluation.results import Parts
from support.terminal import Terminal

SMALL = [
    "--set", "recipe.steps=20", "--set", "recipe.evaluate_every=10", "--set", "config.hidden_size=8",
    "--set", "recipe.optimiser=adam",
]  # fmt: skip
LAST = 116  # the cutoff of a training on the airline series, 144 months


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds mlp.airline, which forecasts six months."""
    home = tmp_path_factory.mktemp("trained") / "home"
    command = ["train", "mlp", "--series", "series:airline", "--horizon", "6", "--context-length", "12"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home))
        patch.setattr(sys, "argv", ["seqzoo", *command, "--scaling", "series", "--keep-worse", *SMALL])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code
    return home


@pytest.fixture(autouse=True)
def airline(trained: Path, home: Path) -> None:
    shutil.copytree(trained, home)


def test_measures_equal_those_of_utilsforecast_on_the_results_file_and_the_score_of_the_training(
    terminal: Terminal, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.parquet"
    said = terminal("backtest", "mlp.airline", "--series", "series:airline", "--out", out, "--json")
    assert said.status == 0, said
    facts = json.loads(said.out)
    assert (facts["first"], facts["cutoffs"], facts["season"], facts["seen_in_training"]) == (LAST, 23, 12, 0)
    rows = pl.read_parquet(out)
    assert rows.columns == ["unique_id", "cutoff", "ds", "step", "forecaster", "forecast", "y"]
    names = list(facts["measures"])
    assert names[0] == "mlp.airline" and {"seasonal_naive", "linear", "last_value"} < set(names)
    assert len(rows) == len(names) * 23 * 6 and not out.with_name("results.parquet.parts").exists()
    first = rows.row(0, named=True)
    assert (f"{first['cutoff']:%Y-%m}", f"{first['ds']:%Y-%m}", first["step"]) == ("1958-08", "1958-09", 1)
    values = collection.load("series:airline").values
    assert first["y"] == values[LAST]
    past = pl.DataFrame({"unique_id": "airline", "ds": np.arange(LAST), "y": values[:LAST]})
    wide = rows.pivot("forecaster", index=["unique_id", "cutoff", "ds", "step", "y"], values="forecast")
    for step in (None, 1, 6):
        frame = (wide if step is None else wide.filter(step=step)).drop("cutoff").to_pandas()
        for key, measure, more in (
            ("mae", losses.mae, ()), ("rmse", losses.rmse, ()), ("smape", losses.smape, ()),
            ("mase", losses.mase, (12, past.to_pandas())), ("rmsse", losses.rmsse, (12, past.to_pandas())),
        ):  # fmt: skip
            theirs = measure(frame, names, *more)
            for name in names:
                ours = facts["measures"][name][key]
                ours = ours["value"] if step is None else ours["steps"][step - 1]
                assert ours == pytest.approx(theirs[name].item(), rel=1e-12), (step, key, name)
    score = open_bundle(home / "models" / "mlp.airline").manifest.score
    for name, stated in {"mlp.airline": score.mse[0], **score.rivals}.items():
        assert facts["measures"][name]["rmse"]["value"] ** 2 == pytest.approx(stated, rel=1e-4), name
    errors = wide.with_columns(error=(pl.col("mlp.airline") - pl.col("y")).abs())
    errors = errors.group_by("cutoff").agg(pl.mean("error"))
    place = sorted(errors["cutoff"].to_list()).index(errors.sort("error")["cutoff"].last())
    assert facts["worst"] == f"/models/mlp.airline?view=mistakes&window={place}"
    told = terminal("backtest", "mlp.airline", "--series", "series:airline", "--start", "1957-01", "--measure", "mae")
    assert facts["worst"] in told.out
    assert "MAE by step" in told.out and "(1957-01-01)" in told.out
    assert "20 cutoffs lie before the end of the model's training part" in told.err


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_file(
    terminal: Terminal, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_of_series, "MOST_AT_ONCE", 5)
    words = ["backtest", "mlp.airline", "--series", "series:airline", "--out"]
    whole, out = tmp_path / "whole.parquet", tmp_path / "cut.parquet"
    assert terminal(*words, whole).status == 0
    killing = f"""
import os, signal, sys
from seqzoo.cli import backtest_of_series, main
from seqzoo.evaluation.results import Parts
backtest_of_series.MOST_AT_ONCE = 5
write = Parts.write
def killed(self, block, arrays):
    write(self, block, arrays)
    if block.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
Parts.write = killed
sys.argv = ["seqzoo", *{words!r}, {str(out)!r}]
main()
"""
    environment = {**os.environ, "SEQZOO_HOME": str(home)}
    dead = subprocess.run([sys.executable, "-c", killing], env=environment, capture_output=True, timeout=300)
    parts = out.with_name("cut.parquet.parts")
    assert dead.returncode == -signal.SIGKILL and not out.exists()
    assert {"000000.safetensors", "000001.safetensors"} < {path.name for path in parts.iterdir()}
    (parts / "000001.safetensors").write_bytes(b"half")  # as if the disk had lost it: computed again
    written = []
    monkeypatch.setattr(Parts, "write", lambda self, block, arrays: written.append(block.number))
    refusal = terminal(*words, out, "--stride", 2).refusal
    assert "another backtest (not the same: cutoffs)" in refusal and "--fresh" in refusal
    gone_on = terminal(*words, out)
    assert gone_on.status == 0 and "5 of 23 cutoffs are finished already" in gone_on.out and written == [1, 2, 3, 4]
    assert out.read_bytes() == whole.read_bytes() and not parts.exists()
    (tmp_path / "other.parquet.parts").mkdir()
    (tmp_path / "other.parquet.parts" / "mine.txt").write_text("mine", "utf-8")
    for option in ((), ("--fresh",)):  # what is not ours is left alone
        assert "not the folder of a backtest" in terminal(*words, tmp_path / "other.parquet", *option).refusal
    assert (tmp_path / "other.parquet.parts" / "mine.txt").exists()


def test_fitting_again_reads_only_the_past_and_goes_on_where_it_was_stopped(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seqzoo.training import refitting

    pasts, real = [], refitting.refitted

    def watched(spec, past, horizon, **more):
        pasts.append(len(past))
        return real(spec, past, horizon, **more)

    monkeypatch.setattr(refitting, "refitted", watched)
    out = tmp_path / "again.parquet"
    words = ["backtest", "mlp.airline", "--series", "series:airline", "-n", 3, "--last", 4, "--stride", 2,
             "--refit", 2, "--json", "--out"]  # fmt: skip
    facts = json.loads(terminal(*words, tmp_path / "whole.parquet").out)
    assert pasts == [135, 139] and facts["cutoffs"] == 4 and facts["refit"] == 2
    write = Parts.write

    def interrupted(self, block, arrays):
        write(self, block, arrays)
        signal.raise_signal(signal.SIGINT)

    pasts.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Parts, "write", interrupted)
        stopped = terminal(*words, out)
    assert stopped.status == 130 and "the same command goes on" in stopped.err and pasts == [135]
    again = json.loads(terminal(*words, out).out)
    assert pasts == [135, 139] and again["measures"] == facts["measures"]
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    # A series that goes on otherwise after the first block's targets gives the same forecasts before.
    values = collection.load("series:airline").values.copy()
    (tmp_path / "airline.csv").write_text("\n".join(map(str, [*values[:139], *(9 * values[139:])])), "utf-8")
    words[2:4] = ["--series", tmp_path / "airline.csv"]
    assert terminal(*words, tmp_path / "other.parquet", "--season", 12).status == 0
    ours, theirs = (
        pl.read_parquet(tmp_path / f"{name}.parquet")["forecast"].to_numpy().reshape(-1, 4, 3)
        for name in ("again", "other")
    )
    np.testing.assert_array_equal(ours[:, :2], theirs[:, :2])
    assert not np.array_equal(ours[0, 3], theirs[0, 3])


def test_a_model_that_is_fitted_again_has_the_scaling_of_its_past_and_equal_weights_each_time() -> None:
    from seqzoo.bundles import shelf
    from seqzoo.training.refitting import refitted
    from seqzoo.training.spec import TrainingSpec

    spec = TrainingSpec.of_manifest(open_bundle(shelf.find("mlp.airline")).manifest)
    past = np.array(collection.load("series:airline").values[:100])
    window = past[-12:][None, :, None]
    for kind in ("series", "season"):
        own = msgspec.structs.replace(spec, scaling_kind=kind)
        once = refitted(own, past, 8)(window)
        np.testing.assert_array_equal(once, refitted(own, past, 8)(window))
        assert once.shape == (1, 8)
        moved = refitted(own, 1e6 + 50 * past, 8)(1e6 + 50 * window)
        np.testing.assert_allclose(moved, 1e6 + 50 * once, rtol=1e-7, err_msg=kind)


def test_what_cannot_be_backtested_is_refused_in_one_line(terminal: Terminal, tmp_path: Path) -> None:
    model, given, gaps = "mlp.airline", ["--series", "series:airline"], tmp_path / "gaps.csv"
    rows = [f"{1990 + month // 12}-{month % 12 + 1:02}-01,{'' if month == 40 else month}" for month in range(90)]
    gaps.write_text("\n".join(["month,value", *rows]), "utf-8")
    for words, reasons in (
        (["lstm.sine", "--refit", 2], ("--refit", "--series")),
        (["lstm.sine", "--out", "x.parquet"], ("--out", "--series")),
        (["lstm.sine", *given, "--refit", 1], ("simulated", "seqzoo train lstm --series")),
        (["bayes.sine", *given, "--refit", 1], ("computed, not trained",)),
        ([model, "--series", gaps, "--refit", 1], ("--refit needs every value", "--gaps")),
        ([model, *given, "--start", 90, "--last", 2], ("--start and --last",)),
        ([model, *given, "--start", 140], ("144 values", "146")),
        ([model, *given, "--start", 3], ("at least context_length", "3")),
        ([model, *given, "--start", "soon"], ("'soon'", "1949-01-01", "1960-12-01")),
        ([model, *given, "--last", 200], ("--last", "144")),
        ([model, *given, "--season", 140], ("season of 140",)),
        ([model, *given, "--measure", "mape"], ("--measure", "rmsse")),
        ([model, *given, "--out", tmp_path / "x.txt"], (".parquet", "x.txt")),
        ([model, *given, "--out", tmp_path], (str(tmp_path),)),
    ):
        refusal = terminal("backtest", *words).refusal
        assert all(reason in refusal for reason in reasons), refusal
