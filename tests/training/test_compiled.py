"""Training through the compiled core: PyTorch's gradients, the same bits on any number of threads, one core a run."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
import torch
from killed_work import digest
from torch import nn

from seqzoo.data.scaling import Scaling
from seqzoo.errors import CheckpointError
from seqzoo.runtime import core
from seqzoo.runtime.engines import _parallel
from seqzoo.training import checkpoints, compiled
from seqzoo.training.loop import train
from seqzoo.training.scaled import on_standardised
from seqzoo.zoo import _registry
from seqzoo.zoo.lstm import LSTM

HERE = core.find()
pytestmark = pytest.mark.skipif(HERE is None, reason=core.state().why or "there is a core")
TORCH = core.of("off")
ROWS, STEPS = 2 * compiled.PIECE + 7, 9


def built(name: str, channels: int = 1, **sizes: int) -> nn.Module:
    architecture = _registry.architecture(name)
    torch.manual_seed(1)
    return architecture.build(dataclasses.replace(architecture.config(), **sizes), channels)


def windows(channels: int = 1, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(ROWS, STEPS, channels, generator=torch.Generator().manual_seed(2), dtype=dtype)


def slopes(network: nn.Module, module: nn.Module, context: torch.Tensor) -> list[torch.Tensor]:
    """The forecasts, and the gradients of their squares' sum: of the windows, and of each parameter."""
    context = context.clone().requires_grad_()
    module.zero_grad()
    forecast = network(context)
    forecast.square().sum().backward()
    assert context.grad is not None
    return [forecast.detach(), context.grad, *(parameter.grad.clone() for parameter in module.parameters())]


@pytest.mark.parametrize("name", core.CELLS)
def test_forecasts_and_gradients_are_those_of_pytorch_and_of_finite_differences(name):
    for channels, horizon, kind in [(1, 1, "series"), (3, 5, "window")]:
        module = built(name, channels, hidden_size=11, horizon=horizon)
        network = compiled.through(module, HERE)
        assert compiled.name_of(network) == f"{HERE.target} {HERE.source}"
        whole, plain = (on_standardised(each, Scaling(kind=kind)) for each in (network, module))
        given, expected = (slopes(each, module, windows(channels)) for each in (whole, plain))
        for left, right in zip(given, expected, strict=True):
            torch.testing.assert_close(left, right, rtol=1e-4, atol=2e-5 * float(right.abs().max()))
        with torch.no_grad():
            torch.testing.assert_close(whole(windows(channels)), given[0], rtol=0, atol=0)
            step, losses = 2.0**-9, []
            ways = [torch.sign(gradient) for gradient in given[2:]]
            for times in (1, -2):
                for parameter, way in zip(module.parameters(), ways, strict=True):
                    parameter += times * step * way
                losses.append(float(whole(windows(channels)).double().square().sum()))
        slope = sum(float(gradient.abs().sum()) for gradient in given[2:])
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(slope, rel=2e-2)


def test_two_graphs_at_once_do_not_share_a_tape_and_one_goes_back_once():
    module = built("lstm")
    network, context = compiled.through(module, HERE), windows()
    apart = [torch.autograd.grad(network(each).sum(), module.lstm.weight_hh_l0)[0] for each in (context, -context)]
    first, second = network(context).sum(), network(-context).sum()
    together = [torch.autograd.grad(each, module.lstm.weight_hh_l0, retain_graph=True)[0] for each in (first, second)]
    assert all(torch.equal(*pair) for pair in zip(apart, together, strict=True))
    with pytest.raises(RuntimeError, match="once"):
        first.backward()
    third = network(context).sum()
    with torch.no_grad():
        module.head.bias += 1
    with pytest.raises(RuntimeError, match="modified"):  # PyTorch's own words
        third.backward()


class Louder(LSTM):
    """A network of a user's, with another forward pass."""

    def forward(self, context):
        return 2 * super().forward(context)


def test_what_the_core_does_not_know_is_left_to_pytorch():
    own = Louder(_registry.architecture("lstm").config())
    unknown = [built("mlp"), built("lstm", hidden_size=core.MOST_UNITS + 1), own]
    assert [compiled.through(module, HERE) for module in unknown] == unknown
    known = built("gru")
    assert compiled.through(known, None) is known and compiled.name_of(known) == ""
    doubles = windows(dtype=torch.float64)
    assert torch.equal(compiled.through(known.double(), HERE)(doubles), known(doubles))


def test_a_seed_gives_the_same_bits_on_any_number_of_threads_and_others_by_pytorch(small_run, monkeypatch):
    for name in core.CELLS:
        run, digests = small_run(f"{name}.sine", recipe__steps=6, recipe__batch_size=100), []
        for cores in (1, 2, 5):
            monkeypatch.setattr(_parallel, "threads", lambda cores=cores: cores)
            digests.append(digest(train(run)))
        assert len(set(digests)) == 1
        by_torch = train(run, using=TORCH)
        assert by_torch.core == "" and digest(by_torch) != digests[0]


def test_a_resumed_run_keeps_the_core_that_it_began_on_or_is_refused(small_run, tmp_path):
    run = small_run()
    for number, using in enumerate((TORCH, *(state for state in map(core.of, core.TARGETS) if state.core))):
        whole, path, reached = train(run, using=using), tmp_path / str(number), []
        train(run, path, using=using, on_progress=reached.append, should_stop=lambda seen=reached: len(seen) == 10)
        resumed = train(run, path, resume=True)
        assert digest(resumed) == digest(whole) and resumed.core == whole.core
        assert (whole.core == "") == (using.core is None)
    state, groups = checkpoints.load(path)
    checkpoints.save(path, msgspec.structs.replace(state, core="x86_64_v9 0"), groups)
    with pytest.raises(CheckpointError, match="core 'x86_64_v9 0', which is not here: this processor runs"):
        train(run, path, resume=True)
