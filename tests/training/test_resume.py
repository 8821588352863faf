"""Interrupted runs: resumed at any evaluation, or killed at any moment, they end in the same weights."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save as to_safetensors
from torch import nn

from seqzoo.publishing import build
from seqzoo.training import checkpoints
from seqzoo.training.loop import train


def digest(trained) -> str:
    return hashlib.sha256(to_safetensors(build.weights_of(trained.module))).hexdigest()


@pytest.mark.parametrize(
    "changes", [{}, {"recipe__optimiser": "adam"}, {"recipe__points": 90}], ids=["soap", "adam", "finite"]
)
def test_a_run_resumed_at_any_evaluation_ends_in_the_same_weights(small_run, tmp_path, changes):
    run = small_run(**changes)
    whole = train(run)
    for stop in (2, 10, 18):
        path = tmp_path / f"stopped-{stop}.safetensors"
        reached = []
        train(run, path, on_progress=lambda p, seen=reached: seen.append(p.step),
              should_stop=lambda seen=reached, at=stop: len(seen) == at)  # fmt: skip
        assert checkpoints.load(path)[0].step == stop
        resumed = train(run, path, resume=True)
        assert digest(resumed) == digest(whole)
        assert (resumed.finished, resumed.best_step, resumed.step) == (True, whole.best_step, whole.step)
        stated = [(point.step, point.loss, point.excess) for point in resumed.history]
        assert stated == [(point.step, point.loss, point.excess) for point in whole.history]


class Dropping(nn.Module):
    """Forgets at random while it learns, keeps a running mean in a buffer, and has a tensor that is not saved."""

    def __init__(self, replaced):
        super().__init__()
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(20, 1)
        self.register_buffer("seen", torch.zeros(1))
        self.factor = torch.full((1,), 0.5)

    def forward(self, context):
        if self.training:
            self.seen.lerp_(context.mean().detach()[None], 0.1)
        return self.head(self.drop(context[:, :, 0])) + self.factor * self.seen


def test_a_module_with_dropout_and_a_buffer_resumes_to_the_same_weights(small_run, tmp_path):
    run, path = small_run(), tmp_path / "run.safetensors"
    whole = train(run, wrap=Dropping)
    reached = []
    train(run, path, wrap=Dropping, on_progress=reached.append, should_stop=lambda: len(reached) == 10)
    resumed = train(run, path, wrap=Dropping, resume=True)
    assert digest(resumed) == digest(whole) != digest(train(small_run(seed=1), wrap=Dropping))
    assert whole.module.seen.abs().item() > 0  # the average has the buffer of the trained module
    assert [point.excess for point in resumed.history] == [point.excess for point in whole.history]
    assert not whole.module.training


def test_a_run_stopped_between_evaluations_goes_on_from_the_last_one(small_run, tmp_path):
    run, path = small_run(), tmp_path / "run.safetensors"
    reached = []
    train(run, path, on_progress=reached.append, should_stop=lambda: len(reached) == 7)
    assert checkpoints.load(path)[0].step == 6
    steps = []
    resumed = train(run, path, resume=True, on_progress=lambda progress: steps.append(progress.step))
    assert steps == list(range(7, 21))
    assert digest(resumed) == digest(train(run))


def test_resuming_a_finished_run_trains_no_further(small_run, tmp_path):
    run, path = small_run(), tmp_path / "run.safetensors"
    whole = train(run, path)
    steps = []
    again = train(run, path, resume=True, on_progress=steps.append)
    assert steps == [] and again.finished and digest(again) == digest(whole)


def test_without_resume_an_existing_checkpoint_is_not_read(small_run, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(b"not a checkpoint")
    assert train(small_run(), path).finished
    assert checkpoints.load(path)[0].step == 20


def test_resume_without_a_checkpoint_starts_from_the_beginning(small_run, tmp_path):
    path = tmp_path / "run.safetensors"
    assert digest(train(small_run(), path, resume=True)) == digest(train(small_run()))


TRAINING = """
import sys
from pathlib import Path
from safetensors.torch import save
from seqzoo.publishing import build
from seqzoo.zoo import entry
from seqzoo.training import TrainingSpec, train
import hashlib

changes = {"recipe.steps": 90, "recipe.evaluate_every": 3, "recipe.batch_size": 8, "config.hidden_size": 8}
run = TrainingSpec.of(entry("lstm.sine"), seed=4, changes=changes)
trained = train(
    run, Path(sys.argv[1]), resume=True, on_progress=lambda progress: print(progress.step, flush=True)
)
print("sha256", hashlib.sha256(save(build.weights_of(trained.module))).hexdigest(), flush=True)
"""


def test_a_run_killed_at_random_moments_and_resumed_ends_in_the_same_weights(small_run, tmp_path):
    uninterrupted = train(
        small_run(seed=4, recipe__steps=90, recipe__evaluate_every=3, recipe__batch_size=8)
    )
    path = tmp_path / "run.safetensors"
    moments = random.Random(20)
    furthest = 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", TRAINING, path], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                for _ in range(moments.randint(2, 22)):
                    line = child.stdout.readline()
                    furthest = max(furthest, int(line))
            finally:
                child.kill()  # it runs on meanwhile: inside an update, an evaluation or a write
        assert child.returncode == -signal.SIGKILL
    assert 0 < checkpoints.load(path)[0].step < 90 and furthest > 3
    ended = subprocess.run(
        [sys.executable, "-c", TRAINING, path], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert int(ended[0]) > 1  # it was resumed, not started again
    assert ended[-1] == f"sha256 {digest(uninterrupted)}"
