"""Checkpoints that are damaged, forged or another run's: refused in one line, and no code in them runs."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seqzoo.errors import CheckpointError
from seqzoo.execution.runs.manager import Runs
from seqzoo.execution.runs.recording import CHECKPOINT
from seqzoo.training import checkpoints
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support import forge
from support.terminal import Terminal

OPTIONS = {
    "recipe.steps": 20,
    "recipe.evaluate_every": 5,
    "recipe.batch_size": 16,
    "config.hidden_size": 8,
}
ARGUMENTS = [word for key, value in OPTIONS.items() for word in ("--set", f"{key}={value}")]


@pytest.fixture(scope="module")
def run() -> TrainingSpec:
    return TrainingSpec.of(_registry.entry("lstm.sine"), changes=OPTIONS)


@pytest.fixture(scope="module")
def half_way(run: TrainingSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a run that was stopped half-way. Read only."""
    path = tmp_path_factory.mktemp("half-way") / "checkpoint.safetensors"
    steps: list[int] = []
    train(run, path, on_progress=lambda update: steps.append(update.step), should_stop=lambda: len(steps) >= 10)
    return path


@pytest.fixture
def checkpoint(run: TrainingSpec, half_way: Path, home: Path) -> Path:
    """A copy of it, where the command line looks for it."""
    runs = Runs(home)
    path = runs.folder / runs.add(run) / CHECKPOINT
    shutil.copy(half_way, path)
    return path


def test_a_flipped_bit_of_a_checkpoint_is_noticed_wherever_it_is(checkpoint: Path) -> None:
    whole = checkpoint.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(whole)), 100):
        checkpoint.write_bytes(forge.flipped(whole, bit))
        with pytest.raises(CheckpointError, match=checkpoint.name):
            checkpoints.load(checkpoint)
    checkpoint.write_bytes(whole)
    assert checkpoints.load(checkpoint)[0].step == 10


def test_the_command_line_says_in_one_line_that_a_checkpoint_is_damaged(
    checkpoint: Path, terminal: Terminal
) -> None:
    checkpoint.write_bytes(forge.flipped(checkpoint.read_bytes(), 99_999))
    line = terminal("train", "lstm.sine", *ARGUMENTS, "--resume").refusal
    assert str(checkpoint) in line


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 8,
        b"garbage" * 100,
        forge.safetensors_header(b"{}"),
        forge.safetensors_header(b"{}", stated=2**63),
        forge.safetensors_header(b'{"__metadata__": {"state": "[]", "sha256": "' + b"0" * 64 + b'"}}'),
    ],
    ids=range(6),
)
def test_what_is_not_a_checkpoint_is_refused(checkpoint: Path, data: bytes) -> None:
    checkpoint.write_bytes(data)
    with pytest.raises(CheckpointError):
        checkpoints.load(checkpoint)


@pytest.mark.parametrize("payload", [forge.pickle_payload, forge.torch_archive])
def test_a_pickle_in_place_of_a_checkpoint_does_not_run(
    checkpoint: Path, tmp_path: Path, payload: Callable[[Path], bytes], terminal: Terminal
) -> None:
    checkpoint.write_bytes(payload(tmp_path / "marker"))
    assert terminal("train", "lstm.sine", *ARGUMENTS, "--resume").refusal
    assert not (tmp_path / "marker").exists()


def test_a_checkpoint_that_is_not_a_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    checkpoint.rename(tmp_path / "moved")
    checkpoint.symlink_to(tmp_path / "moved")
    with pytest.raises(CheckpointError, match="link"):
        checkpoints.load(checkpoint)
    checkpoint.unlink()
    os.mkfifo(checkpoint)
    with pytest.raises(CheckpointError, match=checkpoint.name):
        checkpoints.load(checkpoint)
    checkpoint.unlink()
    checkpoint.mkdir()
    with pytest.raises(CheckpointError):
        checkpoints.load(checkpoint)


def _drop(group: str) -> Callable[[checkpoints.CheckpointState, dict[str, Any]], None]:
    return lambda state, groups: groups.pop(group)


def _shorten(group: str) -> Callable[[checkpoints.CheckpointState, dict[str, Any]], None]:
    def change(state: checkpoints.CheckpointState, groups: dict[str, Any]) -> None:
        groups[group] = {name: value.reshape(-1)[:1].clone() for name, value in groups[group].items()}

    return change


def _other_run(state: checkpoints.CheckpointState, groups: dict[str, Any]) -> None:
    state.fingerprint = "f" * 16


def _newer(state: checkpoints.CheckpointState, groups: dict[str, Any]) -> None:
    state.schema_version = 9


def _negative(state: checkpoints.CheckpointState, groups: dict[str, Any]) -> None:
    state.step = -5


def _beyond(state: checkpoints.CheckpointState, groups: dict[str, Any]) -> None:
    state.step = 10**30


CHANGES = [
    *(_drop(group) for group in ("model", "average", "best", "optimiser")),
    *(_shorten(group) for group in ("model", "average", "best", "optimiser")),
    _other_run,
    _newer,
    _negative,
    _beyond,
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_checkpoint_that_does_not_fit_the_run_is_refused(
    run: TrainingSpec, checkpoint: Path, change: Callable[[checkpoints.CheckpointState, dict[str, Any]], None]
) -> None:
    state, groups = checkpoints.load(checkpoint)
    state = msgspec.structs.replace(state)
    change(state, groups)
    checkpoints.save(checkpoint, state, groups)
    with pytest.raises(CheckpointError, match="checkpoint"):
        train(run, checkpoint, resume=True)
