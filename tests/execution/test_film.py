"""The film of a run: which moments it has, what a frame holds, and that training goes on as without it."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from safetensors.torch import load
from torch import equal

from seqzoo.data.series import Series
from seqzoo.errors import SeqzooError, UnknownNameError
from seqzoo.execution.runs import Runs, film, recording
from seqzoo.microscope.facts import Subject
from seqzoo.signals import Observed
from seqzoo.training.loop import train
from seqzoo.training.modules import initial


def test_the_moments_of_a_film_lie_in_even_ratios_and_its_frames_are_bounded():
    for steps, size in ((20, 900), (800, 69_000), (4000, 69_000), (20_000, 200_000), (20_000, film.FRAME_LIMIT)):
        moments = film.schedule(steps, size)
        assert moments[:2] == [0, 1] and moments[-1] == steps and moments == sorted(set(moments))
        assert film.FEWEST <= len(moments) <= film.FRAMES and len(moments) * size <= film.LIMIT
    ratios = [later / step for step, later in pairwise(moments[1:])]
    assert max(ratios) < 1.2 * min(ratios)
    assert film.schedule(20_000, film.FRAME_LIMIT + 1) == []


def test_a_run_that_continues_goes_on_with_its_film_and_a_training_gives_the_same_bits_without_one(
    small_run, few_windows, home
):
    spec, runs = small_run("lstm.sine"), Runs(home)
    run = runs.add(spec)
    folder = runs.folder / run
    updates = 0

    def halfway() -> bool:
        nonlocal updates
        updates += 1
        return updates > 11  # between two evaluations, so that a frame is recorded twice

    recording.train(folder, spec, should_stop=halfway)
    begun = runs.status(run).frames
    assert begun[0] == 0 and 8 < begun[-1] <= 11
    kept = {step: runs.frame(run, step) for step in begun}
    (folder / film.FOLDER / f"{begun[-1]}.safetensors").unlink()
    trained = recording.train(folder, spec)
    now = runs.status(run)
    assert now.frames == film.schedule(20, len(kept[0])) and now.frames[: len(begun)] == begun
    assert all(runs.frame(run, step) == data for step, data in kept.items())

    alone = train(spec)
    assert [(one.step, one.loss, one.excess) for one in trained.history] == [
        (one.step, one.loss, one.excess) for one in alone.history
    ]
    assert alone.best_step == 20 == now.frames[-1]  # so that the last frame has its weights
    for name, value in alone.module.state_dict().items():
        assert equal(load(runs.frame(run, 20))[name], value)
        assert equal(load(runs.frame(run, 0))[name], initial(spec).state_dict()[name])
    assert not list((folder / film.FOLDER).glob(".*"))
    for given, step in ((run, 21), ("0" * 12, 0), ("../plan", 0)):
        with pytest.raises(UnknownNameError):
            runs.frame(given, step)


def test_a_network_without_gates_has_no_film_and_a_disk_that_is_full_ends_one_but_not_the_training(
    small_run, few_windows, home, monkeypatch
):
    runs = Runs(home)
    run = runs.add(small_run("mlp.sine"))
    recording.train(runs.folder / run, runs.status(run).plan.spec, should_stop=lambda: True)
    assert runs.status(run).frames == []
    with pytest.raises(SeqzooError, match="step of the film '0'"):
        runs.frame(run, 0)

    def full(path: object, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    run = runs.add(small_run("rnn.sine"))
    with monkeypatch.context() as patch:
        patch.setattr(film._storage, "write_file", full)
        recorder = film.Recorder(runs.folder / run, runs.status(run).plan.spec)
    assert recorder._due and runs.status(run).frames == []


def test_the_microscope_reads_the_first_held_out_window_of_a_measured_series_that_a_run_learns(small_run, home):
    source = Observed.of(Series("ramp", np.arange(200.0)))
    spec = msgspec.structs.replace(small_run("gru.sine"), source=source)
    subject = Subject(spec)
    assert subject.start == [140.0 + t for t in range(20)]  # the 20 values before the cutoff at 160
    assert subject.fixed["scale"] == spec.scaling.numbers and subject.fixed["signal"]["family"] == ""
