"""What Python tells the views Predict and Roll out."""

from __future__ import annotations

import math

import numpy as np
import pytest

import seqzoo
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.errors import InputError
from seqzoo.pages import predict, roll_out

MODEL = seqzoo.load("linear.sine", "onnx")


def test_every_shipped_bundle_has_stored_errors_none_of_which_lies_below_the_floor() -> None:
    for path in SHIPPED.iterdir():
        errors = roll_out._stored()[roll_out._key(open_bundle(path))]
        assert set(roll_out.STEPS) <= set(errors["steps"]) <= set(range(1, 1001)) and errors["ending"], path.name
        floor = np.array(errors["bayes"]["mse"])
        for line in ("model", "linear", "rolled_linear"):
            assert (np.array(errors[line]["mse"]) >= floor * (1 - 1e-3)).all(), (path.name, line)
    assert len(roll_out._stored()) == len(list(SHIPPED.iterdir()))


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
