"""Signals at the edges of their parameters, and windows at the edges of their lengths."""

from __future__ import annotations

import json
import math

import pytest

from seqzoo import signals
from seqzoo.cli.progress import Bar
from seqzoo.errors import InputError
from seqzoo.execution.runs.recording import _began
from seqzoo.forecasters.exact import best_linear
from seqzoo.forecasters.floors import floors
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.terminal import Terminal


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("two_tone", {"slow_amplitude": 1e-300, "fast_amplitude": 1e-300, "sigma": 1e-300}),
        ("recall", {"spread": 1e-160, "sigma": 1e-160}),
        ("recall", {"spread": 5e-324, "sigma": 0}),
        ("sine", {"sigma": 1e-101}),
    ],
)
def test_a_parameter_whose_square_would_vanish_is_refused(family: str, parameters: dict[str, float]) -> None:
    with pytest.raises(InputError, match="1e-100"):
        signals.make(family, parameters)


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("sine", {"angular_frequency": math.pi, "sigma": 0}),
        ("square", {"angular_frequency": math.pi, "sigma": 0}),
        ("sine", {"amplitude": 0, "sigma": 0}),
        ("recall", {"cue": 1e9}),
        ("recall", {"spread": 1e-100, "sigma": 1e-100}),
        ("recall", {"cue": 0, "sigma": 1e9}),
        ("two_tone", {"slow_amplitude": 1e-100, "fast_amplitude": 1e-100, "sigma": 1e-100}),
    ],
)
@pytest.mark.parametrize("context_length", [2, 20])
def test_no_floor_lies_below_the_noise(family: str, parameters: dict[str, float], context_length: int) -> None:
    signal = signals.make(family, parameters)
    for step in floors(signal, context_length, 3, samples=100):
        values = dict(step.items())
        assert all(math.isfinite(value) and value >= signal.sigma**2 for value in values.values()), values


def test_without_noise_the_best_linear_forecaster_of_a_long_window_is_refused_rather_than_waited_for() -> None:
    with pytest.raises(InputError, match=r"1,024.* 4,096"):
        best_linear(signals.make("sine", {"sigma": 0}), 4096)


@pytest.mark.parametrize("family", ["two_tone", "sine_any"])
@pytest.mark.parametrize("sigma", ["0", "1e-99"])
def test_noise_too_small_for_a_grid_is_refused_in_a_line_that_can_be_read(
    terminal: Terminal, family: str, sigma: str
) -> None:
    refusal = terminal("floors", "--signal", family, "--set", f"sigma={sigma}").refusal
    assert "amplitude" in refusal and len(refusal) < 300


@pytest.mark.parametrize("sigma", ["1e9", "1e-12"])
def test_the_table_of_floors_shows_the_digits_of_very_large_and_very_small_errors(
    terminal: Terminal, sigma: str
) -> None:
    said = terminal("floors", "--set", f"sigma={sigma}", "--samples", 100)
    assert f"{float(sigma) ** 2:.3g}" in said.out.splitlines()[1] and "…" not in said.out
    assert json.loads(terminal("floors", "--set", f"sigma={sigma}", "--samples", 100, "--json").out)


def test_training_on_a_long_window_shows_its_references(capsys: pytest.CaptureFixture[str]) -> None:
    entry = _registry.entry("linear.sine")
    run = TrainingSpec.of(entry, changes={"config.context_length": 1100, "signal.sigma": 1.0})
    began, _ = _began(run)
    with Bar(run, quiet=False) as bar:
        bar.references(began.floors)
    assert "best linear" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["bayes.sine", "last_value.square"])
def test_no_model_takes_the_name_of_a_reference_that_would_answer_in_its_place(terminal: Terminal, name: str) -> None:
    options = ("--set", "recipe.steps=2", "--as", name)
    assert name in terminal("train", "linear.sine", *options).refusal
