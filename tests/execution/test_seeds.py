"""One training with several seeds: a row for each, one bundle kept, and nothing trained twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqzoo.bundles.store import open_bundle
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
    brief = ["--set", "recipe.steps=20", "--set", "recipe.evaluate_every=10", "--keep-worse"]
    command = ["train", "linear.sine", *brief, "--seed", 3, "--seeds"]
    facts = json.loads(terminal(*command, 2, "--on", "ray:X", "--json").out)
    assert begun == [3, 4] and [row["seed"] for row in facts["seeds"]] == [3, 4]
    told = terminal(*command, 3)
    assert told.status == 0 and begun == [3, 4, 5] and "2 of 3 trainings are kept already" in told.out
    facts = json.loads(terminal(*command, 3, "--json").out)
    assert begun == [3, 4, 5]
    rows = {row["seed"]: row for row in facts["seeds"]}
    best = min(rows.values(), key=lambda row: row["validation"])
    kept = open_bundle(home / "models" / "linear.sine-own")
    assert facts["kept"] == best["seed"] == kept.manifest.training.seed and f"Kept: seed {best['seed']}" in told.out
    assert kept.manifest.score.mse[0] == best["mse"]
    mses = [row["mse"] for row in rows.values()]
    assert facts["mean"]["mse"]["value"] == pytest.approx(np.mean(mses))
    assert facts["mean"]["mse"]["se"] == pytest.approx(np.std(mses, ddof=1) / 3**0.5)
    assert "give it with --seeds" in terminal("train", "linear.sine", "--on", "local").refusal
    assert seeds.best_of([{"seed": 1, "error": "", "validation": 2.0}])["seed"] == 1
