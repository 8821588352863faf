"""The guided tours: every step opens, says its part, and leads on."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from seqzoo.app.tours import TOURS, address
from support.tabs import Tab

GATE = "gate"


def begin(page: Any, key: str) -> Any:
    """From the gallery to the first step; gives the panel that speaks."""
    page.locator(".tours").get_by_role("link", name=TOURS[key].title).click()
    return page.get_by_role("complementary", name="Guided tour")


@pytest.mark.parametrize("key", TOURS)
def test_a_tour_is_walked_from_the_gallery_to_its_end_and_every_step_opens_what_it_speaks_of(visit, key):
    page, steps = visit("/"), TOURS[key].steps
    panel = begin(page, key)
    for number, step in enumerate(steps, start=1):
        expect(panel).to_contain_text(f"step {number} of {len(steps)}")
        assert panel.locator("p").inner_text().split() == re.sub(r"<[^>]+>", "", step.says).split(), number
        page.wait_for_selector("[role=tabpanel]:not(.gone) :is(.lead, .mz-notice) >> nth=0")
        assert page.locator("main .problem:visible").count() == 0, number
        given = re.findall(r"−\d\.\d{3}", step.says) if key == GATE else []
        for value in given:
            expect(page.locator(".mz")).to_contain_text(value)
        assert bool(given) or key != GATE or number not in (3, 4, 6)
        panel.get_by_role("link", name="Next" if number < len(steps) else "Finish").click()
    page.wait_for_selector("#tours")


def test_with_the_input_gate_shut_the_forecast_is_the_bias_whatever_is_dragged_and_a_tour_leads_back(visit):
    page = visit(address(GATE, 2))
    forecast = page.locator(".mz-said dd").first
    forecast.wait_for()
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
    panel = page.get_by_role("complementary", name="Guided tour")
    panel.get_by_role("link", name="Back").click()
    expect(panel).to_contain_text(f"step 1 of {len(TOURS[GATE].steps)}")


def test_a_tour_has_an_address_of_its_own(app):
    answer = httpx.get(f"{app.address}/tours/fading?step=2")
    assert (answer.status_code, answer.headers["location"]) == (307, address("fading", 2))
    assert httpx.get(f"{app.address}/tours/none").headers["location"] == "/#tours"


def test_a_step_that_is_not_there_shows_one_that_is(app):
    for stop in ("0", "99", "-1", "x", "٣", "1e9"):
        with Tab(app.address, f"/models/lstm.sine?view=card&tour=gate&stop={stop}") as tab:
            assert re.search(r"step [1-6] of 6", tab.text), stop
