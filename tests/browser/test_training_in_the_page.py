"""Training in the browser, against PyTorch and against itself; and the view that shows it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect
from safetensors.numpy import load as parse
from torch import nn

from seqzoo import _palette
from seqzoo.bundles import store
from seqzoo.microscope.modules import PACKAGE
from seqzoo.pages import train
from seqzoo.signals.sine import Sine
from seqzoo.training.optimisers import Adam, Soap, averaged
from seqzoo.zoo import _registry
from seqzoo.zoo._recipes import Recipe
from support import axe

SETTINGS = {"size": 8, "learning_rate": 0.016, "batch_size": 64, "steps": 300}  # of the others, the default

IMPORTS = """
  const load = (name) => import(`/pages/js/training/${name}.js`);
  const { compiled } = await import("/microscope/js/core.js");
  const core = await compiled(await (await fetch("/microscope/js/core.wasm")).arrayBuffer());
"""
GRADIENTS = """async ({architecture, K, L, B}) => {IMPORTS
  const { network } = await load("networks");
  const { Stream } = await load("stream");
  const { draw, bayes } = await load("windows");
  const { sine } = await import("/pages/js/signals/sine.js");
  const signal = sine({ angular_frequency: 0.02, amplitude: 1, sigma: 0.1 });
  const net = network(architecture, K, L, core);
  const parameters = net.initial(new Stream(3, 1));
  const { windows, targets } = draw(signal, L, B, new Stream(3, 2));
  const { loss, gradient } = net.gradient(parameters, windows, targets);
  const pair = ([name, { shape, data }]) => [name, [shape, [...data]]];
  const plain = (of) => Object.fromEntries(Object.entries(net.named(of)).map(pair));
  return { windows: [...windows], targets: [...targets], loss, parameters: plain(parameters),
    gradient: plain(Float32Array.from(gradient)), bayes: [...bayes(signal, L, windows)] };
}""".replace("IMPORTS", IMPORTS)
STEPS = """async ({gradients, parameters, rate, clip}) => {IMPORTS
  const { Adam, Soap, average } = await load("optimisers");
  const groups = [{ m: 4, n: 4, parts: [{ at: 0, width: 3 }, { at: 12, width: 1 }] }];
  return [new Adam(16, clip), new Soap(groups)].map((optimiser) => {
    let now = Float32Array.from(parameters);
    const averaged = now.slice();
    gradients.forEach((gradient, n) => {
      const next = new Float32Array(16);
      optimiser.step(Float32Array.from(gradient), now, next, rate);
      average(averaged, (now = next), n + 1, 0.25);
    });
    return [[...now], [...averaged]];
  });
}""".replace("IMPORTS", IMPORTS)
RUNS = """async ({facts, settings, others}) => {IMPORTS
  const { Training } = await load("training");
  const { bayes } = facts.noises.find((one) => one.sigma === settings.sigma).mse;
  const run = (settings) => new Training(settings, { ...facts, bayes }, core);
  const end = (one) => { while (!one.isDone) one.advance(); return one.evaluations; };
  const alone = others.map((settings) => end(run(settings)));
  const together = others.map(run); // a step of one, then a step of the other, and forecasts between them
  while (together.some((one) => !one.isDone)) for (const one of together) if (!one.isDone) {
    one.advance();
    one.forecast(one.heldOut.subarray(0, 3 * facts.length));
  }
  return [end(run(settings)), alone, together.map((one) => one.evaluations)];
}""".replace("IMPORTS", IMPORTS)


@pytest.mark.parametrize("architecture", list(train.ARCHITECTURES))
def test_a_network_in_the_page_has_the_loss_and_the_gradient_of_its_pytorch_module(
    architecture: str, page: Page
) -> None:
    length, units, count = 20, 5, 7
    given = page.evaluate(GRADIENTS, {"architecture": architecture, "K": units, "L": length, "B": count})
    design = _registry.architecture(architecture)
    module = design.build(design.config(context_length=length, hidden_size=units))  # type: ignore[call-arg]
    tensors = {name: torch.tensor(data).reshape(shape) for name, (shape, data) in given["parameters"].items()}
    module.load_state_dict(tensors)  # the same names and shapes, and no other
    windows = torch.tensor(given["windows"]).reshape(count, length, 1)
    loss = nn.functional.mse_loss(module(windows)[:, 0], torch.tensor(given["targets"]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert given["loss"] == pytest.approx(loss.item(), rel=1e-5)
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None
        seen = np.reshape(given["gradient"][name][1], parameter.shape)
        assert np.abs(seen - parameter.grad.numpy()).max() < 1e-5, name
    best, _ = Sine(sigma=0.1).posterior(windows[:, :, 0].double().numpy(), 1)
    assert np.abs(best[:, 0] - given["bayes"]).max() < 1e-9


def test_the_optimisers_in_the_page_make_the_steps_of_those_in_python(page: Page) -> None:
    rng = np.random.default_rng(0)
    gradients = (rng.standard_normal((13, 16)) * 10.0 ** rng.uniform(-2, 0, 16)).astype(np.float32)
    begin = rng.standard_normal(16).astype(np.float32)
    rate, clip = 0.01, 1.0
    given = {"gradients": gradients.tolist(), "parameters": begin.tolist(), "rate": rate, "clip": clip}
    seen = page.evaluate(STEPS, given)
    for (now, mean), optimiser_of in zip(seen, (lambda layer: Adam(layer, clip), Soap), strict=True):
        layer = nn.Linear(3, 4)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(begin[:12].reshape(4, 3)))
            layer.bias.copy_(torch.from_numpy(begin[12:]))
        average = torch.from_numpy(begin.copy())
        optimiser = optimiser_of(layer)
        for step, gradient in enumerate(gradients):
            layer.weight.grad = torch.from_numpy(gradient[:12].reshape(4, 3).copy())
            layer.bias.grad = torch.from_numpy(gradient[12:].copy())
            optimiser.step(rate)
            whole = torch.cat([layer.weight.detach().flatten(), layer.bias.detach()])
            averaged(average, whole, step + 1, 0.25)
        moved = np.abs(whole.numpy() - begin).max()
        assert np.abs(np.array(now) - whole.numpy()).max() < 1e-3 * moved
        assert np.abs(np.array(mean) - average.numpy()).max() < 1e-3 * moved


def test_a_run_falls_below_the_best_linear_forecaster_and_has_the_same_bits_however_it_is_divided(page: Page) -> None:
    facts = train.facts()
    settings = {**facts["defaults"], **SETTINGS}
    short = {**settings, "size": 5, "batch_size": 16, "steps": 60}
    others = [{**short, "architecture": "gru"}, {**short, "architecture": "mlp", "optimiser": "adam", "seed": 1}]
    whole, alone, together = page.evaluate(RUNS, {"facts": facts, "settings": settings, "others": others})
    errors = next(one["mse"] for one in facts["noises"] if one["sigma"] == settings["sigma"])
    linear = errors["best_linear"] / errors["bayes"] - 1
    assert whole[0]["excess"] > 5 and whole[-1]["excess"] < 0.9 * linear
    recipe = Recipe(steps=300)
    assert [point["step"] for point in whole] == [step for step in range(1, 301) if recipe.is_evaluated_at(step)]
    assert alone == together and len(alone[0]) == 6
    assert alone[0][-1]["excess"] != alone[1][-1]["excess"]


MOUNT = """async ({facts, view, styles}) => {
  const { train } = await import("/pages/js/training/view.js");
  const style = (text) => document.head.append(Object.assign(document.createElement("style"), { textContent: text }));
  styles.forEach(style);
  const main = document.body.appendChild(document.createElement("main"));
  main.innerHTML = "<h1>Train</h1>";
  window.told = view;
  train(main, {
    get: (name) => (name === "view" ? window.told : facts[name]),
    tell: (_, now) => { window.told = now; },
    listen: () => () => {},
  });
}"""
CURVE = ".pv-chart path[stroke='var(--model)'] >> nth=0"
ASKED = {"size": "5", "steps": "40", "batch": "16", "seed": "7", "rate": "0.01", "architecture": "gru"}


def test_the_view_trains_pauses_keeps_earlier_curves_and_gives_the_weights(page: Page) -> None:
    sheets = [path for name in ("theme", "views", "training") for path in PACKAGE.rglob(f"{name}.css")]
    styles = [_palette.css_of_scheme(), *(path.read_text("utf-8") for path in sheets)]
    facts = json.loads(json.dumps(train.facts()))
    page.evaluate(MOUNT, {"facts": facts, "view": {**ASKED, "sigma": "9"}, "styles": styles})
    act, standing = page.locator(".tr .primary"), page.locator(".tr .standing")
    expect(page.locator(".tr .notice")).to_have_text(
        "Noise, std. dev.: the address asks for “9”, but it has to be one of 0.05, 0.1, 0.2. 0.1 is set instead."
    )
    page.get_by_role("button", name="Error", exact=True).click()
    assert page.evaluate("window.told") == {**ASKED, "axis": "error"}
    page.get_by_role("button", name="Distance above Bayes").click()
    expect(page.locator(".tr .notice")).to_be_hidden()
    expect(page.locator("[data-knob=seed]")).to_have_value("7")
    act.click()
    expect(act).to_have_text("Start")
    expect(standing).to_have_text(re.compile(r"^After 40 of 40 steps it is [\d.,]+% above Bayes"))
    first, path = standing.inner_text(), page.locator(CURVE).get_attribute("d")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    tensors = parse(download.value.path().read_bytes())
    shipped = parse((store.SHIPPED / "gru.sine" / store.WEIGHTS).read_bytes())
    assert {name: value.ndim for name, value in tensors.items()} == {name: v.ndim for name, v in shipped.items()}
    assert tensors["gru.weight_hh_l0"].shape == (15, 5)
    act.click()  # the same settings again
    expect(standing).to_have_text(first)
    expect(act).to_have_text("Start")
    assert page.locator(CURVE).get_attribute("d") == path
    page.get_by_role("button", name="Adam at its usual").click()
    assert page.evaluate("window.told") == {**{k: v for k, v in ASKED.items() if k != "rate"}, "optimiser": "adam"}
    page.locator("[data-knob=size]").select_option("32")  # so that it cannot end before it is paused
    page.locator("[data-knob=steps]").select_option("4000")
    act.click()
    expect(standing).to_have_text(re.compile("of 4,000 steps"))
    act.click()
    expect(act).to_have_text("Continue")
    expect(page.locator(".pv-legend >> nth=0")).to_contain_text("earlier: GRU 5, SOAP 0.01")
    assert axe.violations(page) == []
    axe.narrow_and_dark(page)
    assert axe.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    act.click()
    expect(act).to_have_text("Pause")
    page.get_by_role("button", name="Reset").click()
    expect(act).to_have_text("Start")


def test_a_link_that_asks_for_what_cannot_be_trained_is_told_so_and_gets_the_usual(page: Page) -> None:
    facts = json.loads(json.dumps(train.facts()))
    hostile = {"size": "1e9", "steps": "-1", "batch": "1.5", "rate": "NaN", "architecture": "constructor",
               "optimiser": "__proto__", "sigma": "0", "seed": "", "axis": "toString"}  # fmt: skip
    read = """async ([view, facts]) => {
      const { settingsOf, viewOf } = await import("/pages/js/training/settings.js");
      const { settings, axis, refused } = settingsOf(view, facts);
      return [settings, refused.map(({ given }) => given).sort(), viewOf(settings, axis, facts)];
    }"""
    assert page.evaluate(read, [hostile, facts]) == [facts["defaults"], sorted(hostile.values()), {}]
    asked = {**ASKED, "sigma": "0.2", "axis": "error"}
    settings, refused, view = page.evaluate(read, [asked, facts])
    assert view == asked and settings["learning_rate"] == 0.01 and not refused
    rnn = page.evaluate(read, [{"architecture": "rnn"}, facts])[0]
    assert rnn == {**facts["defaults"], "architecture": "rnn", **train.RECIPES["rnn"]}
