"""One training with several seeds: a row for each, one bundle kept, and nothing trained twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqzoo.bundles.store import open_bundle
from seqzoo.cli.training_of_seeds import show_seeds
from seqzoo.errors import DivergedError
from seqzoo.execution import seeds, tasks
from support.in_process import Here
from support.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_the_seed_of_the_lowest_validation_error_is_kept_and_no_seed_is_trained_twice(
    terminal: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    class Counts(Here):
        def run(self, work: Callable[[Any], Any], tasks: Iterable[Any], **how: Any) -> Iterator[tuple[Any, Any]]:
            for task, outcome in super().run(work, tasks, **how):
                begun.append(task.spec.seed)
                yield task, outcome

    monkeypatch.setattr(tasks, "place", Counts)
    brief = ["--set", "recipe.steps=20", "--set", "recipe.evaluate_every=10", "--set", "recipe.optimiser=adam"]
    chosen = ["--context-length", 12, "--scaling", "series", "--keep-worse", "--seed", 3, "--seeds", 2]
    command = ["train", "mlp", "--series", "series:nile", *brief, *chosen]
    facts = json.loads(terminal(*command, "--on", "ray:X", "--json").out)
    assert begun == [3, 4] and [row["seed"] for row in facts["seeds"]] == [3, 4]
    told = terminal(*command)
    assert told.status == 0 and begun == [3, 4] and "2 of 2 trainings are kept already" in told.out
    rows = {row["seed"]: row for row in facts["seeds"]}
    best = min(rows.values(), key=lambda row: row["validation"])
    kept = open_bundle(home / "models" / "mlp.nile")
    assert facts["kept"] == best["seed"] == kept.manifest.training.seed and f"Kept: seed {best['seed']}" in told.out
    assert kept.manifest.score.mse[0] == best["mse"]
    mses = [row["mse"] for row in rows.values()]
    assert facts["mean"]["mse"]["value"] == pytest.approx(np.mean(mses))
    assert facts["mean"]["mse"]["se"] == pytest.approx(np.std(mses, ddof=1) / 2**0.5)
    assert "give it with --seeds" in terminal("train", "linear.sine", "--on", "local").refusal


def test_seeds_of_a_measured_series_have_no_excess_and_one_may_fail(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"seed": seed, "error": "", "validation": 2.0 - seed, "mse": 3.0 + seed, "excess": None} for seed in range(2)
    ]
    rows.append({"seed": 2, "error": "training diverged"})
    best = seeds.best_of(rows)
    assert best["seed"] == 1 and not seeds.is_known(rows, "excess")
    show_seeds(rows, best, {"mse": seeds.estimate(rows, "mse")})
    told = capsys.readouterr().out
    assert "training diverged" in told and "3.500000 ± 0.5" in told and "excess" not in told
    rows = [{**row, "excess": 0.125 * row["seed"]} for row in rows]
    show_seeds(rows, best, {name: seeds.estimate(rows, name) for name in ("mse", "excess")})
    assert "12.50%" in capsys.readouterr().out
    show_seeds(rows[1:], best, {name: seeds.estimate(rows[1:], name) for name in ("mse", "excess")})
    assert "12.50%" in (told := capsys.readouterr().out) and "±" not in told
    with pytest.raises(DivergedError, match="training diverged"):
        seeds.best_of(rows[2:])
