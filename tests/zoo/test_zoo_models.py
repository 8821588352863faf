"""Every architecture of the zoo: a new file is tested for being there."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
import torch
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import nn

from seqzoo.bundles import store
from seqzoo.publishing import build
from seqzoo.training import validation
from seqzoo.training.loop import train
from seqzoo.zoo import _registry
from seqzoo.zoo._registry import Entry

ENTRIES = [f"{name}.sine" for name in _registry.architectures()]


@pytest.fixture(params=ENTRIES)
def entry(request) -> Entry:
    return _registry.entry(request.param)


def fresh(entry: Entry, seed: int = 0, **sizes: int) -> nn.Module:
    torch.manual_seed(seed)
    return entry.architecture.module(entry.architecture.config(**sizes))


def windows(entry: Entry, rows: int) -> torch.Tensor:
    length = entry.architecture.config().context_length
    return torch.randn(rows, length, 1, generator=torch.Generator().manual_seed(1))


def test_a_batch_of_windows_gives_a_finite_forecast_of_the_horizon_near_the_signal_and_far_from_it(entry):
    for horizon in (1, 7):
        module = fresh(entry, horizon=horizon)
        for rows, scale in ((1, 1.0), (2, 1.0), (33, 1.0), (4, 0.0), (4, 1e3), (4, 1e6)):
            forecast = module(scale * windows(entry, rows))
            assert forecast.shape == (rows, horizon) and forecast.dtype == torch.float32
            assert torch.isfinite(forecast).all(), (horizon, rows, scale)


def test_rows_do_not_influence_each_other(entry):
    module, batch = fresh(entry).eval(), windows(entry, 5)
    with torch.no_grad():
        whole = module(batch)
        for row in range(5):
            torch.testing.assert_close(module(batch[row : row + 1])[0], whole[row])


def test_every_value_of_the_window_reaches_the_forecast(entry):
    batch = windows(entry, 4).requires_grad_()
    fresh(entry)(batch).sum().backward()
    assert batch.grad is not None and (batch.grad.abs().amax(dim=0) > 0).all()


def test_every_parameter_gets_a_gradient(entry):
    module = fresh(entry)
    nn.functional.mse_loss(module(windows(entry, 8)), torch.ones(8, 1)).backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all() and parameter.grad.abs().max() > 0, name


def test_one_batch_can_be_learned_by_heart(entry):
    module = fresh(entry)
    context, target = windows(entry, 8), torch.linspace(-1, 1, 8)[:, None]
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-2)
    for _ in range(200):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(module(context), target)
        if loss.item() < 1e-2:  # of a variance of 0.43
            break
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-2


def test_the_same_seed_starts_from_the_same_weights_and_another_does_not(entry):
    first, again, other = (to_safetensors(build.weights_of(fresh(entry, seed))) for seed in (3, 3, 4))
    assert first == again and first != other


def test_training_twice_ends_in_the_same_weights(entry, small_run, monkeypatch):
    monkeypatch.setattr(validation, "WINDOWS", 64)
    run = small_run(entry.name, seed=2, recipe__steps=6, recipe__evaluate_every=15)  # evaluated at 3 and 6
    digests = {
        hashlib.sha256(to_safetensors(build.weights_of(train(run).module))).hexdigest() for _ in range(2)
    }
    assert len(digests) == 1


def test_weights_saved_and_loaded_give_the_same_forecasts(entry):
    module, other, batch = fresh(entry, 1).eval(), fresh(entry, 2).eval(), windows(entry, 16)
    with torch.no_grad():
        assert not torch.equal(module(batch), other(batch))
        other.load_state_dict(from_safetensors(to_safetensors(build.weights_of(module))))
        torch.testing.assert_close(module(batch), other(batch), rtol=0, atol=1e-6)  # threads may round otherwise


def test_the_config_is_frozen_with_at_most_8_counts(entry):
    config = entry.architecture.config()
    fields = dataclasses.fields(config)
    assert 1 <= len(fields) <= 8
    assert {"context_length", "horizon"} <= {field.name for field in fields}
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.context_length = 1
    assert all(getattr(config, field.name) >= 1 for field in fields)


def test_the_number_of_parameters_is_what_manifest_and_card_state(entry):
    for path in store.SHIPPED.glob(f"{entry.architecture.name}.*"):
        found = store.open_bundle(path)
        module = fresh(entry, **found.manifest.config)
        assert found.manifest.parameters == sum(parameter.numel() for parameter in module.parameters())
        assert f"{found.manifest.parameters:,} parameters" in found.read(store.CARD).decode()


def test_the_card_has_something_to_say_in_every_part(entry):
    for field in dataclasses.fields(entry.card):
        text = getattr(entry.card, field.name)
        assert (text or field.default == "") and text == text.strip() and "\n" not in text, field.name
    assert entry.card.summary.endswith(".")


def test_the_lstm_computes_its_equations():
    """Gate by gate from the weights: swapped gates would pass any test of shapes."""
    made = _registry.architecture("lstm")
    torch.manual_seed(5)
    module = made.module(made.config(6, 2, 3)).double()
    weights = dict(module.named_parameters())
    context = torch.randn(4, 6, 1, dtype=torch.float64)
    h = c = torch.zeros(4, 3, dtype=torch.float64)
    for step in range(6):
        gates = (
            context[:, step] @ weights["lstm.weight_ih_l0"].T
            + h @ weights["lstm.weight_hh_l0"].T
            + weights["lstm.bias_ih_l0"]
            + weights["lstm.bias_hh_l0"]
        )
        i, f, g, o = gates.split(3, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    torch.testing.assert_close(module(context), h @ weights["head.weight"].T + weights["head.bias"])
