"""The page /, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import expect

import seqzoo
from seqzoo import signals
from seqzoo.app import gallery
from seqzoo.bundles import store
from seqzoo.forecasters import table
from seqzoo.pages import hero
from support.serving import UNASKED, Running

Visit = Callable[..., Any]


def shown(page: Any) -> set[str]:
    return set(page.eval_on_selector_all("a.model-card:not(.gone)", "all => all.map(one => one.dataset.model)"))


def test_a_window_to_drag_a_card_for_every_model_and_filters_that_stand_in_the_address(
    visit: Visit, app: Running
) -> None:
    page = visit("/", width=390)
    has_a_window_to_drag_whose_forecasts_are_those_of_the_model_and_of_bayes(page)
    page.set_viewport_size({"width": 1400, "height": 900})
    has_eight_that_differ_at_a_glance_and_references_that_are_folded_away_until_they_are_asked_for(page)
    has_every_model_and_every_reference_and_none_is_loaded_by_looking(page, app)

    page.click("[aria-label='Architecture'] >> text='lstm'")
    page.click("[aria-label='Signal'] >> text='recall'")
    page.wait_for_function("location.search.includes('recall') && location.search.includes('lstm')")
    expect(page.locator("a.model-card:not(.gone)")).to_have_count(2)
    assert shown(page) == {"lstm.recall", "lstm.recall-k4"}
    page.reload()
    page.wait_for_selector("h1")
    assert shown(page) == {"lstm.recall", "lstm.recall-k4"}


def has_a_window_to_drag_whose_forecasts_are_those_of_the_model_and_of_bayes(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_selector("main .hero")
    assert page.locator(".doors").bounding_box()["y"] + page.locator(".doors").bounding_box()["height"] <= 844
    model, process = seqzoo.load(hero.MODEL, "numpy"), signals.make("sine")
    told = []
    last = page.locator(".hero .point").last
    for moves in (0, 8):
        for _ in range(moves):
            last.press("PageDown")
        if moves:
            expect(last).to_have_attribute("aria-valuenow", f"{-hero.TOP:g}")  # drawn by the next frame
        values = "all => all.map(one => Number(one.getAttribute('aria-valuenow')))"
        window = page.eval_on_selector_all(".hero .point", values)
        expected = [
            model.predict(np.float32([window])[..., None]).item(), process.posterior(np.array([window]), 1)[0].item()
        ]  # fmt: skip
        for kind, value in zip(("model", "bayes"), expected, strict=True):
            expect(page.locator(f".hero [data-of={kind}]")).to_have_text(f"{value:.2f}".replace("-", "−"))
        told.append(expected)
    assert np.abs(np.subtract(*told)).min() > 0.05 and window[-1] == -hero.TOP
    assert f"20_{window[-1]:.2f}" in page.get_attribute(".hero a.primary", "href")
    page.click("text='Start again'")
    expect(page.locator(".hero a.primary")).to_have_attribute("href", f"/models/{hero.MODEL}?view=inside")


def has_eight_that_differ_at_a_glance_and_references_that_are_folded_away_until_they_are_asked_for(page: Any) -> None:
    cards = "[...document.querySelectorAll('a.model-card')].filter(card => card.checkVisibility())"
    in_sight = set(page.evaluate(f"{cards}.map(card => card.dataset.model)"))
    assert set(gallery.FIRST) <= in_sight and not in_sight & ({*table.names()} | {"lstm.recall"})
    drawn = [page.inner_html(f"[data-model='{name}'] svg.glyph") for name in gallery.FIRST]
    assert len(set(drawn)) == len(gallery.FIRST) == 8
    folded = page.locator("details.shelf", has_text="references")
    expect(folded.locator("summary")).to_have_text(f"{len(table.names())} references, computed from the signal")
    page.click("[aria-label='Architecture'] >> text='reference'")
    page.click("[aria-label='Signal'] >> text='recall'")
    expect(page.locator("[data-model='bayes.recall']")).to_be_visible()
    expect(folded.locator("summary")).to_have_text("4 references, computed from the signal")
    page.click("[aria-label='Architecture'] >> text='all'")
    page.click("[aria-label='Signal'] >> text='all'")
    expect(page.locator("[data-model='bayes.recall']")).to_be_hidden()


def has_every_model_and_every_reference_and_none_is_loaded_by_looking(page: Any, app: Running) -> None:
    shipped = {path.name for path in store.SHIPPED.iterdir() if (path / store.MANIFEST).exists()}
    own = {path.name for path in (app.home / "models").iterdir()}
    assert own >= {"lstm.sine-cut", "lstm.sine-torn", UNASKED}
    assert shown(page) == shipped | set(table.names()) | own
    drawing = f"[data-model='{UNASKED}'] img"
    page.locator(drawing).scroll_into_view_if_needed()  # it is loaded when it is near
    page.wait_for_function("drawing => document.querySelector(drawing).naturalWidth > 0", arg=drawing)
    assert UNASKED in page.get_attribute(drawing, "alt")
    states = {row["name"]: row["state"] for row in httpx.post(f"{app.address}/v2/repository/index").json()}
    assert states[UNASKED] == "UNAVAILABLE"
    said = page.get_attribute("[data-model='lstm.sine-torn'] .badge", "title")
    assert said.startswith("failed: ") and "manifest" in said


def test_the_page_follows_the_system_and_fits_and_a_chosen_theme_is_kept_set_before_the_first_paint_and_everywhere(
    tab: Any, app: Running
) -> None:
    tab.add_init_script("""new MutationObserver((_, observer) => {
      if (!document.body) return;
      window.first = document.documentElement.dataset.theme;
      observer.disconnect();
    }).observe(document, {childList: true, subtree: true});""")
    red = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    tab.goto(f"{app.address}/?architecture=gaf_cnn&signal=recall")
    assert shown(tab) == set()
    expect(tab.get_by_text("No model of that architecture")).to_be_visible()
    tab.click("[aria-label='Architecture'] >> text='all'")
    tab.click("[aria-label='Signal'] >> text='all'")
    expect(tab.locator("a.model-card:not(.gone) >> nth=9")).to_be_visible()
    for width, scheme in ((1400, "dark"), (400, "light")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        assert (tab.evaluate(red) > 200) is (scheme == "light"), (width, scheme)
    tab.set_viewport_size({"width": 1400, "height": 900})
    for theme, is_dark in (("dark", True), ("light", False), ("system", False), ("dark", True)):
        tab.click(".look")
        assert tab.inner_text(".look").split()[-1] == theme
        assert (tab.evaluate(red) < 100) is is_dark
    tab.goto(f"{app.address}/docs")
    tab.wait_for_selector(".opblock >> nth=0")
    assert tab.evaluate("window.first") == "dark" and tab.evaluate(red) < 100
    assert tab.locator("header a").all_inner_texts()[1:] == ["Gallery", "Your series", "Arena", "API"]
    tab.goto(f"{app.address}/models/lstm.sine-k4?view=inside")
    tab.wait_for_selector(".mz-dark")
    tab.click(".look")
    tab.wait_for_selector(".mz:not(.mz-dark)")


def test_the_api_answers_beside_the_pages(app: Running) -> None:
    assert httpx.get(f"{app.address}/api/models/lstm.sine").json()["name"] == "lstm.sine"
    assert httpx.get(f"{app.address}/v2/health/ready").status_code == 200
    unknown = httpx.get(f"{app.address}/api/nothing")
    assert unknown.status_code == 404 and "error" in unknown.json()
