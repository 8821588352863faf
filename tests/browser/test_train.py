"""The view Train, in a real browser: a run that many can watch and that outlives them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import numpy as np
from playwright.sync_api import expect
from safetensors.numpy import load

import seqzoo
from seqzoo.bundles import store
from seqzoo.execution.runs import film
from seqzoo.runtime.engines.numpy import NumpyEngine
from support.axe import violations
from support.serving import Running

Visit = Callable[..., Any]

RUN = "new URLSearchParams(location.search).get('run')"
COURSE = "#panel-train .chart[aria-label^='Error by training step']"
LONG = "/models/lstm.sine?view=train&size=32&batch=16&steps=20000"
# A run that is gone, settings that are none, and one below what its slider allows.
SENSELESS = "/models/lstm.two_tone?view=train&sigma=0.01&run=%3Cb%3Ex&rate=nan&size=1e9&optimiser=sgd&at=x&scale=y"


NOTE = """(course) => {
  const [chart, began] = [document.querySelector(course), performance.now()];
  window.noted = [];
  new MutationObserver(() => noted.push([performance.now() - began, chart.getAttribute("aria-label")]))
    .observe(chart, {attributes: true, attributeFilter: ["aria-label"]});
}"""


def press(page: Any, label: str) -> None:
    page.locator("#panel-train").get_by_role("button", name=label, exact=True).click()


def evaluations(page: Any) -> int:
    found = re.search(r"(\d+) evaluations", page.get_attribute(COURSE, "aria-label"))
    return 0 if found is None else int(found[1])


def wait_for_more(page: Any, than: int) -> None:
    page.wait_for_function(
        "([chart, than]) => (document.querySelector(chart)?.getAttribute('aria-label').match(/(\\d+) evaluations/)"
        " ?? [0, 0])[1] > than",
        arg=[COURSE, than], timeout=120_000, polling=100,
    )  # fmt: skip


def wait_until(page: Any, said: str) -> None:
    expect(page.locator("#panel-train p[aria-live]")).to_contain_text(said, timeout=120_000)


def shows_the_network_at_any_moment(page: Any, app: Running) -> None:
    """The film of the run on a page: its frames forecast what their weights do, and the address holds the moment."""
    server, _, path = page.url.partition("/models")
    run = re.search(r"run=(\w+)", path)[1]
    facts = store.open_bundle(store.SHIPPED / "lstm.sine").manifest
    window = seqzoo.look_inside("lstm.sine").window
    expect(page.locator(".mz-said-of")).to_contain_text("of 20,000 steps: mean squared error")
    slider, forecasts = page.locator(".mz-film input"), set()
    for frame in (0, 10, 14):
        slider.fill(str(frame))
        if frame == 10:
            slider.press("ArrowLeft")
        step = film.schedule(20_000, 20_000)[9 if frame == 10 else frame]
        page.wait_for_function("step => location.search.endsWith(`frame=${step}`)", arg=step)
        words = f"After {step:,} of 20,000 steps" if step else "Before training"
        expect(page.locator(".mz-said-of")).to_contain_text(words)
        data = httpx.get(f"{server}/api/runs/{run}/film/{step}.safetensors").content
        count = sum(tensor.size for tensor in load(data).values())
        engine = NumpyEngine(data, msgspec.structs.replace(facts, parameters=count))
        forecast = engine.run(np.array(window)[None, :, None])[0, 0]
        text = f"{forecast:.3f}".replace("-", "−")
        expect(page.locator(".mz-said dd >> nth=0")).to_have_text(text)
        forecasts.add(text)
    assert len(forecasts) > 1
    page.reload()
    expect(page.locator(".mz-said-of")).to_contain_text(words)
    expect(page.locator(".mz-said dd >> nth=0")).to_have_text(text)
    assert violations(page) == []
    # Another run, here a copy of the same, is drawn in the chart and shown beside it at the same moment.
    other = app.home / "runs" / ("f" * 12)
    shutil.copytree(app.home / "runs" / run, other)
    page.wait_for_selector(f"[data-knob=versus] option[value='{other.name}']", state="attached")
    page.select_option("[data-knob=versus]", other.name)
    page.wait_for_function("document.querySelectorAll('.mz-two .mz-lanes, .mz-lanes b').length === 3")
    expect(page.locator(COURSE)).to_have_attribute("aria-label", re.compile("The run of .* SOAP"))
    expect(page.locator(".mz-lanes b >> nth=1")).to_have_text(text)
    slider.fill("0")
    expect(page.locator(".mz-said-of")).to_have_text("Before training")
    page.wait_for_function("[...document.querySelectorAll('.mz-lanes b')].slice(0, 2).every((one, _, [first]) => "
                           f"one.textContent === first.textContent && one.textContent !== '{text}')")
    page.select_option("[data-knob=versus]", "none")
    expect(page.locator(".mz-pair > div")).to_have_count(1)
    shutil.rmtree(other)
    slider.fill("13")  # it plays one frame a second
    page.locator(".mz-film button").click()
    after = "step => Number(location.search.match(/frame=(\\d+)/)?.[1] ?? 1e9) > step"
    page.wait_for_function(after, arg=step, polling=100)
    page.locator(".mz-film button").click()
    assert httpx.get(f"{server}/api/runs/{run}/film/7000.safetensors").status_code == 404


def test_a_run_is_watched_paused_continued_seen_elsewhere_and_found_again_and_an_address_that_makes_no_sense_says_so(
    visit: Visit, app: Running
) -> None:
    page = visit(LONG)
    expect(page.locator("#panel-train button[disabled]")).to_have_text(["Pause", "Continue", "Stop", "Keep"])
    page.wait_for_selector(COURSE)
    page.evaluate(NOTE, COURSE)
    press(page, "Start")
    wait_until(page, "Training.")
    wait_for_more(page, 3)
    # The recorded course is drawn at once, long before torch is imported and there is a first point.
    told = page.evaluate("noted")
    drawn = next(at for at, label in told if "Recorded in the training of lstm.sine: 0.0107" in label)
    lived = next(at for at, label in told if "evaluations, steps" in label)
    assert drawn < lived / 2 and "no evaluation yet" in dict(map(tuple, told))[drawn]
    page.wait_for_function("location.search.includes('run=')")
    label = page.get_attribute(COURSE, "aria-label")
    assert all(name in label for name in ("last value 0.0", "best linear 0.012", "Bayes 0.010", "noise 0.01"))
    page.wait_for_selector(f"{COURSE} svg path >> nth=5", state="attached")

    other = visit("/models/lstm.sine?view=train")
    wait_for_more(other, 3)
    press(other, "Pause")
    wait_until(page, "Paused")
    reached = evaluations(page)
    address = page.url[page.url.index("/models") :]
    page.close()

    third = visit(SENSELESS)
    third.wait_for_selector("#panel-train [role=alert]:has-text('<b>x')")
    assert third.input_value("[data-knob=size]") == "192" and third.input_value("[data-knob=optimiser]") == "soap"
    press(other, "Continue")
    wait_until(other, "Training.")
    press(third, "Start")
    third.wait_for_selector("#panel-train [role=alert]:has-text('lstm.sine')")
    wait_for_more(other, reached)
    again = visit(address)
    wait_for_more(again, reached)
    expect(again.locator("[data-knob=size]")).to_have_value("32")
    expect(again.locator("[data-knob=steps]")).to_have_value("20000")
    press(again, "Stop")
    wait_until(other, "Stopped.")
    other.close()
    press(third, "Start")  # of what cannot go on, and says why
    wait_until(third, "grid")
    again.select_option("[data-knob=versus]", "none")
    expect(again.locator(COURSE)).not_to_have_attribute("aria-label", re.compile("Recorded"))
    again.wait_for_function("location.search.includes('versus=none')")
    shows_the_network_at_any_moment(again, app)


def test_a_run_no_better_than_the_last_value_cannot_be_kept_and_the_next_one_is_and_stands_in_the_gallery(
    visit: Visit,
) -> None:
    address = "/models/mlp.sine?view=train&size=8&steps=60&batch=16&sigma=0.2&rate=0.0001"
    page = visit(address, width=400, scheme="dark")
    page.wait_for_selector("#panel-train .panel >> nth=0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    unnamed = "e => e.filter(x => !x.getAttribute('aria-label') && !x.labels?.length).length"
    assert page.eval_on_selector_all("#panel-train :is(input, select)", unnamed) == 0
    press(page, "Start")
    wait_until(page, "Finished.")
    expect(page.locator("#panel-train").get_by_role("button", name="Keep", exact=True)).to_be_disabled()
    page.wait_for_selector("#panel-train .hint:has-text('no better than')")
    page.wait_for_selector("#panel-train h3:has-text('60 steps')")
    page.focus("[data-knob=at]")
    page.keyboard.press("Home")
    page.wait_for_function("location.search.includes('at=0')")
    page.wait_for_selector("#panel-train h3:has-text('10 steps')")
    expect(page.locator(COURSE)).to_have_attribute("aria-label", re.compile(r"noise 0\.04000"))
    press(page, "Distance above Bayes")
    page.wait_for_function("location.search.includes('scale=excess')")

    page.select_option("[data-knob=learning_rate]", "0.05")
    page.wait_for_function("location.search.includes('rate=0.05')")
    run = page.evaluate(RUN)
    press(page, "Start")
    page.wait_for_function(f"run => {RUN} !== run", arg=run)
    wait_until(page, "Finished.")
    page.fill("[data-knob=keep]", "mlp.sine")
    press(page, "Keep")
    page.wait_for_selector("#panel-train [role=alert]:has-text('mlp.sine')")
    page.fill("[data-knob=keep]", "mlp.sine-kept")
    press(page, "Keep")
    page.click("#panel-train a:has-text('mlp.sine-kept')", timeout=120_000)
    page.wait_for_selector("h1:has-text('mlp.sine-kept')")
    page.click("a.crumb")
    expect(page.locator("[data-model='mlp.sine-kept']")).to_be_visible()
