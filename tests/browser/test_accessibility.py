"""axe-core on every page, and what it cannot see: the way of the keyboard, definitions, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
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
    "deploy": (f"{MODEL}deploy&horizon=30", "#panel-deploy pre"),
    "series": ("/series", ".series-card >> nth=0"),
    "one series": ("/series?of=series:nile", ".told li >> nth=1"),
    "reference": ("/models/bayes.sine", "#panel-predict .number >> nth=0"),
    "failed": ("/models/lstm.sine-cut", "#panel-predict [role=alert]"),
    "unknown": ("/models/nothing.sine", "main [role=alert]"),
}


# Other views of the page "deploy", opened there.
BESIDE = {"rollout": "#panel-rollout .number >> nth=0", "card": "#panel-card .prose h3 >> nth=0"}


def opened(visit: Visit, name: str, **options: Any) -> Any:
    path, ready = PAGES[name]
    page = visit(path, **options)
    page.wait_for_selector(ready)
    page.wait_for_selector("footer a")  # which comes last: a walk might end before it is there
    return page


# The page notes each stop when the key is let go: to be asked at each would cost it as much again as the key.
NOTE = """() => {
  window.stops = new Set();
  window.unseen = [];
  document.addEventListener("keyup", () => {
    const at = document.activeElement;
    window.ended ||= at === document.body || window.stops.has(at);
    if (window.ended) return;
    window.stops.add(at);
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const outlined = outlineStyle !== "none" && outlineWidth !== "0px";
    if (!inside || !outlined) window.unseen.push(at.outerHTML.slice(0, 120));
  }, { capture: true });
}"""
MISSED = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility() && !window.stops.has(one))
  .map((one) => one.outerHTML.slice(0, 120))"""


def walk(page: Any) -> None:
    """Press Tab through the page: it must reach everything, and the focus must be seen at every stop."""
    page.evaluate(NOTE)
    for count in (len(page.evaluate(MISSED)) + 1, *[5] * 60):
        for _ in range(count):
            page.keyboard.press("Tab")
        if page.evaluate("window.ended"):
            break
    assert page.evaluate("window.unseen") == []
    assert page.evaluate(MISSED) == []


def outline(page: Any) -> None:
    """A page has one main beside its header, and headings without gaps."""
    assert page.locator("main").count() == page.locator("body header").count() == page.locator("main h1").count() == 1
    assert page.locator("main header, header main").count() == 0
    headings = "[...document.querySelectorAll('h1, h2, h3')].filter(h => h.checkVisibility()).map(h => h.tagName)"
    levels = [int(name[1]) for name in page.evaluate(headings)]
    assert levels[0] == 1 and max(levels) == 3
    assert all(after <= before + 1 for before, after in pairwise(levels))


def in_the_light_and_in_the_dark_of_a_narrow_window(page: Any) -> None:
    assert violations(page) == []
    narrow_and_dark(page)
    assert violations(page) == []


@pytest.mark.parametrize("name", ["predict", "inside", "series", "one series", "reference"])
def test_axe_objects_to_nothing_in_the_light_nor_in_the_dark_of_a_narrow_window(visit: Visit, name: str) -> None:
    page = opened(visit, name)
    if name in ("predict", "inside"):
        walk(page)
    in_the_light_and_in_the_dark_of_a_narrow_window(page)


def test_tab_first_leads_past_the_header_of_the_gallery_then_to_all_and_nothing_moves_where_motion_is_to_be_reduced(
    visit: Visit,
) -> None:
    page = opened(visit, "gallery")
    walk(page)
    assert page.evaluate("[...window.stops][0].textContent.trim()") == "Skip to content"
    first = page.get_by_text("Skip to content", exact=True)
    first.focus()
    expect(first).to_be_focused()
    page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.wait_for_function("document.querySelector('main').contains(document.activeElement)")

    page.emulate_media(reduced_motion="no-preference")
    moving = "[...document.querySelectorAll('*')].some(one => getComputedStyle(one).transitionDuration !== '0s')"
    page.wait_for_function(moving)
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function(f"!({moving})")
    in_the_light_and_in_the_dark_of_a_narrow_window(page)


TERM = ".lead .term >> nth=0"
DEFINED = f"{TERM} >> .definition"


def defined_at_focus_and_beneath_the_pointer(page: Any) -> None:
    """The definition of a term shows, and leaves at Escape."""
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
    page.mouse.move(0, 0)


