"""The page /, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import expect

from seqzoo.bundles import store
from seqzoo.forecasters import table
from support.serving import UNASKED, Running

Visit = Callable[..., Any]


def shown(page: Any) -> set[str]:
    return {card.get_attribute("data-model") for card in page.query_selector_all("a.model-card:not(.gone)")}


def test_every_model_and_every_reference_has_a_card_and_none_is_loaded_by_looking(visit: Visit, app: Running) -> None:
    page = visit("/")
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


def test_filters_leave_what_fits_and_stand_in_the_address(visit: Visit) -> None:
    page = visit("/")
    page.click("[aria-label='Architecture'] >> text='lstm'")
    page.click("[aria-label='Signal'] >> text='recall'")
    page.wait_for_function("location.search.includes('recall') && location.search.includes('lstm')")
    expect(page.locator("a.model-card:not(.gone)")).to_have_count(2)
    assert shown(page) == {"lstm.recall", "lstm.recall-k4"}
    address = page.url
    assert shown(visit(address[address.index("/?") :])) == {"lstm.recall", "lstm.recall-k4"}


def test_a_filter_that_leaves_nothing_says_so_and_the_page_follows_the_system_and_fits(visit: Visit) -> None:
    page = visit("/?architecture=gaf_cnn&signal=recall")
    assert shown(page) == set()
    expect(page.get_by_text("No model of that architecture")).to_be_visible()
    page.click("[aria-label='Architecture'] >> text='all'")
    page.click("[aria-label='Signal'] >> text='all'")
    expect(page.locator("a.model-card:not(.gone) >> nth=9")).to_be_visible()
    for width, scheme in ((400, "light"), (1400, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        red = int(page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0])
        assert (red > 200) is (scheme == "light"), (width, scheme)


def test_the_api_answers_beside_the_pages(app: Running) -> None:
    assert httpx.get(f"{app.address}/api/models/lstm.sine").json()["name"] == "lstm.sine"
    assert httpx.get(f"{app.address}/v2/health/ready").status_code == 200
    unknown = httpx.get(f"{app.address}/api/nothing")
    assert unknown.status_code == 404 and "error" in unknown.json()
