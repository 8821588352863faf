"""The static site in a browser, served as `python -m http.server` serves it, below the root of its host.

Its policy forbids `eval`, which `wait_for_function` needs for a second look: wait with `expect`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import seqzoo
from seqzoo import signals
from seqzoo.bundles import store
from seqzoo.evaluation.sensitivity import of_bayes
from seqzoo.microscope.feedforward import FeedForward
from seqzoo.pages import hero, roll_out
from seqzoo.pages.tours import TOURS
from support.axe import narrow_and_dark, violations
from support.hosts import served
from support.static_site import files
from support.stops import OUT_OF_SIGHT, SIZES

MODEL = "models/lstm.sine/"
SOME_STOPS = "tours/plateau/?stops=3,5,6"  # which a teacher has chosen on the first page
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("host")
    for name, data in files().items():
        path = root / "zoo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[str]:
    with served(folder) as address:
        yield f"{address}/zoo/"


@pytest.fixture
def visit(host: str, browser: Any, watched: Callable[[str], Any]) -> Visit:
    """Opens a page of the site; an error in it, or a request to another host, fails the test."""
    browser.servers[host] = "site.json"

    def go(path: str, *, width: int = 1400) -> Any:
        page = watched(host)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(host + path)
        return page

    return go


def shown(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def no_wider_than_the_window(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_first_page_forecasts_remembers_a_guess_and_leads_to_models_and_a_class_to_some_stops(visit, host):
    page = visit("")
    values = "points => points.map((point) => Number(point.ariaValueNow))"
    window = np.array(page.eval_on_selector_all(".hero .point", values))
    model = seqzoo.load(hero.MODEL, "numpy").predict(np.float32(window)[None, :, None]).item()
    expect(page.locator(".hero [data-of=model]")).to_have_text(shown(model, 2))
    best = signals.make("sine").posterior(window[None], 1)[0].item()
    expect(page.locator(".hero [data-of=bayes]")).to_have_text(shown(best, 2))
    assert violations(page) == []
    narrow_and_dark(page)
    assert violations(page) == []
    no_wider_than_the_window(page)
    page.click(".tours li[data-tour=gate] a")
    step = TOURS["gate"].steps[1]  # lstm.recall-k4 of the first one is not on this site
    expect(page.locator(".tour .tour-asks >> nth=0")).to_have_text(step.asks)
    page.wait_for_selector("html[data-staged]", state="attached")
    page.click(f"text='{step.choices[step.right - 1]}'")
    expect(page.locator(".tour-verdict >> nth=0")).to_contain_text("Right")
    page.goto(host)
    expect(page.locator(".tours li[data-tour=gate] .tour-progress")).to_have_text("1 of 6 stops answered")
    card = page.locator(".tours li[data-tour=plateau]")
    card.locator("summary").click()
    for box in card.locator("[type=checkbox]").all():
        box.set_checked(box.input_value() in "356")
    assert card.locator("[readonly]").input_value() == host + SOME_STOPS
    page.click("[aria-label='Architecture'] >> text='mlp'")
    expect(page.locator("a.model-card:not(.gone)")).to_have_count(1)
    page.click("[aria-label='Architecture'] >> text='all'")
    page.click("a.model-card[data-model='lstm.sine']")
    expect(page.locator("h1")).to_have_text("lstm.sine")


def test_all_views_of_a_model_show_one_window_which_is_that_of_python_and_stands_in_the_address(visit):
    page = visit(f"{MODEL}?view=inside&draw=4&with=mlp.sine")
    refusal = f"mlp.sine cannot stand beside lstm.sine: choose {hero.MODEL}."
    expect(page.locator("#panel-inside > .view > [role=alert]")).to_have_text(refusal)
    process = signals.make("sine")
    window = process.draw(1, 20, 1, np.random.default_rng(4)).context[0]
    model = seqzoo.load("lstm.sine", "numpy").predict(np.float32(window)[None, :, None]).item()
    said = page.locator("#panel-inside .mz-said dd")
    expect(said.nth(0)).to_have_text(shown(model, 3))
    expect(said.nth(2)).to_have_text(shown(of_bayes(process, window).forecast, 3))
    page.locator("#panel-inside .mz-point").nth(19).press("ArrowUp")
    expect(page).to_have_url(re.compile(r"values=20_"))
    changed = page.locator("#panel-inside .mz-point").nth(19).get_attribute("aria-valuenow")
    assert abs(float(changed) - window[19]) > 1e-3
    page.click("#tab-predict")
    point = page.locator("#panel-predict .point").nth(19)
    assert abs(float(point.get_attribute("aria-valuenow")) - float(changed)) < 6e-4
    assert violations(page) == []
    point.press("ArrowDown")
    page.click("#tab-rollout")
    expect(page.locator("#panel-rollout .chart svg >> nth=0")).to_be_visible()
    page.go_back()
    expect(page.locator("#tab-predict")).to_have_attribute("aria-selected", "true")
    page.click("#tab-inside")
    inside = page.locator("#panel-inside .mz-point").nth(19)
    expect(inside).not_to_have_attribute("aria-valuenow", changed)
    page.click("#panel-inside >> text='New window'")
    expect(page).to_have_url(re.compile("draw=5(?!.*values)"))
    fresh = process.draw(1, 20, 1, np.random.default_rng(5)).context[0]
    assert abs(float(inside.get_attribute("aria-valuenow")) - fresh[19]) < 6e-4
    page.click("#tab-card")
    expect(page.locator("#panel-card .prose h3 >> nth=0")).to_be_visible()
    narrow_and_dark(page)
    assert violations(page) == []
    no_wider_than_the_window(page)
    page.click("#tab-inside")
    page.evaluate("document.querySelector('.mz-pair').remove()")  # which other tests look at
    expect(page.locator("#panel-inside > .view > [role=alert]")).to_be_visible()
    assert violations(page) == []


def test_two_models_read_one_window_side_by_side_and_the_address_holds_both(visit):
    page = visit(f"{MODEL}?view=inside&draw=4&with={hero.MODEL}&with_unit=2")
    lanes, chosen = page.locator(".mz-lanes b"), page.locator("[data-knob=with]")
    expect(lanes).to_have_count(3)
    second = page.locator(".mz-pair > div >> nth=1")
    expect(second.locator("[data-out=cell]")).to_have_text("unit 2 of 4, step 20 of 20")
    window = signals.make("sine").draw(1, 20, 1, np.random.default_rng(4)).context[0]
    for lane, name in enumerate(("lstm.sine", hero.MODEL)):
        expect(lanes.nth(lane)).to_have_text(shown(seqzoo.load(name, "numpy").predict(window).item(), 3))
    narrow_and_dark(page)
    no_wider_than_the_window(page)
    before = lanes.nth(1).inner_text()
    second.locator(".mz-point >> nth=19").press("PageUp")
    expect(page).to_have_url(re.compile(f"(?=.*values=20_)(?=.*with_unit=2)(?=.*with={hero.MODEL})"))
    expect(lanes.nth(1)).not_to_have_text(before)
    page.click("#tab-predict")
    page.locator("#panel-predict .point >> nth=4").press("PageUp")
    page.click("#tab-inside")
    chosen.select_option("nothing")
    expect(page).to_have_url(re.compile("values=5_.*20_(?!.*with)"))
    expect(page.locator(".mz-pair > div")).to_have_count(1)


def test_a_reference_is_rolled_out_with_its_stored_errors(visit):
    page = visit("models/bayes.sine/?view=rollout&horizon=300")
    panel = page.locator("#panel-rollout")
    expect(panel.locator(".number .v")).to_have_count(4)
    errors = roll_out.stored(seqzoo.load("bayes.sine"))
    overall = errors["model"]["overall"][errors["steps"].index(300)]
    expect(panel.locator(".number .v >> nth=0")).to_contain_text(f"{overall:.4g}")
    expect(panel.locator(".handled >> nth=1")).to_contain_text("300")
    assert violations(page) == []
    page.locator("[data-knob=horizon]").fill("1000")
    expect(panel.locator(".hint >> nth=0")).to_contain_text("forecasts of step 1,000")


def test_a_feed_forward_model_shows_what_its_forecast_depends_on_and_its_units_without_a_server(visit):
    page = visit("models/mlp.sine/?view=inside&draw=4&off=3")
    window = signals.make("sine").draw(1, 20, 1, np.random.default_rng(4)).context
    expected = FeedForward(store.open_bundle(store.SHIPPED / "mlp.sine")).forecast(window, frozenset({3}))[0, 0]
    course = page.locator("#panel-inside .chart[aria-label^='The last']")
    expect(course).to_have_attribute("aria-label", re.compile(f"mlp.sine, 1 off {shown(expected, 4)}"))
    points = page.locator("#panel-inside .point")
    before = points.first.get_attribute("aria-valuenow")
    page.click("#panel-inside button:has-text('Shuffled')")
    expect(points.first).not_to_have_attribute("aria-valuenow", before)
    shuffled = window[0, np.random.default_rng(3).permutation(20)]
    values = points.evaluate_all("all => all.map((one) => Number(one.ariaValueNow))")
    np.testing.assert_allclose(values, shuffled, atol=1e-5)
    page.click("#panel-inside button:has-text('Switch all on')")
    expect(page).to_have_url(re.compile(r"order=shuffle(?!.*off=)"))
    assert violations(page) == []
    narrow_and_dark(page)
    assert violations(page) == []
    no_wider_than_the_window(page)


def test_a_link_for_a_class_walks_its_stops_also_through_the_page_that_trains(visit, host):
    page = visit(SOME_STOPS)
    panel = page.get_by_role("region", name="Guided tour")
    for place, (stop, model) in enumerate({3: "train/", 5: "train/", 6: MODEL}.items(), start=1):
        expect(panel).to_contain_text(f"step {place} of 3")
        expect(page).to_have_url(re.compile(f"{re.escape(host + model)}.*tour=plateau&stop={stop}&stops=3,5,6"))
        shows = len(TOURS["plateau"].steps[stop - 1].shows)
        html = panel.evaluate("dock => dock.innerHTML")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_selector("html[data-staged]", state="attached")
            assert page.evaluate(OUT_OF_SIGHT, [html]) == [[shows, []]] * 2, (stop, width)
        if stop == 3:
            assert violations(page) == []
            page.click("text='Whole page'")
            page.select_option("[data-knob=seed]", "1")  # a change of the settings leaves the tour in the address
            expect(page).to_have_url(re.compile("seed=1&tour=plateau&stop=3&stops=3,5,6"))
        panel.get_by_role("link", name="Next").click()
    expect(panel).to_contain_text("check")


def test_the_arena_has_a_page_for_each_question_with_a_figure_and_its_numbers(visit):
    page = visit("arena/")
    page.click(".filters a:text-is('Off-distribution')")
    expect(page.locator("h2 >> nth=0")).to_contain_text("Off-distribution")
    assert page.locator(".figures .wide path.line").count() > 8 and page.locator("tbody tr").count() > 10
    assert violations(page) == []
    narrow_and_dark(page)
    no_wider_than_the_window(page)
    expect(page.locator(".figures .narrow svg")).to_be_visible()


def test_a_network_is_trained_in_the_page(visit):
    page = visit("train/?size=8&steps=200&batch=32")
    page.locator("text='Start'").evaluate("(button) => { button.click(); button.click(); }")
    page.wait_for_timeout(300)  # the core is loaded by now; what was paused before has made no step
    expect(page.locator(".tr .standing")).to_have_text("The first error is measured after a few steps.")
    page.click("text='Continue'")
    expect(page.locator(".tr .standing")).to_contain_text("of 200 steps it is")
    assert violations(page) == []
    narrow_and_dark(page)
    no_wider_than_the_window(page)


def test_without_javascript_the_card_can_be_read_and_without_weights_a_sentence_says_what_failed(browser, host):
    context = browser.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(host + MODEL)
    expect(page.locator(".notice")).to_contain_text("JavaScript")
    expect(page.locator("#panel-card h3 >> nth=0")).to_be_visible()
    context.close()
    context = browser.chromium.new_context(service_workers="block")
    page = context.new_page()
    page.route(f"**/{store.WEIGHTS}", lambda route: route.fulfill(status=404))
    page.goto(host + MODEL)
    expect(page.locator("#panel-predict [role=alert]")).to_contain_text("404")
    context.close()


def test_a_visited_page_opens_again_without_a_connection(browser, folder):
    context = browser.chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    with served(folder) as address:
        place = f"{address}/zoo/{MODEL}?view=inside&draw=4"
        page.goto(place)
        forecast = page.locator("#panel-inside .mz-said dd").first.inner_text()
        kept = """async (names) => {
          const cache = await caches.open((await caches.keys())[0] ?? "none");
          const urls = (await cache.keys()).map(({ url }) => url);
          return names.every((name) => urls.some((url) => url.endsWith(name)));
        }"""
        needed = [MODEL, f"{MODEL}facts.json", store.WEIGHTS, "core.wasm", "pair.js", "microscope.css", "/zoo/"]
        wait = functools.partial(page.evaluate, kept, needed)
        for _ in range(600):
            if wait():
                break
            page.wait_for_timeout(100)
    page.goto(place)  # nobody answers at this address any more
    expect(page.locator("#panel-inside .mz-said dd >> nth=0")).to_have_text(forecast)
    page.click("a.crumb")
    expect(page.locator(".hero [data-of=model]")).to_have_text(re.compile("[0-9]"))
    context.close()
