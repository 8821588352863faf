"""The networks that a page computes: equal to what every bundle states."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
from playwright.sync_api import Page
from safetensors.numpy import load as parse

from seqzoo._arrays import FloatArray
from seqzoo.bundles.store import GOLDEN, SHIPPED, WEIGHTS, open_bundle
from seqzoo.evaluation.sensitivity import exact
from seqzoo.microscope.feedforward import FeedForward
from seqzoo.microscope.modules import PACKAGE

SCRIPT = """async (given) => {
  const { parseSafetensors } = await import("/microscope/js/cell.js");
  const { compiled } = await import("/microscope/js/core.js");
  const { networkOf } = await import("/pages/js/networks.js");
  const read = async (path) => (await fetch(path)).arrayBuffer();
  const core = await compiled(await read("/microscope/js/core.wasm"));
  return JSON.stringify(await Promise.all(JSON.parse(given).map(async ({ weights, context, ...facts }) => {
    const tensors = parseSafetensors(await read(weights));
    const engines = `${facts.architecture}.weight_hh_l0` in tensors ? [core, null] : [null];
    return engines.map((engine) => {
      const forecast = networkOf(facts, tensors, engine);
      return context.map((window) => [...forecast(window, 1)]); // with a number of steps, as the views ask;
    });
  })));
}"""


def test_every_shipped_network_forecasts_its_golden_tensors_with_and_without_the_compiled_core(
    page: Page,
) -> None:
    names = sorted(path.name for path in SHIPPED.iterdir())
    asked, expected = [], []
    for name in names:
        bundle = open_bundle(SHIPPED / name)
        golden, facts = parse(bundle.read(GOLDEN)), bundle.manifest
        asked.append({
            "architecture": facts.architecture, "heads": facts.config.get("heads", 1),
            "scale": facts.contract.scaling.numbers,
            "weights": _address(name),
            "context": golden["context"][:, :, 0].astype(float).tolist(),
        })  # fmt: skip
        expected.append(golden["forecast"])
    answers = json.loads(page.evaluate(SCRIPT, json.dumps(asked)))
    assert len(answers) == 17
    for name, ways, forecast in zip(names, answers, expected, strict=True):
        for way in ways:
            np.testing.assert_allclose(np.array(way), forecast, atol=1e-5, rtol=0, err_msg=name)


SLOPES = """async (given) => {
  const { parseSafetensors } = await import("/microscope/js/cell.js");
  const { Scaled } = await import("/pages/js/networks.js");
  return JSON.stringify(await Promise.all(JSON.parse(given).map(async ({ weights, windows, off, ...facts }) => {
    const inside = new Scaled(facts, parseSafetensors(await (await fetch(weights)).arrayBuffer()));
    const set = new Set(off);
    const forecastOf = (window) => (off.length ? inside.slope(window, 1, set).forecast : inside.forecast(window)[0]);
    return windows.map((window) => {
      const { forecast, derivative } = inside.slope(window, 1, set);
      const shares = (inside.attention(window, set) ?? []).map((head) => head.at(-1));
      return { forecast, derivative: [...derivative], shares,
        quotient: window.map((_, t) => {
          const moved = (by) => forecastOf(window.map((value, n) => value + (n === t ? by : 0)));
          return (moved(1e-5) - moved(-1e-5)) / 2e-5;
        }) };
    });
  })));
}"""


def test_derivatives_and_attention_of_a_feed_forward_network_are_those_of_python_with_units_on_and_off(
    page: Page,
) -> None:
    asked: list[dict[str, Any]] = []
    expected = []
    windows = np.random.default_rng(0).normal(0, 0.7, (2, 20))
    windows[1, 3] = 2.0  # beyond what the picture of gaf_cnn holds
    for name in ("linear.sine", "mlp.recall", "tcn.sine", "transformer.sine", "gaf_cnn.sine"):
        inside = FeedForward(open_bundle(SHIPPED / name))
        facts = open_bundle(SHIPPED / name).manifest
        for off in (frozenset(), frozenset({0, 5})):
            if (off and not inside.units) or (not off and name in ("tcn.sine", "gaf_cnn.sine")):
                continue
            asked.append({
                "architecture": facts.architecture, "heads": facts.config.get("heads", 1), "off": list(off),
                "scale": facts.contract.scaling.numbers, "weights": _address(name),
                "windows": windows.tolist(),
            })  # fmt: skip
            forecast = partial(_next, inside, off)
            attention = inside.run(windows[:, :, None], off).attention
            last = [[block[n, head, -1] for block in attention for head in range(inside.heads)] for n in range(2)]
            expected.append((name, [exact(forecast, window) for window in windows], last))
    asked += [asked[1] | {"scale": [0.2, 1.0, 0.05]}, asked[1] | {"scale": [0.2, 1.0, 0.05, 4]}]
    answers = json.loads(page.evaluate(SLOPES, json.dumps(asked)))
    for (name, slopes, shares), rows in zip(expected, answers, strict=False):
        for slope, share, row in zip(slopes, shares, rows, strict=True):
            assert abs(row["forecast"] - slope.forecast) < 1e-9, name
            np.testing.assert_allclose(row["derivative"], slope.derivative, atol=1e-5, rtol=0, err_msg=name)
            np.testing.assert_allclose(row["shares"], share, atol=1e-9, rtol=0, err_msg=name)
    for row in (row for rows in answers for row in rows):  # scaled by window, too
        np.testing.assert_allclose(row["derivative"], row["quotient"], atol=1e-6, rtol=1e-6)


def _address(name: str) -> str:
    return f"/{(SHIPPED / name / WEIGHTS).relative_to(PACKAGE).as_posix()}"


def _next(inside: FeedForward, off: frozenset[int], windows: FloatArray) -> FloatArray:
    return inside.forecast(windows, off)[:, 0]
