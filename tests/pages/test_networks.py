"""The networks that a page computes: equal to what every bundle states."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import load as parse

from seqzoo.bundles.store import GOLDEN, SHIPPED, WEIGHTS, open_bundle
from support.in_node import computed

SCRIPT = """
import { readFileSync } from "node:fs";
import { parseSafetensors } from "./microscope/js/cell.js";
import { compiled } from "./microscope/js/core.js";
import { networkOf } from "./pages/js/networks.js";
async function main({ bundles }) {
  const core = await compiled(readFileSync("microscope/js/core.wasm"));
  return bundles.map(({ weights, context, ...facts }) => {
    const tensors = parseSafetensors(readFileSync(weights));
    const engines = `${facts.architecture}.weight_hh_l0` in tensors ? [core, null] : [null];
    return engines.map((engine) => {
      const forecast = networkOf(facts, tensors, engine);
      return context.map((window) => [...forecast(window)]);
    });
  });
}"""


def test_every_shipped_network_forecasts_its_golden_tensors_with_and_without_the_compiled_core() -> None:
    names = sorted(path.name for path in SHIPPED.iterdir())
    asked, expected = [], []
    for name in names:
        bundle = open_bundle(SHIPPED / name)
        golden, facts = parse(bundle.read(GOLDEN)), bundle.manifest
        asked.append({
            "architecture": facts.architecture, "heads": facts.config.get("heads", 1),
            "scale": facts.contract.scaling.numbers, "weights": str(SHIPPED / name / WEIGHTS),
            "context": golden["context"][:, :, 0].astype(float).tolist(),
        })  # fmt: skip
        expected.append(golden["forecast"])
    answers = computed(SCRIPT, {"bundles": asked})
    assert len(answers) == 17
    for name, ways, forecast in zip(names, answers, expected, strict=True):
        for way in ways:
            np.testing.assert_allclose(np.array(way), forecast, atol=1e-5, rtol=0, err_msg=name)
