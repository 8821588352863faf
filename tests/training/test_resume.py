"""Interrupted runs: resumed at any evaluation, or killed at any moment, they end in the same weights."""

from __future__ import annotations

import random
import signal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import killed_work
import pytest
import torch
from killed_work import digest
from torch import nn

from seqzoo.training import checkpoints, validation
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from support import forked


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


def start(run: TrainingSpec, path: Path) -> tuple[BaseProcess, Connection]:
    """A process that trains a run, and what it tells. It is forked from one that has imported torch already."""
    context = forked.context()
    told, end = context.Pipe(duplex=False)
    process = context.Process(target=killed_work.train, args=(run, path, validation.WINDOWS, end))
    process.start()
    end.close()
    return process, told


def test_a_run_killed_at_random_moments_and_resumed_ends_in_the_same_weights(small_run, tmp_path):
    run = small_run(seed=4, recipe__steps=90, recipe__evaluate_every=3, recipe__batch_size=8)
    uninterrupted = train(run)
    path = tmp_path / "run.safetensors"
    moments = random.Random(20)
    furthest = 0
    for _ in range(4):
        process, told = start(run, path)
        try:
            for _ in range(moments.randint(2, 22)):
                furthest = max(furthest, told.recv())
        finally:
            process.kill()  # it runs on meanwhile: inside an update, an evaluation or a write
            process.join()
        assert process.exitcode == -signal.SIGKILL
    assert 0 < checkpoints.load(path)[0].step < 90 and furthest > 3
    process, told = start(run, path)
    first, *_, last = iter(told.recv, digest(uninterrupted))
    process.join()
    assert first > 1  # it was resumed, not started again
    assert last == 90 and process.exitcode == 0
