"""What Python tells the views Predict and Roll out."""

from __future__ import annotations

import math

import numpy as np
import pytest

import seqzoo
from seqzoo.bundles.store import SHIPPED
from seqzoo.errors import InputError
from seqzoo.forecasters.table import REFERENCES
from seqzoo.pages import predict, roll_out
from seqzoo.signals import FAMILIES

MODEL = seqzoo.load("linear.sine", "onnx")


def test_every_shipped_bundle_and_reference_has_stored_errors_none_of_which_lies_below_the_floor() -> None:
    models = {path.name: seqzoo.load(path.name, "onnx") for path in SHIPPED.iterdir()}
    models |= {f"{name}.{family}": seqzoo.load(f"{name}.{family}") for name in REFERENCES for family in FAMILIES}
    for name, model in models.items():
        errors = roll_out.stored(model)
        assert errors is not None, name
        assert set(roll_out.STEPS) <= set(errors["steps"]) <= set(range(1, 1001)) and errors["ending"], name
        floor = np.array(errors["bayes"]["mse"])
        for line in ("model", "linear", "rolled_linear"):
            assert (np.array(errors[line]["mse"]) >= floor * (1 - 1e-3)).all(), (name, line)
    assert len(roll_out._stored()) == len(models)


def test_between_the_steps_that_are_stated_errors_are_nearly_straight() -> None:
    every = np.arange(1, 301)
    wave, slow = 1.1 + np.sin(every / 3), every / 100.0
    steps = np.array(roll_out._stated([slow, wave]))
    assert np.abs(np.interp(every, steps, wave[steps - 1]) / wave - 1).max() < 0.1 and len(steps) < 250
    assert roll_out._stated([slow]) == [step for step in roll_out.STEPS if step <= 300]


def test_stored_errors_are_those_that_other_windows_have() -> None:
    fresh = roll_out.measure(MODEL, 30, 300).facts()
    stored = roll_out.facts(MODEL)["errors"]
    assert stored is not None
    for step in (1, 10, 30):
        a, b = (errors["steps"].index(step) for errors in (fresh, stored))
        for line in ("model", "bayes", "rolled_linear"):
            (x, dx), (y, dy) = ((e[line]["mse"][n], e[line]["se"][n]) for e, n in ((fresh, a), (stored, b)))
            assert abs(x - y) < 5 * math.hypot(dx, dy), (step, line)


def test_a_reference_has_facts_too_and_the_straight_line_knows_no_signal_to_lie_outside_of() -> None:
    facts = predict.facts(seqzoo.load("bayes.sine"))
    assert facts["reference"] == "bayes" and facts["architecture"] == "" and facts["familiarity"]["sd"] > 0
    assert predict.facts(seqzoo.load("line.recall"))["familiarity"] is None

    class Measured:
        process, channels, name = None, ("value",), "own"

    with pytest.raises(InputError, match="own has no known signal"):
        predict.facts(Measured())  # type: ignore[arg-type]
