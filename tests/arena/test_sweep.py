"""A sweep: what it tries, what it keeps, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqzoo import _storage
from seqzoo.arena import sweep
from seqzoo.errors import DivergedError, InputError
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.in_process import Here
from support.terminal import Terminal, terminal

__all__ = ["terminal"]


def spec_of(setting: sweep.Setting, seed: int) -> TrainingSpec:
    return TrainingSpec.of(_registry.entry("linear.sine"), seed=seed, changes=setting)


def made_up(trial: sweep.Trial) -> dict[str, object]:
    """A result by the setting; one setting fails."""
    rate = trial.setting["recipe.learning_rate"]
    if rate == 0.5:
        raise DivergedError("training diverged.")
    return {"excess": rate + trial.spec.seed / 1000, "excess_se": 0.0, "skill": 1.0, "mse": 0.01, "parameters": 21,
            "best_step": 20}  # fmt: skip


def test_a_grid_holds_every_combination_and_an_axis_that_cannot_be_is_refused() -> None:
    assert sweep.grid("recipe.learning_rate=1e-3,3e-3 recipe.decay=none,linear") == [
        {"recipe.learning_rate": rate, "recipe.decay": decay} for rate in (1e-3, 3e-3) for decay in ("none", "linear")
    ]
    for wrong in ("", "recipe.steps", "recipe.steps=", "recipe.steps=1 recipe.steps=2"):
        with pytest.raises(InputError, match="axis"):
            sweep.grid(wrong)
    with pytest.raises(InputError, match="learning_rate"):
        sweep.trials(spec_of, sweep.grid("recipe.learning_rate=fast"), 1)
    with pytest.raises(InputError, match="100,000"):
        sweep.trials(spec_of, [{}], 200_000)
    many = ",".join(map(str, range(400)))
    for settings in (lambda: sweep.grid(f"a={many} b={many} c={many}"), lambda: sweep.drawn("a=1,2", 10**12)):
        with pytest.raises(InputError, match="100,000"):
            settings()  # before they take memory


def test_random_settings_lie_in_their_ranges_and_are_the_same_again() -> None:
    axes = "recipe.learning_rate=log:1e-4..1e-1 config.hidden_size=8..64 recipe.decay=none,linear"
    settings = sweep.drawn(axes, 400)
    assert len(sweep.drawn("recipe.decay=none,linear", 9)) == 2  # each once
    assert settings == sweep.drawn(axes, 400) and settings != sweep.drawn(axes, 400, seed=1)
    rates = np.log10([each["recipe.learning_rate"] for each in settings])
    assert -4 <= rates.min() and rates.max() <= -1 and abs(np.median(rates) + 2.5) < 0.3
    sizes = {each["config.hidden_size"] for each in settings}
    assert all(type(size) is int and 8 <= size <= 64 for size in sizes) and len(sizes) > 40
    assert {each["recipe.decay"] for each in settings} == {"none", "linear"}
    for wrong in ("recipe.learning_rate=log:0..1", "recipe.learning_rate=3..1", "recipe.learning_rate=a..b",
                  "recipe.learning_rate=1..Infinity"):  # fmt: skip
        with pytest.raises(InputError, match="LOW"):
            sweep.drawn(wrong, 1)


def test_rungs_train_fewer_settings_for_longer_and_the_last_for_all_updates() -> None:
    assert sweep.halved([{}] * 20, 800) == [(20, 29), (9, 88), (3, 266), (1, 800)]
    assert sweep.halved([{}] * 20, 100) == [(20, 33), (1, 100)]
    assert sweep.halved([{}], 800) == [(1, 800)]


def test_a_sweep_that_was_stopped_trains_the_rest_and_failures_again(tmp_path: Path) -> None:
    settings = sweep.grid("recipe.learning_rate=0.5,0.01,0.02")
    wanted = sweep.trials(spec_of, settings, 2)
    done: list[str] = []

    def note(trial: sweep.Trial, result: object) -> None:
        done.append(trial.key)

    _, complete = sweep.run(wanted, tmp_path, Here(), work=made_up, on_end=note, should_stop=lambda: len(done) == 3)
    assert not complete
    *_, damaged = sorted(tmp_path.glob("part-*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    done.clear()
    rows, complete = sweep.run(wanted, tmp_path, Here(), work=made_up, on_end=note)
    assert complete and sorted(done) == sorted(trial.key for trial in wanted)  # failed, damaged and missing ones
    assert [path.name for path in tmp_path.iterdir() if path.name != _storage.LOCK] == ["rows.parquet"]
    assert [row["key"] for row in rows] == sorted(trial.key for trial in wanted)
    best, second, failed = sweep.standings(settings, wanted, rows)
    assert (best.setting, best.seeds, best.excess.value) == ({"recipe.learning_rate": 0.01}, 2, pytest.approx(0.0105))
    assert second.setting == {"recipe.learning_rate": 0.02}
    assert failed.seeds == 0 and failed.reason == "training diverged."
    done.clear()
    sweep.run(wanted[2:], tmp_path, Here(), work=made_up, on_end=note)
    assert done == []
    again, _ = sweep.run(wanted, tmp_path, Here(), work=made_up, on_end=note)
    assert len(done) == 2 and again == rows  # a failed training has one row, however often it is tried


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        sweep.run(sweep.trials(spec_of, [{}], 1), tmp_path, Here(), work=made_up)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_command_ranks_settings_and_says_where_the_rows_are(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqzoo.execution.tasks.place", Here)
    monkeypatch.setattr(sweep, "measured", made_up)
    axis = "recipe.learning_rate=0.02,0.01,0.5"
    command = ["sweep", "linear.sine", "--grid", axis, "--seeds", 2, "--out", tmp_path]
    shown = terminal(*command)
    assert shown.status == 0 and "6/6" in shown.out and f"Rows: {tmp_path}" in shown.out
    ranked = [line for line in shown.out.splitlines() if " ± " in line or ("failed:" in line and "/" not in line)]
    assert [line.split()[0] for line in ranked] == ["0.01", "0.02", "0.5"] and "training diverged." in ranked[2]
    facts = json.loads(terminal(*command, "--json").out)
    assert facts["finished"] and facts["settings"][0]["setting"] == {"recipe.learning_rate": 0.01}
    assert "learning_rate" in terminal("sweep", "linear.sine", "--grid", "recipe.learning_rate=zz").refusal
    assert "--set" in terminal("sweep", "linear.sine", "--grid", "recipe.steps=100,200", "--halving").refusal
    failed = terminal("sweep", "linear.sine", "--grid", "recipe.learning_rate=0.5", "--halving", "--seeds", 1,
                      "--out", tmp_path / "failed")  # fmt: skip
    assert "training diverged." in failed.out
    halved = terminal("sweep", "linear.sine", "--grid", "recipe.learning_rate=0.01,0.02,0.03,0.04", "--halving",
                      "--seeds", 1, "--set", "recipe.steps=200", "--out", tmp_path / "rungs", "--json")  # fmt: skip
    assert [each["setting"]["recipe.learning_rate"] for each in json.loads(halved.out)["settings"]] == [0.01]
