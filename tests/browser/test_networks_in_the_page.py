"""The networks that a page computes: equal to what every bundle states."""

from __future__ import annotations

import json

import numpy as np
from playwright.sync_api import Page
from safetensors.numpy import load as parse

from seqzoo.bundles.store import GOLDEN, SHIPPED, WEIGHTS, open_bundle
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
      return context.map((window) => [...forecast(window)]);
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
            "weights": f"/{(SHIPPED / name / WEIGHTS).relative_to(PACKAGE).as_posix()}",
            "context": golden["context"][:, :, 0].astype(float).tolist(),
        })  # fmt: skip
        expected.append(golden["forecast"])
    answers = json.loads(page.evaluate(SCRIPT, json.dumps(asked)))
    assert len(answers) == 17
    for name, ways, forecast in zip(names, answers, expected, strict=True):
        for way in ways:
            np.testing.assert_allclose(np.array(way), forecast, atol=1e-5, rtol=0, err_msg=name)
