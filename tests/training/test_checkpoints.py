"""Checkpoints that cannot be trusted are refused, never half used."""

from __future__ import annotations

import msgspec
import pytest
import torch

from seqzoo._course import Evaluation
from seqzoo.errors import CheckpointError
from seqzoo.training import checkpoints
from seqzoo.training.checkpoints import SCHEMA_VERSION, CheckpointState
from seqzoo.training.loop import train


@pytest.fixture(scope="module")
def checkpoint(small_run, tmp_path_factory) -> bytes:
    """The checkpoint of a run of 5 steps that has ended."""
    path = tmp_path_factory.mktemp("trained") / "run.safetensors"
    train(small_run(recipe__steps=5), path)
    return path.read_bytes()


@pytest.fixture
def saved(checkpoint, tmp_path):
    """A copy of it."""
    path = tmp_path / "run.safetensors"
    path.write_bytes(checkpoint)
    return path


def test_a_checkpoint_holds_what_was_saved(tmp_path):
    path = tmp_path / "run.safetensors"
    state = CheckpointState("print", 7, 1.5, 5, 0.25, [Evaluation(5, 80, 1.0, 0.5, 0.25)])
    groups = {"model": {"a/b.weight": torch.arange(6.0).reshape(3, 2)}, "optimiser": {"steps": torch.tensor(7)}}
    checkpoints.save(path, state, groups)
    loaded, tensors = checkpoints.load(path)
    assert loaded == state
    assert {group: set(named) for group, named in tensors.items()} == {
        "model": {"a/b.weight"},
        "optimiser": {"steps"},
    }
    assert torch.equal(tensors["model"]["a/b.weight"], groups["model"]["a/b.weight"])
    assert int(tensors["optimiser"]["steps"]) == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"recipe__steps": 6},
        {"recipe__learning_rate": 1e-3},
        {"config__hidden_size": 9},
        {"signal__sigma": 0.2},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_checkpoint_of_another_run_is_refused(small_run, saved, changes):
    before = saved.read_bytes()
    other = small_run(**{"recipe__steps": 5, **changes})
    with pytest.raises(CheckpointError, match="another run"):
        train(other, saved, resume=True)
    assert saved.read_bytes() == before


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 200, -1])
def test_a_checkpoint_that_was_cut_is_refused(small_run, saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match=r"run.safetensors"):
        train(small_run(recipe__steps=5), saved, resume=True)


def test_a_checkpoint_of_other_bytes_is_refused(small_run, saved):
    saved.write_bytes(b"\x00" * 4096)
    with pytest.raises(CheckpointError, match="safetensors"):
        train(small_run(recipe__steps=5), saved, resume=True)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_single_flipped_bit_is_noticed_wherever_it_is(saved, share):
    data = bytearray(saved.read_bytes())
    data[int(share * (len(data) - 1))] ^= 1
    saved.write_bytes(data)
    with pytest.raises(CheckpointError, match="safetensors"):
        checkpoints.load(saved)


def test_a_missing_checkpoint_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"none.safetensors.*missing"):
        checkpoints.load(tmp_path / "none.safetensors")


def test_a_checkpoint_behind_a_link_is_refused(saved):
    link = saved.with_name("link.safetensors")
    link.symlink_to(saved)
    with pytest.raises(CheckpointError, match=r"link.safetensors.*link"):
        checkpoints.load(link)


def test_a_checkpoint_without_a_state_is_refused(tmp_path):
    from safetensors.torch import save

    path = tmp_path / "bare.safetensors"
    path.write_bytes(save({"model/x": torch.zeros(2)}))
    with pytest.raises(CheckpointError, match="safetensors"):
        checkpoints.load(path)


def test_a_checkpoint_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    state = CheckpointState("print", 0, 0.0, 0, 1.0, [], schema_version=SCHEMA_VERSION + 1)
    checkpoints.save(path, state, {"model": {"x": torch.zeros(1)}})
    told = f"schema {SCHEMA_VERSION + 1}.*{SCHEMA_VERSION}"
    with pytest.raises(CheckpointError, match=told):
        checkpoints.load(path)


@pytest.mark.parametrize("group", ["model", "average", "best", "optimiser"])
def test_a_checkpoint_that_lacks_tensors_is_refused(small_run, saved, group):
    state, groups = checkpoints.load(saved)
    del groups[group]
    checkpoints.save(saved, state, groups)
    with pytest.raises(CheckpointError, match=r"run.safetensors.*model"):
        train(small_run(recipe__steps=5), saved, resume=True)


@pytest.mark.parametrize("group", ["model", "average", "best"])
def test_a_checkpoint_with_a_tensor_of_another_shape_is_refused(small_run, saved, group):
    state, groups = checkpoints.load(saved)
    groups[group]["head.bias"] = torch.zeros(2)
    checkpoints.save(saved, state, groups)
    with pytest.raises(CheckpointError, match=r"run.safetensors.*model"):
        train(small_run(recipe__steps=5), saved, resume=True)


def test_the_state_goes_through_json_unchanged():
    state = CheckpointState("print", 3, 0.1 + 0.2, 2, 1e-300, [Evaluation(1, 2, 3.0, 1 / 3, 2 / 3)])
    assert msgspec.json.decode(msgspec.json.encode(state), type=CheckpointState) == state
