"""The facts that the view *Predict* needs to compute forecasts in the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from ..evaluation import intervals
from ..evaluation.scoring import HELD_OUT_SEEDS
from ..forecasters import familiarity
from ..forecasters.protocol import Forecaster, has_bundle
from ..forecasters.table import REFERENCES
from ..signals import FAMILIES
from .look import LEVEL

NEAR = 0.05  # up to this excess, the lead says that a model's forecasts nearly equal those of Bayes
DIGITS = 6


def facts(model: Forecaster) -> dict[str, Any]:
    """Everything that the view needs, as JSON can hold it.

    Args:
        model: a loaded model or a reference, of a known signal and one channel.

    Raises:
        InputError: as `stated`.
    """
    known, signal, length, ahead = stated(model), model.signal, model.context_length, model.horizon
    calibrated = intervals.calibrate_on_signal(
        lambda windows: model.forecast(windows, ahead), signal, length, ahead, LEVEL, seed=HELD_OUT_SEEDS
    )
    return {**known, "level": LEVEL, "radius": rounded(calibrated.radius)}


def stated(model: Forecaster) -> dict[str, Any]:
    """What every view of a model needs to compute its forecasts and those beside it.

    Args:
        model: a loaded model or a reference, of a known signal and one channel.

    Raises:
        InputError: its signal is not known, or it reads channels beside the values.
    """
    if model.process is None or len(model.channels) > 1:
        raise InputError(f"{model.name} has no known signal of one channel: its forecasts need the server.")
    signal, length, ahead = model.signal, model.context_length, model.horizon
    family = next(name for name, kind in FAMILIES.items() if type(signal) is kind)
    network: dict[str, Any] = {"architecture": "", "heads": 1, "scale": [0.0, 1.0], "reference": model.reference}
    if has_bundle(model):
        known = model.manifest
        network |= {"architecture": known.architecture, "scale": known.contract.scaling.numbers}
        network["heads"] = known.config.get("heads", 1)
    seen = has_bundle(model) or REFERENCES[model.reference].knows_signal
    extent = familiarity.of(signal, length).facts() if seen else None
    return {
        **network,
        "name": model.name,
        "length": length,
        "horizon": ahead,
        "signal": {"family": family, **dataclasses.asdict(signal)},
        "knobs": [knob._asdict() for knob in signal.scene(length).knobs],
        "noun": signal.noun,
        "familiarity": extent and {key: rounded(value) for key, value in extent.items()},
    }


def rounded(values: ArrayLike, digits: int = DIGITS) -> Any:
    """A number or nested lists of numbers with as many significant digits."""
    if np.ndim(values) == 0:
        return float(f"{float(np.asarray(values)):.{digits}g}")
    return [rounded(each, digits) for each in np.asarray(values)]


Term = Callable[..., str]
"""Makes a word with a definition HTML; a second argument replaces the word in the text."""


def lead(known: Forecaster, term: Term) -> str:
    """What to notice, as HTML. For a network it depends on its score on its training signal."""
    bayes = term("Bayes")
    act = f"Drag a value or change the signal, and watch the distance between the model and {bayes}"
    if not has_bundle(known):
        if known.reference == "bayes":
            return (
                "Drag a value and watch the best forecast of its signal move. Change the noise, and it may differ "
                f"from {bayes}, which knows the new noise."
            )
        return f"{act}. This model is a weighted sum of the window with fixed weights."
    excess = known.manifest.score.excess
    if excess is None:
        return f"{act}. The training signal has no noise, so {bayes} makes no error on it."
    if excess[0] < NEAR:
        return f"{act}. On the training signal they nearly agree; on other signals they differ."
    return f"{act}. Even on the training signal the two differ."
