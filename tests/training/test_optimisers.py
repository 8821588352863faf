"""Both optimisers: they minimise, and a saved state goes on exactly where it stopped."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from seqzoo._extras import one_thread
from seqzoo.training import optimisers
from seqzoo.zoo._recipes import Recipe

NAMES = ["soap", "adam"]


@pytest.fixture(autouse=True)
def single_thread():
    with one_thread():
        yield


def built(name: str, module: nn.Module) -> optimisers.Optimiser:
    return optimisers.build(Recipe(optimiser=name), module)  # type: ignore[arg-type]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.ModuleDict({"lstm": nn.LSTM(1, 12, batch_first=True), "head": nn.Linear(12, 1)})


def update(module: nn.Module, optimiser: optimisers.Optimiser, number: int) -> None:
    """One step on data that depends on the step's number only."""
    context = torch.randn(8, 10, 1, generator=torch.Generator().manual_seed(number))
    module.zero_grad()
    states, _ = module["lstm"](context)  # type: ignore[index]
    (module["head"](states[:, -1]) - context.sum(dim=1)).square().mean().backward()  # type: ignore[index]
    optimiser.step(1e-2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("saved_after", [1, 4, 5, 12])
def test_a_restored_state_makes_the_same_next_steps_bit_for_bit(name, saved_after):
    module = network()
    optimiser = built(name, module)
    for number in range(saved_after):
        update(module, optimiser, number)
    # As through a file: copies of plain row-major tensors.
    state = {key: value.detach().clone().contiguous() for key, value in optimiser.tensors().items()}
    twin = network()
    twin.load_state_dict(module.state_dict())
    restored = built(name, twin)
    restored.load(state)
    for number in range(saved_after, saved_after + 12):
        update(module, optimiser, number)
        update(twin, restored, number)
        for left, right in zip(module.parameters(), twin.parameters(), strict=True):
            assert torch.equal(left, right)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_has_the_same_names_after_every_step_but_the_first(name):
    module = network()
    optimiser = built(name, module)
    names = []
    for number in range(7):
        update(module, optimiser, number)
        names.append(sorted(optimiser.tensors()))
    assert all(found == names[0] for found in names) and len(names[0]) > 4


@pytest.mark.parametrize("name", NAMES)
def test_a_bare_quadratic_is_minimised(name):
    torch.manual_seed(1)
    module = nn.Linear(4, 3)
    goal, curvature = torch.randn(3, 4), torch.tensor([10.0, 1.0, 0.1])[:, None]
    optimiser = built(name, module)

    def loss() -> torch.Tensor:
        return (curvature * (module.weight - goal).square()).sum() + (module.bias - 1).square().sum()

    first = loss().item()
    for number in range(1000):
        module.zero_grad()
        loss().backward()
        optimiser.step(0.05 * (1 - number / 1000))
    assert loss().item() < 1e-3 * first


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_without_a_gradient_stays_where_it_is(name):
    torch.manual_seed(2)
    module = nn.ModuleDict({"used": nn.Linear(3, 2), "unused": nn.Linear(3, 2)})
    before = {key: value.clone() for key, value in module.state_dict().items()}
    optimiser = built(name, module)
    for _ in range(12):
        module.zero_grad()
        module["used"](torch.ones(1, 3)).square().sum().backward()
        optimiser.step(0.01)
    after = module.state_dict()
    assert torch.equal(after["unused.weight"], before["unused.weight"])
    assert not torch.equal(after["used.weight"], before["used.weight"])
    assert all(torch.isfinite(value).all() for value in after.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_zero_changes_nothing(name):
    module = nn.Linear(3, 2)
    before = module.weight.detach().clone()
    optimiser = built(name, module)
    for _ in range(7):
        module.zero_grad()
        (0 * module(torch.ones(1, 3))).sum().backward()
        optimiser.step(0.1)
    assert torch.equal(module.weight, before)


def test_the_step_of_soap_is_capped_whatever_the_size_of_the_gradient():
    for size in (1e-12, 1.0, 1e12):
        module = nn.Linear(5, 4, bias=False)
        before = module.weight.detach().clone()
        optimiser = optimisers.Soap(module)
        module.weight.grad = size * torch.randn(4, 5, generator=torch.Generator().manual_seed(3))
        optimiser.step(0.1)
        moved = (module.weight - before).square().mean().sqrt()
        assert 0 < moved.item() <= 0.1 * optimiser.CAP * (1 + 1e-5)


def test_soap_does_not_care_how_the_space_is_turned():
    """Rotating rows and columns of the problem rotates the path: the bases follow."""
    generator = torch.Generator().manual_seed(4)
    left, right = (torch.linalg.qr(torch.randn(n, n, generator=generator)).Q for n in (4, 5))
    plain, turned = nn.Linear(5, 4, bias=False).double(), nn.Linear(5, 4, bias=False).double()
    left, right = left.double(), right.double()
    left, right = torch.linalg.qr(left).Q, torch.linalg.qr(right).Q
    with torch.no_grad():
        turned.weight.copy_(left @ plain.weight @ right)
    first, second = optimisers.Soap(plain), optimisers.Soap(turned)
    for _ in range(4):
        gradient = torch.randn(4, 5, generator=generator).double()
        plain.weight.grad, turned.weight.grad = gradient, left @ gradient @ right
        first.step(0.01)
        second.step(0.01)
    torch.testing.assert_close(left @ plain.weight @ right, turned.weight)


def test_the_bases_of_soap_are_those_of_torchs_qr_bit_for_bit():
    """Bundles of earlier versions, whose bases QR computed, are reproduced to the same weights."""
    optimiser = optimisers.Soap(nn.Linear(1, 1))
    for size in (2, 48, 67):
        roots, square = (torch.randn(size, size, generator=torch.Generator().manual_seed(size)) for _ in range(2))
        factor = roots @ roots.T
        basis = torch.linalg.eigh(factor + 0.1 * torch.diag(torch.arange(1.0, size + 1))).eigenvectors
        state = {"left": factor, "left_basis": basis, "square": square}
        optimiser._turn(state, "left", dim=0)
        order = (basis * (factor @ basis)).sum(dim=0).argsort(descending=True)
        assert torch.equal(state["left_basis"], torch.linalg.qr((factor @ basis)[:, order]).Q)
        assert torch.equal(state["square"], square[order])


def test_adam_clips_the_norm_of_the_gradient():
    moved = []
    for scale in (10.0, 1e6):
        module = nn.Linear(3, 1, bias=False)
        nn.init.zeros_(module.weight)
        optimiser = optimisers.Adam(module, clip_norm=1e-9)  # beside it, Adam's epsilon is not small
        module.weight.grad = torch.full((1, 3), scale)
        optimiser.step(1.0)
        moved.append(module.weight.detach().clone())
    torch.testing.assert_close(moved[0], moved[1])
    assert float(moved[0].abs().max()) < 0.5


def test_adam_is_that_of_torch_bit_for_bit():
    module, twin = network(), network()
    optimiser, torchs = optimisers.Adam(module, clip_norm=1e9), torch.optim.Adam(twin.parameters(), 1e-2, fused=True)
    for number in range(5):
        update(module, optimiser, number)
        update(twin, SimpleNamespace(step=lambda rate: torchs.step()), number)
    assert all(torch.equal(*pair) for pair in zip(module.parameters(), twin.parameters(), strict=True))


def test_the_average_with_no_span_is_the_last_value():
    kept = torch.zeros(2)
    for updates in range(1, 5):
        optimisers.averaged(kept, torch.full((2,), float(updates)), updates, 0.0)
    assert torch.equal(kept, torch.full((2,), 4.0))


def test_the_average_with_full_span_is_the_mean_of_all_values():
    kept = torch.zeros(1)
    for updates in range(1, 6):
        optimisers.averaged(kept, torch.tensor([float(updates)]), updates, 1.0)
    assert float(kept) == pytest.approx(3.0)


def test_soap_goes_on_where_lapack_does_not_converge_and_where_a_gradient_is_not_finite():
    for seed in range(8):  # in float32, about every third is not decomposed
        torch.manual_seed(seed)
        layer = nn.Conv2d(16, 32, 3, padding=1)
        optimiser = built("soap", layer)
        layer(torch.randn(8, 16, 1, 1)).square().mean().backward()
        optimiser.step(1e-2)
        assert all(bool(part.isfinite().all()) for part in layer.parameters())
    layer.weight.grad = torch.full_like(layer.weight, torch.nan)
    built("soap", layer).step(1e-2)  # the loop then sees a loss that is not finite, and says so
    assert bool(layer.weight.isnan().any())
