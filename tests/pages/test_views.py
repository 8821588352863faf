"""What the views Predict and Roll out state: stored errors, axes, pasted values."""

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
from support.in_node import computed

SCRIPT = """
import { scaleOf, typeset } from "./pages/js/chart.js";
import { pasted } from "./pages/js/controls.js";
import { subjectOf } from "./pages/js/subject.js";
const told = (act) => { try { return act(); } catch (error) { return error.message; } };
const main = async ({ ranges, texts, words, facts, windows }) => ({
  subjects: await Promise.all(windows.map(async (window) => {
    const asked = { ...facts, view: window && { pasted: window.join("_") } };
    const host = { get: (name) => asked[name], forecast: async (values, steps) => Array(steps).fill(values.at(-1)) };
    const subject = await subjectOf(host);
    const { model, bayes } = subject.forecasts();
    return { note: subject.outside()?.note ?? "", standing: subject.standing, model: await model, bayes: [...bayes],
      far: await subject.farther(3) };
  })),
  rule: await (await subjectOf({ get: (name) => ({ ...facts, reference: "window_mean" })[name],
    forecast: async (values, steps) => Array(steps).fill(7) })).farther(2),
  scales: ranges.map((ends) => scaleOf(ends)),
  texts: texts.map((text) => told(() => pasted(text, 3))),
  words: words.map(typeset),
});"""
MODEL = seqzoo.load("linear.sine", "onnx")
RANGES = [(0.45, 1.15), (-1.3, 1.25), (1.7e9 + 0.1, 1.7e9 + 0.9), (-3e-7, 2e-7), (120, 9_700), (0.1, 0.1)]


def test_a_view_reads_judges_and_draws_a_window_as_python_does() -> None:
    texts = ["1, 2;3\n−4e-1", "", "1 2", "1 two 3", "1 2 1e39"]
    words = ["lstm.sine-h50 -0.5", "−1", "3e-05", "2024-01-02"]
    own = {**predict.facts(MODEL), "architecture": "one of a plugin"}  # whose forecasts the server computes
    windows = [None, [5.0] * 20, [step / 10 - 0.95 for step in range(20)], [0.0] * 20]
    given = {"ranges": RANGES, "texts": texts, "words": words, "facts": own, "windows": windows}
    answer = computed(SCRIPT, given)
    for window, subject in zip(windows, answer["subjects"], strict=True):
        outside = None if window is None else MODEL.outside(window)
        assert subject["note"] == ("" if outside is None else outside.note)
        assert subject["standing"] == ("the best possible" if window is None else "the best for the sine it assumes")
        if window is not None:
            assert subject["model"] == window[-1:] and subject["far"] == window[-1:] * 3
            bayes = MODEL.signal.posterior(np.array([window]), 1)[0]
            assert subject["bayes"] == pytest.approx(bayes[0], abs=1e-6)
    assert answer["rule"] == [7, 7]  # of a reference that the page does not know
    for (low, high), (bottom, top, step) in zip(RANGES, answer["scales"], strict=True):
        assert bottom <= low and high <= top
        decimals = max(0, -math.floor(math.log10(step)))
        for end in (bottom, top):
            assert end == float(f"{end:.{decimals}f}")  # a label of 1.2000000000000002 would push the chart aside
    assert answer["texts"][0] == {"values": [2, 3, -0.4], "understood": "The text: 4 numbers; the last 3 are taken."}
    assert answer["texts"][1] is None and answer["texts"][2] == "Expected at least 3 numbers, the text has 2."
    assert "“two” at place 2" in answer["texts"][3] and "“1e39” at place 3" in answer["texts"][4]
    assert answer["words"] == ["lstm.sine-h50 −0.5", "−1", "3e−05", "2024-01-02"]


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