def defined_at_a_touch(page: Any) -> None:
    """Definitions lie within the narrow window."""
    terms = page.locator(".term").filter(visible=True).all()
    assert len(terms) >= 5
    for term in terms:
        term.dispatch_event("click")  # what a tap ends in; not every browser moves the focus there
        expect(term.locator(".definition")).to_be_visible()
        box = term.locator(".definition").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 400, term.inner_text()


def test_views_of_a_model_have_an_outline_and_definitions_and_axe_objects_to_nothing_in_light_nor_dark(
    visit: Visit,
) -> None:
    page = opened(visit, "deploy")
    walk(page)
    outline(page)
    defined_at_focus_and_beneath_the_pointer(page)
    assert violations(page) == []
    for view, ready in BESIDE.items():
        page.click(f"#tab-{view}")
        page.wait_for_selector(ready)
        assert violations(page) == [], view
    narrow_and_dark(page)
    assert violations(page) == []
    for view in ("deploy", "rollout"):
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#panel-{view}:visible")
        assert violations(page) == [], view
    defined_at_a_touch(page)


def test_axe_objects_to_nothing_in_a_proof_that_failed_during_which_the_view_stays_usable(visit: Visit) -> None:
    page = opened(visit, "failed")
    in_the_light_and_in_the_dark_of_a_narrow_window(page)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.click("#tab-deploy")
    page.click("[data-part=verify]")
    page.click("button.choice:has-text('ONNX Runtime')")
    page.wait_for_selector("[data-code=onnx]")
    expect(page.locator(".check.failed")).to_have_count(1)
    expect(page.locator(".check.failed")).to_contain_text("model.onnx")
    expect(page.locator("[data-part=verify]")).to_be_enabled()
    assert page.locator(".check .mark[aria-label=failed]").count() == 1 <= page.locator(".check.passed").count()
    assert violations(page) == []


def test_axe_objects_to_faint_text_and_to_a_field_without_a_name_but_to_nothing_on_the_page_of_no_model(
    visit: Visit,
) -> None:
    page = opened(visit, "unknown")
    in_the_light_and_in_the_dark_of_a_narrow_window(page)
    page.emulate_media(color_scheme="light")
    worse = '<p style="color:#bbb">faint words</p><p id="on-dark" style="background:#333">usual words</p><input>'
    page.eval_on_selector(".page", "(page, worse) => page.insertAdjacentHTML('beforeend', worse)", worse)
    said = "\n".join(violations(page))
    assert said.count("serious color-contrast") == 2 and "#on-dark" in said and "critical label" in said


def test_axe_objects_to_nothing_on_the_pages_of_terms_and_of_the_api(visit: Visit) -> None:
    page = visit("/glossary", width=390, scheme="dark")
    assert violations(page) == [] and page.evaluate("document.documentElement.scrollWidth") == 390
    page.goto(f"{page.url.rpartition('/')[0]}/docs")
    page.click(".opblock-summary-control >> nth=0")
    page.wait_for_selector(".opblock-body")
    assert violations(page) == []


def test_an_address_that_leads_nowhere_has_a_page_of_its_own(visit: Visit, app: Running) -> None:
    page = visit("/nothing/%3Cimg%20src=x%3E")
    assert "Nothing" in page.title()
    assert page.get_attribute("main .page a", "href") == "/" and violations(page) == []
    answer = httpx.get(f"{app.address}/nothing/x", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
    answer = httpx.get(f"{app.address}/nothing")  # by what is no browser
    assert answer.status_code == 404 and "GET '/nothing'" in answer.json()["error"]


class Head(HTMLParser):
    """The language, the title and the description that an address is answered with."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.language = self.title = self.description = ""
        self.feed(httpx.get(address, timeout=60).text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "meta" and given.get("name") == "description":
            self.description = given.get("content") or ""

    def handle_data(self, data: str) -> None:
        if self.lasttag == "title" and not self.title:
            self.title = data.strip()


def test_a_page_says_its_language_its_title_and_what_it_is(app: Running) -> None:
    described = set()
    for path, title in (("/", "Gallery · seqzoo"), ("/models/bayes.sine", "bayes.sine · seqzoo")):
        head = Head(app.address + path)
        assert (head.title, head.language) == (title, "en-US")
        described.add(head.description)
    assert len(described) == 2 and all(40 < len(said) < 160 for said in described)


def test_a_name_in_the_address_is_text_in_the_head(app: Running) -> None:
    assert '"><script>' in Head(f"{app.address}/models/%22%3E%3Cscript%3Ealert(1)").description
