"""The training loop: same seed same weights, what stops it, what it sees, what it refuses."""

from __future__ import annotations

import hashlib
import math
from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import save as to_safetensors
from torch import nn

from seqzoo.data.windows import sliding
from seqzoo.errors import DivergedError, InputError
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS
from seqzoo.publishing import build
from seqzoo.training import checkpoints, validation
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry


def digest(trained) -> str:
    return hashlib.sha256(to_safetensors(build.weights_of(trained.module))).hexdigest()


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_the_same_seed_ends_in_the_same_weights(small_run, optimiser):
    run = small_run(recipe__optimiser=optimiser)
    assert digest(train(run)) == digest(train(run))


def test_another_seed_ends_in_other_weights(small_run):
    assert digest(train(small_run(seed=0))) != digest(train(small_run(seed=1)))


def test_the_weights_do_not_depend_on_what_was_drawn_before_or_on_torch_threads(small_run):
    first = digest(train(small_run()))
    torch.manual_seed(99)
    torch.rand(7)
    assert digest(train(small_run())) == first


def test_training_leaves_torch_as_it_found_it(small_run):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    before = torch.get_num_threads()
    train(small_run())
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == before


def test_saving_checkpoints_does_not_change_the_weights(small_run, tmp_path):
    assert digest(train(small_run(), tmp_path / "run.safetensors")) == digest(train(small_run()))


def test_training_brings_the_model_closer_to_the_best_forecaster(small_run):
    trained = train(small_run(recipe__steps=300, recipe__learning_rate=0.03, recipe__evaluate_every=50))
    assert trained.finished and trained.step == 300
    assert trained.best.excess < trained.history[0].excess / 10
    assert trained.best.excess == min(point.excess for point in trained.history)
    assert trained.best_step == min(trained.history, key=lambda point: point.excess).step


def test_the_module_given_back_has_the_excess_that_is_stated(small_run):
    run = small_run(recipe__steps=60)
    trained = train(run)
    draw = run.source.process.draw(validation.WINDOWS, 20, 1, np.random.default_rng(HELD_OUT_SEEDS))
    bayes, variance = run.source.process.posterior(draw.context, 1)
    forecast = build.eager(trained.module, draw.context.astype(np.float32)[:, :, None]).numpy()
    excess = ((forecast - bayes) ** 2).mean() / (run.source.process.sigma**2 + variance.mean())
    assert excess == pytest.approx(trained.best.excess, rel=1e-4)
    assert not trained.module.training


def test_evaluations_come_at_every_interval_and_at_the_last_step(small_run):
    seen = []
    trained = train(small_run(recipe__steps=13), on_progress=seen.append)
    assert [progress.step for progress in seen] == list(range(1, 14))
    evaluated = [2, 4, 6, 8, 10, 12, 13]
    assert [progress.step for progress in seen if progress.evaluation] == evaluated
    assert [(point.step, point.windows) for point in trained.history] == [(step, 16 * step) for step in evaluated]
    for before, after, point in zip([0, *evaluated], evaluated, trained.history, strict=False):
        assert point.loss == pytest.approx(np.mean([progress.loss for progress in seen[before:after]]))


def test_should_stop_stops_before_the_next_update(small_run):
    steps = []
    trained = train(
        small_run(), on_progress=lambda progress: steps.append(progress.step), should_stop=lambda: len(steps) == 7
    )
    assert steps == list(range(1, 8))
    assert (trained.finished, trained.step, trained.history[-1].step) == (False, 7, 6)


