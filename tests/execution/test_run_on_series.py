"""A run on a measured series: its process chooses the scaling first, and can be stopped while it does."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from seqzoo.data.series import Series
from seqzoo.errors import InputError
from seqzoo.execution.runs import on_series, worker
from seqzoo.execution.runs.manager import PLAN, Runs
from seqzoo.execution.runs.on_series import Order
from seqzoo.execution.runs.plans import Plan
from seqzoo.signals import Observed
from support.in_process import Here


def test_the_scaling_is_chosen_before_the_training_and_a_stop_meanwhile_leaves_no_weights(home):
    season = np.sin(2 * np.pi * np.arange(120) / 12)
    noise = np.random.default_rng(0).standard_normal(120)
    source = Observed.of(Series("trend", 5.0 * np.arange(120) + season + 0.1 * noise), season=12)
    spec = on_series._spec(Order("linear", source, 3, steps=60))
    assert (spec.horizon, spec.recipe.steps, spec.scaling_kind) == (3, 60, "series")
    runs = Runs(home)
    run = runs.add(spec, chooses_scaling=True)
    folder = runs.folder / run

    worker._train(folder, runs.status(run).plan, lambda: True)
    now = runs.status(run)
    assert (now.state, now.began, now.has_weights, now.plan.chooses_scaling) == ("paused", None, False, True)

    worker._train(folder, now.plan, lambda: False)
    now = runs.status(run)  # which reads the plan again
    assert now.state == "finished" and now.evaluations[-1].step == 60
    assert not now.plan.chooses_scaling
    assert now.plan.spec.scaling_kind in ("window", "season")  # the trend leaves the levels of the training part
    assert msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan) == now.plan
    assert "seasonal_naive" in now.began.floors and "linear" in now.began.floors


def test_what_cannot_be_trained_is_refused_before_there_is_a_run(home, monkeypatch):
    source = Observed.of(Series("short", np.arange(20.0) ** 2))
    monkeypatch.setattr(on_series, "Local", lambda processes: Here())
    refused = {"longer series": Order("linear", source, 9), "20 to 20,000": Order("linear", source, 1, 5)}
    for why, order in refused.items():
        with pytest.raises(InputError, match=why):
            Runs(home).start_on_series(order)
    assert Runs(home).all() == []
