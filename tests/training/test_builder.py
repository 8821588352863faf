"""What builds the module of a spec, after a trial; tests/hostile/test_model_files.py has what the trial refuses."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
import torch
from torch import nn

from seqzoo.bundles import store
from seqzoo.errors import InputError, first_line
from seqzoo.publishing import build
from seqzoo.signals import Sine
from seqzoo.training.loop import train
from seqzoo.training.modules import builder
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _model_files, _registry


def test_a_trial_leaves_the_random_numbers_and_the_threads_as_they_were(small_run):
    run = small_run()
    torch.manual_seed(3)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(3)
    builder(run)
    assert torch.equal(torch.rand(3), expected) and torch.get_num_threads() == threads


def test_what_was_raised_is_the_cause_for_whoever_wants_the_traceback(small_run):
    with pytest.raises(InputError, match="'transformer'") as caught:
        builder(small_run("transformer.sine", config__width=8, config__heads=3))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_first_line_of_an_exception_is_what_it_says_first():
    assert first_line(ValueError("\n  one.\ntwo")) == "ValueError: one"
    assert first_line(KeyError()) == "KeyError"
    assert len(first_line(ValueError("x" * 5000))) < 400


class Halved(nn.Linear):
    """A module with a tensor that no file holds."""

    def __init__(self, config):
        super().__init__(config.context_length, config.horizon)
        self.factor = torch.full((1,), 0.5)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        return self.factor * nn.functional.linear(context[:, :, 0], self.weight, self.bias)


def test_a_tensor_that_no_file_holds_is_there_when_a_bundle_is_opened(small_run, tmp_path, own_models, monkeypatch):
    monkeypatch.setattr(Sine, "windows_to_score", 1000)
    made = _registry.architecture("linear")
    _registry.register("halved", config=made.config, card=made.card)(Halved)
    run = msgspec.structs.replace(small_run("linear.sine"), architecture="halved")
    trained = train(run)
    found = build.export(trained, made.card, tmp_path / "halved.sine")
    assert store.open_bundle(found.path).manifest.architecture == "halved"
    window = torch.linspace(-1, 1, 60).reshape(3, 20, 1)
    with torch.no_grad():
        torch.testing.assert_close(build.module_of(found)(window), trained.module(window))


def test_a_model_file_that_has_changed_since_the_spec_was_made_is_refused(small_run, tmp_path, own_models):
    text = """
import dataclasses
from torch import nn
from seqzoo.zoo import Card, register

@dataclasses.dataclass(frozen=True)
class Config:
    context_length: int = 20
    horizon: int = 1

@register("sum", config=Config, card=Card("Sum", "Adds.", "One layer.", "It shows.", "It is small."))
class Sum(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.Linear(config.context_length, config.horizon)

    def forward(self, context):
        return self.layer(context.squeeze(2))
"""
    file = tmp_path / "sum.py"
    file.write_text(text, "utf-8")
    _registry.load_file(file)
    spec = small_run("sum.sine")
    assert spec.model_file == hashlib.sha256(text.encode()).hexdigest()
    assert spec.fingerprint != msgspec.structs.replace(spec, model_file=None).fingerprint
    builder(spec)
    own_models()
    file.write_text(f"{text}# edited", "utf-8")
    _registry.load_file(file)
    with pytest.raises(InputError, match=spec.model_file[:12]):
        builder(spec)
    _model_files._FILES.clear()  # as installed behind an entry point, whose file is not known
    builder(spec)


def test_a_spec_is_json_that_comes_back_as_it_was_and_is_checked_when_it_does(small_run):
    spec = small_run("gru.sine", seed=3, recipe__points=500)
    text = msgspec.json.encode(spec)
    assert msgspec.json.decode(text, type=TrainingSpec) == spec
    changes = {b'"seed":3': b'"seed":-1', b'"context_length":20': b'"context_length":"20"', b"soap": b"x"}
    for before, after in changes.items():
        assert before in text
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text.replace(before, after), type=TrainingSpec)
