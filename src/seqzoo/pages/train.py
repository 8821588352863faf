"""The view *Train*, in which the browser trains a network of the sine: what js/training/ knows from Python."""

from __future__ import annotations

import functools
from typing import Any

from ..bundles.manifest import Manifest
from ..bundles.store import SHIPPED, open_bundle
from ..execution.runs.plans import OPTIMISERS, RANGES
from ..forecasters.floors import floors
from ..forecasters.table import FLOORS
from ..signals.sine import Sine

ARCHITECTURES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "mlp": "MLP"}
"""Those that js/training/networks.js can train, and their names."""
SIGNAL = "sine"
SIZES = (8, 16, 32)
"""Offered beside the size of the shipped model."""
SIGMAS = (0.05, 0.1, 0.2)
WINDOWS = 10_000  # over which Bayes is averaged; the standard error is 0.1% of its error
STEPS = 1000  # the shipped recipe's 4,000 would take a browser minutes
RECIPES = {"rnn": {"learning_rate": 8e-3, "steps": 2000}}
"""Of architectures that the usual one leaves at the best linear forecaster for many seeds: docs/LOG.md."""
SIZE = 32
ADAM = 1e-3  # the learning rate of PyTorch's Adam, unless another is given
REFERENCES = ("noise", "bayes", "best_linear", "last_value")
CHOICES: dict[str, tuple[float, ...]] = {
    "learning_rate": (3e-4, 1e-3, 2e-3, 4e-3, 8e-3, 2e-2),
    "batch_size": (32, 64, 128, 256),
    "steps": (200, 500, 1000, 2000, 4000),
    "seed": (0, 1, 2, 3, 4),
}


@functools.cache
def facts() -> dict[str, Any]:
    """What the view needs: the signal, the recipe, what can be chosen, and the expected errors of the references."""
    shipped = {name: _manifest(name) for name in ARCHITECTURES}
    model = shipped["lstm"]
    length, recipe = model.contract.context_length, model.training.recipe
    signal = model.source.process
    assert isinstance(signal, Sine)
    sizes = {name: sorted({*SIZES, one.config["hidden_size"]}) for name, one in shipped.items()}
    return {
        "length": length,
        "signal": {"angular_frequency": signal.angular_frequency, "amplitude": signal.amplitude},
        "recipe": recipe,
        "architectures": {
            name: {"label": label, "sizes": sizes[name], "usual": RECIPES.get(name, {})}
            for name, label in ARCHITECTURES.items()
        },
        "optimisers": {
            name: {"label": label, "usual": {} if name == recipe["optimiser"] else {"learning_rate": ADAM}}
            for name, label in OPTIMISERS.items()
        },
        "choices": CHOICES,
        "ranges": {name: RANGES[name] for name in CHOICES},
        "defaults": {
            "architecture": "lstm", "size": SIZE, "optimiser": recipe["optimiser"],
            "learning_rate": recipe["learning_rate"], "batch_size": recipe["batch_size"], "steps": STEPS, "seed": 0,
            "sigma": signal.sigma,
        },
        "noises": [{"sigma": sigma, "mse": _errors(sigma, length)} for sigma in SIGMAS],
        "references": {name: FLOORS[name].short for name in REFERENCES},
    }  # fmt: skip


def _manifest(architecture: str) -> Manifest:
    return open_bundle(SHIPPED / f"{architecture}.{SIGNAL}").manifest


def _errors(sigma: float, length: int) -> dict[str, float]:
    """The expected MSE of each reference at a level of noise."""
    known = dict(floors(Sine(sigma=sigma), length, samples=WINDOWS)[0].items())
    return {name: known[name] for name in REFERENCES}
