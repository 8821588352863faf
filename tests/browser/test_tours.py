"""The guided tours: every step opens, says its part, and leads on."""

from __future__ import annotations

import re

import httpx
import pytest

from seqzoo.app.tours import TOURS, address

STEPS = [(key, step) for key, tour in TOURS.items() for step in range(1, len(tour.steps) + 1)]


@pytest.mark.parametrize(("key", "step"), STEPS)
def test_every_step_opens_its_view_with_what_it_says(visit, key, step):
    page = visit(address(key, step))
    tour = TOURS[key]
    panel = page.get_by_role("complementary", name="Guided tour")
    assert f"step {step} of {len(tour.steps)}" in panel.inner_text()
    said = re.sub(r"<[^>]+>", "", tour.steps[step - 1].says).split()
    assert panel.locator("p").inner_text().split() == said
    page.wait_for_selector("[role=tabpanel]:not(.gone) :is(.lead, .mz-notice) >> nth=0")
    assert page.locator("main .problem:visible").count() == 0


@pytest.mark.parametrize("step", [3, 4, 6])
def test_the_numbers_that_a_step_gives_are_those_on_its_page(visit, step):
    page = visit(address("gate", step))
    page.wait_for_selector(".mz-said dd >> nth=0")
    shown = page.locator(".mz").inner_text()
    given = re.findall(r"−\d\.\d{3}", TOURS["gate"].steps[step - 1].says)
    assert given and all(number in shown for number in given)


def test_a_tour_stays_in_sight_of_what_it_speaks_of(visit):
    page = visit(address("gate", 5))
    page.wait_for_selector(".mz-said dd >> nth=0")
    page.evaluate("scrollTo(0, 900)")
    box = page.locator(".tour").bounding_box()
    assert 0 <= box["y"] < 20 and box["height"] < 200


def test_a_tour_is_walked_from_the_gallery_to_its_end_and_back(visit):
    page = visit("/")
    page.locator(".tours").get_by_role("link", name=TOURS["gate"].title).click()
    panel, steps = page.get_by_role("complementary", name="Guided tour"), len(TOURS["gate"].steps)

    def follow(link: str, step: int) -> None:
        panel.get_by_text(f"step {step} of {steps}").wait_for()  # the view says "step 1 of 20" too
        panel.get_by_role("link", name=link).click()

    for step in range(1, steps):
        follow("Next", step)
    follow("Back", steps)
    follow("Next", steps - 1)
    follow("Finish", steps)
    page.wait_for_selector("#tours")


def test_with_the_input_gate_shut_the_forecast_is_the_bias_whatever_is_dragged(visit):
    page = visit(address("gate", 2))
    forecast = page.locator(".mz-said dd").first
    forecast.wait_for()
    before = forecast.inner_text()
    page.locator(".mz-point").last.focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    assert forecast.inner_text() == before


def test_a_tour_has_an_address_of_its_own(app):
    answer = httpx.get(f"{app.address}/tours/fading?step=2")
    assert (answer.status_code, answer.headers["location"]) == (307, address("fading", 2))
    assert httpx.get(f"{app.address}/tours/none").headers["location"] == "/#tours"


@pytest.mark.parametrize("stop", ["0", "99", "-1", "x", "٣", "1e9"])
def test_a_step_that_is_not_there_shows_one_that_is(visit, stop):
    page = visit(f"/models/lstm.sine?view=card&tour=gate&stop={stop}")
    assert re.search(r"step [1-6] of 6", page.locator(".tour").inner_text())