def test_a_run_stopped_at_once_has_no_history_and_cannot_be_exported(small_run, tmp_path):
    trained = train(small_run(), should_stop=lambda: True)
    assert trained.history == [] and trained.step == 0 and not trained.finished
    with pytest.raises(InputError, match="evaluated"):
        build.export(trained, _registry.entry("lstm.sine").card, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("optimiser", ["soap", "adam"])
def test_a_loss_that_is_not_finite_ends_training_and_keeps_the_last_good_checkpoint(
    small_run, tmp_path, optimiser
):
    path = tmp_path / "run.safetensors"
    run = small_run(
        recipe__optimiser=optimiser, recipe__learning_rate=1e20, recipe__warmup=1.0, recipe__evaluate_every=1
    )
    with pytest.raises(DivergedError, match=r"1e\+20") as diverged:
        train(run, path)
    state, groups = checkpoints.load(path)
    assert state.step >= 1
    assert f"step {state.step} " in str(diverged.value) and str(path) in str(diverged.value)
    for name in ("model", "average", "best"):
        assert all(torch.isfinite(value).all() for value in groups[name].values())


class Recording(nn.Module):
    """Any forecaster that notes what it was trained on."""

    def __init__(self, replaced):
        super().__init__()
        self.head = nn.Linear(20, 1)

    def forward(self, context):
        if torch.is_grad_enabled():
            Recording.seen.append(context[:, :, 0].numpy().copy())
        return self.head(context[:, :, 0])


def recorded(run):
    Recording.seen = []
    train(run, wrap=Recording)
    del Recording.seen[0]  # the windows it was tried on


def test_a_finite_series_is_seen_window_by_window_once_an_epoch_in_a_new_order(small_run):
    run = small_run(recipe__points=125, recipe__steps=15, recipe__batch_size=16)
    recorded(run)
    (series,) = run.source.process.observed_series(125, 20, 1, seed=0)
    windows = sliding(series[:100], 20)[0].astype(np.float32)  # the last fifth is held out
    expected = Counter(window.tobytes() for window in windows)
    assert len(windows) == 80  # five batches of 16 an epoch
    epochs = [np.concatenate(Recording.seen[start : start + 5]) for start in (0, 5, 10)]
    for epoch in epochs:
        assert Counter(window.tobytes() for window in epoch) == expected
    assert len({epoch.tobytes() for epoch in epochs}) == 3


def test_the_last_batch_of_an_epoch_holds_what_is_left(small_run):
    run = small_run(recipe__points=75, recipe__steps=6, recipe__batch_size=16)
    recorded(run)
    assert [len(batch) for batch in Recording.seen] == [16, 16, 8, 16, 16, 8]


def test_an_endless_series_never_shows_a_window_twice(small_run):
    recorded(small_run())
    windows = [window.tobytes() for batch in Recording.seen for window in batch]
    assert len(set(windows)) == len(windows) == 20 * 16


def test_a_finite_series_shorter_than_a_window_is_refused(small_run):
    with pytest.raises(InputError, match=r"budget.*20 \+ 1"):
        train(small_run(recipe__points=20))


@pytest.mark.parametrize("seed", [-1, HELD_OUT_SEEDS])
def test_a_seed_kept_for_validation_is_refused(small_run, seed):
    with pytest.raises(InputError, match=rf"seed.*0 to {HELD_OUT_SEEDS - 1}.*{seed}"):
        small_run(seed=seed)


def test_a_run_of_several_steps_ahead_trains_on_all_of_them(small_run):
    trained = train(small_run(config__horizon=3, recipe__steps=60))
    assert math.isfinite(trained.best.excess)
    assert trained.module(torch.zeros(2, 20, 1)).shape == (2, 3)


def test_changes_are_named_by_part_and_key():
    run = TrainingSpec.of(
        _registry.entry("lstm.sine"),
        changes={"recipe.steps": 7, "config.hidden_size": 3, "signal.sigma": 0.2},
    )
    assert (run.recipe.steps, run.config["hidden_size"], run.source.process.sigma) == (7, 3, 0.2)


@pytest.mark.parametrize("key", ["steps", "model.steps", "", "recipes.steps"])
def test_a_change_of_no_known_part_is_refused(key):
    with pytest.raises(InputError, match=repr(key)):
        TrainingSpec.of(_registry.entry("lstm.sine"), changes={key: 1})


def test_the_fingerprint_tells_apart_every_fact_that_decides_the_weights(small_run):
    facts = [
        {},
        {"seed": 1},
        {"recipe__learning_rate": 0.005},
        {"recipe__points": 500},
        {"config__hidden_size": 9},
        {"signal__sigma": 0.2},
    ]
    prints = [small_run(**changes).fingerprint for changes in facts]
    assert len(set(prints)) == len(prints)
    assert small_run().fingerprint == prints[0]
