"""The signals that a page draws and forecasts: equal to those of Python, from the same seeds."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
from playwright.sync_api import Page

from seqzoo import signals
from seqzoo.app.model.own_window import rounded
from seqzoo.forecasters.exact import best_linear
from seqzoo.signals import FAMILIES

L, H = 20, 40
SCRIPT = """async (given) => {
  const { applied, bestLinear } = await import("/pages/js/linear.js");
  const { Random } = await import("/pages/js/random.js");
  const { signalOf } = await import("/pages/js/signals/families.js");
  const { rounded, SignalWindow } = await import("/pages/js/window.js");
  const { cases, pages, numbers } = JSON.parse(given);
  return JSON.stringify({
    cases: cases.map(({ signal, windows, H }) => {
      const known = signalOf(signal);
      const { weights, bias } = bestLinear(known, windows[0].length, H);
      return { weights: [...weights], bias: [...bias], windows: windows.map((window) => {
        const { mean, variance } = known.posterior(window, H);
        const { forecast, derivative } = known.slope(window, 2);
        return { mean: [...mean], variance: [...variance], forecast, derivative: [...derivative],
          linear: [...applied({ weights, bias }, window)] };
      }) };
    }),
    pages: pages.map(({ facts, query, H }) => {
      const window = new SignalWindow(facts, query);
      const { context, query: written } = window;
      return { context, clean: window.clean(H), written };
    }),
    numbers: numbers.map((seed) => {
      const random = new Random(seed);
      return [random.uniform(), random.below(19), random.below(7), ...random.normals(3000), random.uniform()];
    }),
    rounded: [[0.12345678, -1.5], [1e9 + 0.123456, 1e9 + 2], [123456.789, 3], [0, 0]].map(rounded),
  });
}"""
CASES = [
    *((family, {}) for family in FAMILIES),
    ("sine", {"sigma": 0.0}),
    ("sine", {"sigma": 1e-3, "angular_frequency": 0.4, "amplitude": 2.0}),
    ("sine", {"amplitude": 0.0}),
    ("square", {"sigma": 0.0}),
    ("recall", {"sigma": 0.0}),
    ("two_tone", {"slow_amplitude": 0.0, "sigma": 0.3}),
]
QUERIES = [
    {}, {"seed": "9", "noise": "0.3"}, {"draw": "7"}, {"draw": "7", "noise": "0.4"},
    {"values": "3_0.5~20_-1~99_1~4_x"},
    {"pasted": "_".join(["0.5"] * L), "values": "1_2"}, {"seed": "nan", "draw": "-3", "pasted": "1_2"},
]  # fmt: skip


def facts_of(signal: signals.Signal) -> dict[str, Any]:
    family = next(name for name, kind in FAMILIES.items() if type(signal) is kind)
    return {"family": family, **dataclasses.asdict(signal)}


def test_draws_posteriors_and_best_linear_forecasts_are_those_of_python(page: Page) -> None:
    cases, pages = [], []
    for family, parameters in CASES:
        signal = signals.make(family, parameters)
        drawn = signal.draw(3, L, 1, np.random.default_rng(1)).context
        strange = np.random.default_rng(2).normal(size=(1, L)) * 2
        windows = np.concatenate([drawn, strange] if signal.sigma else [drawn])
        cases.append({"signal": facts_of(signal), "windows": windows.tolist(), "H": H})
    for kind in FAMILIES.values():
        signal = kind()
        knobs = [knob._asdict() for knob in signal.scene(L).knobs]
        for query in QUERIES:
            facts = {"length": L, "horizon": 1, "signal": facts_of(signal), "knobs": knobs}
            pages.append({"facts": facts, "query": query, "H": 1})
    seeds = [0, 3, 2**31, 2**40 + 1]
    given = json.dumps({"cases": cases, "pages": pages, "numbers": seeds})  # a text is quicker than many numbers
    answer = json.loads(page.evaluate(SCRIPT, given))
    for (family, parameters), case, result in zip(CASES, cases, answer["cases"], strict=True):
        signal, windows, name = signals.make(family, parameters), np.array(case["windows"]), f"{family} {parameters}"
        mean, variance = signal.posterior(windows, H)
        linear = best_linear(signal, L, H)
        close = 3e-6 if signal.sigma else 1e-5  # Python's quadrature sums in single precision
        for row, window in enumerate(result["windows"]):
            np.testing.assert_allclose(window["mean"], mean[row], atol=close, err_msg=name)
            np.testing.assert_allclose(window["variance"], variance[row], atol=close, err_msg=name)
            np.testing.assert_allclose(window["linear"], linear(windows)[row], atol=1e-7, err_msg=name)
            slope = signal.slope(windows[row], 3)
            assert abs(window["forecast"] - mean[row, 2]) < close
            if slope is not None:
                np.testing.assert_allclose(window["derivative"], slope[1], atol=1e-6, err_msg=name)
        np.testing.assert_allclose(np.reshape(result["weights"], (H, L)), linear.weights, atol=1e-7, err_msg=name)
        np.testing.assert_allclose(result["bias"], linear.bias, atol=1e-9, err_msg=name)
    for asked, result in zip(pages, answer["pages"], strict=True):
        the_window_of_an_address_is_that_of_the_app(asked, result)
    for seed, numbers in zip(seeds, answer["numbers"], strict=True):
        rng = np.random.default_rng(seed)
        expected = [rng.random(), rng.integers(0, 19), rng.integers(0, 7), *rng.standard_normal(3000), rng.random()]
        np.testing.assert_allclose(numbers, expected, atol=1e-9)
    rows = [[0.12345678, -1.5], [1e9 + 0.123456, 1e9 + 2], [123456.789, 3], [0, 0]]
    assert [list(map(float, row)) for row in answer["rounded"]] == [rounded(row).tolist() for row in rows]


def the_window_of_an_address_is_that_of_the_app(page: dict[str, Any], result: dict[str, Any]) -> None:
    from seqzoo.app.model.window import SignalWindow

    facts, query = page["facts"], page["query"]
    signal = signals.make(facts["signal"]["family"], {k: v for k, v in facts["signal"].items() if k != "family"})
    window = SignalWindow(Visit(signal, dict(query)))  # type: ignore[arg-type]
    np.testing.assert_allclose(result["context"], window.context(), atol=1e-9, err_msg=str(page))
    if window.pasted is not None:
        assert result["clean"] is None
    elif window.draw is None:
        _, clean = window.scene.window(window.values, L, 1, window.seed)
        np.testing.assert_allclose(result["clean"], clean, atol=1e-9)
    else:
        (clean,) = window._source().clean(1, L, 1, np.random.default_rng(window.draw))
        np.testing.assert_allclose(result["clean"], clean, atol=1e-9)
    assert {key: result["written"].get(key) for key in ("pasted", "values")} == {
        key: window._written()[key] for key in ("pasted", "values")
    }


class Visit:
    """As much of a visit as a window needs."""

    def __init__(self, signal: signals.Signal, query: dict[str, str]) -> None:
        self.known = self
        self.signal, self.query, self.context_length, self.horizon = signal, query, L, 1

    def number(self, key: str, default: float, low: float, high: float) -> float:
        from seqzoo.app.ui.address import Address

        return Address("", self.query).number(key, default, low, high)
