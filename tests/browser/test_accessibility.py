"""axe-core on every page, and what it cannot see: the way of the keyboard, definitions, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from support.axe import narrow_and_dark, violations
from support.serving import Running

Visit = Callable[..., Any]

MODEL = "/models/lstm.sine?view="
PAGES = {
    "gallery": ("/", "a.model-card img >> nth=0"),
    "predict": (f"{MODEL}predict", "#panel-predict [aria-live] .number >> nth=0"),
    "inside": (f"{MODEL}inside", "#panel-inside .mz-said dd >> nth=0"),
    "rollout": (f"{MODEL}rollout&horizon=30", "#panel-rollout .number >> nth=0"),
    "deploy": (f"{MODEL}deploy", "#panel-deploy pre"),
    "card": (f"{MODEL}card", "#panel-card .prose h3 >> nth=0"),
    "series": ("/series", ".series-card >> nth=0"),
    "one series": ("/series?of=series:nile", ".told li >> nth=1"),
    "reference": ("/models/bayes.sine", "#panel-predict .number >> nth=0"),
    "failed": ("/models/lstm.sine-cut", "#panel-predict [role=alert]"),
    "unknown": ("/models/nothing.sine", "main [role=alert]"),
}


def opened(visit: Visit, name: str, **options: Any) -> Any:
    path, ready = PAGES[name]
    page = visit(path, **options)
    page.wait_for_selector(ready)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_axe_objects_to_nothing_in_the_light_nor_in_the_dark_of_a_narrow_window(visit: Visit, name: str) -> None:
    page = opened(visit, name)
    assert violations(page) == []
    narrow_and_dark(page)
    assert violations(page) == []


def test_axe_would_object_to_faint_text_and_to_a_field_without_a_name(visit: Visit) -> None:
    page = opened(visit, "unknown")
    worse = '<p style="color:#bbb">faint words</p><input>'
    page.eval_on_selector(".page", "(page, worse) => page.insertAdjacentHTML('beforeend', worse)", worse)
    said = "\n".join(violations(page))
    assert "serious color-contrast" in said and "critical label" in said


def test_an_address_that_leads_nowhere_has_a_page_of_its_own(visit: Visit, app: Running) -> None:
    page = visit("/nothing/%3Cimg%20src=x%3E")
    assert "Nothing" in page.title()
    assert page.get_attribute("main a", "href") == "/" and violations(page) == []
    answer = httpx.get(f"{app.address}/nothing/x", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    answer = httpx.get(f"{app.address}/nothing")  # by what is no browser
    assert answer.status_code == 404 and "GET '/nothing'" in answer.json()["error"]


def test_axe_objects_to_nothing_in_a_proof_that_failed_during_which_the_view_stays_usable(visit: Visit) -> None:
    page = visit("/models/lstm.sine-cut?view=deploy", scheme="dark")
    page.click("[data-part=verify]")
    page.click("button.choice:has-text('ONNX Runtime')")
    page.wait_for_selector("[data-code=onnx]")
    expect(page.locator(".check.failed")).to_have_count(1)
    expect(page.locator(".check.failed")).to_contain_text("model.onnx")
    expect(page.locator("[data-part=verify]")).to_be_enabled()
    assert page.locator(".check .mark[aria-label=failed]").count() == 1 <= page.locator(".check.passed").count()
    assert violations(page) == []


STOP = """() => {
  const at = document.activeElement;
  if (at === document.body) return null;
  window.stops ??= new Set();
  const again = window.stops.has(at);
  window.stops.add(at);
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const outlined = outlineStyle !== "none" && outlineWidth !== "0px";
  return { again, what: at.outerHTML.slice(0, 120), seen: inside && outlined };
}"""
MISSED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility() && !window.stops.has(one))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", ["gallery", "predict", "inside", "deploy"])
def test_tab_reaches_everything_and_the_focus_is_seen_at_every_stop(visit: Visit, name: str) -> None:
    page = opened(visit, name)
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or stop["again"]:
            break
        assert stop["seen"], stop["what"]
    assert page.evaluate(MISSED) == []


def test_the_first_stop_leads_past_the_header_to_the_content(visit: Visit) -> None:
    page = opened(visit, "gallery")
    page.keyboard.press("Tab")
    first = page.get_by_text("Skip to content", exact=True)
    expect(first).to_be_focused()
    page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.wait_for_function("document.querySelector('main').contains(document.activeElement)")


def test_a_page_has_one_main_beside_its_header_and_headings_without_gaps(visit: Visit) -> None:
    page = opened(visit, "deploy")
    assert page.locator("main").count() == page.locator("body header").count() == page.locator("main h1").count() == 1
    assert page.locator("main header, header main").count() == 0
    headings = "[...document.querySelectorAll('h1, h2, h3')].filter(h => h.checkVisibility()).map(h => h.tagName)"
    levels = [int(name[1]) for name in page.evaluate(headings)]
    assert levels[0] == 1 and max(levels) == 3
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_page_says_its_language_its_title_and_what_it_is(visit: Visit) -> None:
    described = set()
    for path, title in (("/", "Gallery · seqzoo"), ("/models/bayes.sine", "bayes.sine · seqzoo")):
        page = visit(path)
        assert page.title() == title and page.get_attribute("html", "lang") == "en-US"
        described.add(page.get_attribute("meta[name=description]", "content"))
    assert len(described) == 2 and all(40 < len(said) < 160 for said in described)


def test_a_name_in_the_address_is_text_in_the_head(visit: Visit) -> None:
    page = visit("/models/%22%3E%3Cscript%3Ealert(1)")
    assert '"><script>' in page.get_attribute("meta[name=description]", "content")


TERM = ".lead .term >> nth=0"
DEFINED = f"{TERM} >> .definition"


def test_a_definition_shows_at_focus_and_beneath_the_pointer_and_leaves_at_escape(visit: Visit) -> None:
    page = opened(visit, "deploy")
    definition = page.locator(DEFINED)
    page.focus(TERM)
    expect(definition).to_be_visible()
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()
    expect(page.locator(TERM)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(definition).to_be_visible()
    page.keyboard.press("Tab")
    expect(definition).to_be_hidden()

    page.hover(TERM)
    expect(definition).to_be_visible()
    box = definition.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] - 4, steps=5)
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=5)
    assert definition.is_visible(), "it stays beneath the pointer"
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()


def test_a_definition_shows_at_a_touch_within_a_narrow_window(visit: Visit) -> None:
    page = opened(visit, "rollout", width=400)
    terms = page.locator(".term").filter(visible=True).all()
    assert len(terms) >= 5
    for term in terms:
        term.dispatch_event("click")  # what a tap ends in; not every browser moves the focus there
        expect(term.locator(".definition")).to_be_visible()
        box = term.locator(".definition").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400, term.inner_text()


def test_nothing_moves_where_motion_is_to_be_reduced(visit: Visit) -> None:
    page = opened(visit, "gallery")
    moving = "[...document.querySelectorAll('*')].some(one => getComputedStyle(one).transitionDuration !== '0s')"
    assert page.evaluate(moving)
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function(f"!({moving})")
