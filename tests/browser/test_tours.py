"""The guided tours: every step opens, says its part, and leads on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from seqzoo.app.tours import TOURS, TourStep, address
from support.tabs import Tab

GATE = "gate"


def begin(page: Any, key: str) -> Any:
    """From the gallery to the first step; gives the panel that speaks."""
    page.locator(".tours").get_by_role("link", name=TOURS[key].title).click()
    return page.get_by_role("complementary", name="Guided tour")


def steps_of(key: str) -> Iterator[tuple[int, TourStep]]:
    return enumerate(TOURS[key].steps, start=1)


def words(markup: str) -> list[str]:
    return re.sub(r"<[^>]+>", "", markup).split()


def test_a_tour_is_walked_from_the_gallery_to_its_end_and_every_step_opens_what_it_speaks_of(visit):
    page, steps = visit("/"), TOURS[GATE].steps
    panel = begin(page, GATE)
    for number, step in steps_of(GATE):
        expect(panel).to_contain_text(f"step {number} of {len(steps)}")
        assert words(panel.locator("p").inner_text()) == words(step.says), number
        page.wait_for_selector("[role=tabpanel]:not(.gone) .mz-notice >> nth=0")
        assert page.locator("main .problem:visible").count() == 0, number
        given = re.findall(r"−\d\.\d{3}", step.says)
        for value in given:
            expect(page.locator(".mz")).to_contain_text(value)
        assert given or number not in (3, 4, 6)
        if number == 2:
            with_the_input_gate_shut_the_forecast_is_the_bias_whatever_is_dragged(page)
            assert words(panel.get_by_role("link", name="Back").get_attribute("href")) == [address(GATE, 1)]
        panel.get_by_role("link", name="Next" if number < len(steps) else "Finish").click()
    page.wait_for_selector("#tours")


def with_the_input_gate_shut_the_forecast_is_the_bias_whatever_is_dragged(page: Any) -> None:
    forecast = page.locator(".mz-said dd").first
    before, last = forecast.inner_text(), page.locator(".mz-point").last
    value = last.get_attribute("aria-valuenow")
    last.focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    expect(last).not_to_have_attribute("aria-valuenow", value)
    assert forecast.inner_text() == before
    page.evaluate("scrollTo(0, 900)")
    box = page.locator(".tour").bounding_box()
    assert 0 <= box["y"] < 20 and box["height"] < 200, "it stays in sight of what it speaks of"


@pytest.mark.parametrize("key", [key for key in TOURS if key != GATE])
def test_every_step_of_the_other_tours_opens_its_view_and_leads_on(app, key):
    last = len(TOURS[key].steps)
    for number, step in steps_of(key):
        with Tab(app.address, address(key, number)) as tab:
            assert " ".join(words(step.says)) in " ".join(words(unescape(tab.text))), number
            onward = address(key, number + 1) if number < last else "/#tours"
            assert f'href="{escape(onward)}"' in tab.text and f"step {number} of {last}" in tab.text
            tab.read(lambda tab: [one for one in tab.elements.values() if shows(one)])
            problems = [one for one in tab.elements.values() if "problem" in (one.get("class") or [])]
            assert all("gone" in one["class"] for one in problems), number


def shows(element: dict[str, Any]) -> bool:
    """Whether it is the sentence at the top of a view, or the microscope."""
    return "lead" in (element.get("class") or []) or element["tag"] == "nicegui-nicegui"


def test_a_tour_has_an_address_of_its_own(app):
    answer = httpx.get(f"{app.address}/tours/fading?step=2")
    assert (answer.status_code, answer.headers["location"]) == (307, address("fading", 2))
    assert httpx.get(f"{app.address}/tours/none").headers["location"] == "/#tours"


def test_a_step_that_is_not_there_shows_one_that_is(app):
    for stop in ("0", "99", "-1", "x", "٣", "1e9"):
        with Tab(app.address, f"/models/lstm.sine?view=card&tour=gate&stop={stop}") as tab:
            assert re.search(r"step [1-6] of 6", tab.text), stop
