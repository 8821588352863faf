"""The choice of a series in the views of a model of a set: one control, and the address holds the series."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from seqzoo.bundles import store
from support.axe import violations
from support.serving import Running
from support.set_model import bundle_of

Visit = Callable[..., Any]
CHOICE = "[data-knob=series]"


@pytest.fixture(scope="module")
def kept(app: Running) -> store.Bundle:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(app.home))
        return bundle_of(app.home / "models" / "gru.shops")


def test_the_chosen_series_stands_in_the_address_and_in_every_view(visit: Visit, kept: store.Bundle) -> None:
    page = visit("/models/gru.shops?view=rollout&series=shop_b&cutoff=3")
    field, told = page.locator(CHOICE), page.locator(".of-set [role=status]")
    expect(page.locator("#panel-rollout .number >> nth=0")).to_contain_text(re.compile(r"\d,\d{3},\d{3} ± "))
    expect(field).to_have_value("shop_b")
    expect(told).to_contain_text("2 of 3 series")
    mase = kept.manifest.score.series["shop_1"].mase["model"]
    expect(told).to_contain_text(f"MASE {mase:,.4g}")
    page.get_by_role("button", name="Previous").click()
    page.wait_for_function("new URLSearchParams(location.search).get('series') === 'Café & Co'")
    expect(page.locator("#panel-rollout .number >> nth=0")).to_contain_text(re.compile(r"0\.0\d"))
    assert "cutoff" not in page.url  # it was one of the other series
    assert page.get_by_role("button", name="Previous").is_disabled()
    field.fill("no such")
    field.press("Enter")
    expect(told).to_contain_text("No series is called 'no such'")
    field.fill("shop_c")
    field.press("Enter")
    page.wait_for_function("location.search.includes('series=shop_c')")
    one_window_of_the_series_is_shown_in_each_view(page)
    shown = {"predict": ".number >> nth=0", "inside": ".mz-said dd >> nth=0", "mistakes": ".number >> nth=0"}
    for view, there in shown.items():
        page.click(f"#tab-{view}")
        expect(page.locator(f"#panel-{view} {there}")).to_be_visible()
        expect(field).to_have_value("shop_c")
    assert violations(page) == []
    expect(page.locator("#panel-predict .numbers .v").first).to_have_text(re.compile(r"^-?\d{2,3}\.?\d*$"))
    page.click("#tab-deploy")
    expect(field).to_be_hidden()


def one_window_of_the_series_is_shown_in_each_view(page: Any) -> None:
    page.click("#tab-predict")
    slider = "input[data-knob=window]"
    page.wait_for_selector(f"#panel-predict {slider}")
    code = "e => { e.value = '2'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
    page.eval_on_selector(f"#panel-predict {slider}", code)
    page.wait_for_function("new URLSearchParams(location.search).get('window') === '2'")
    page.click("#tab-rollout")
    expect(page.locator(f"#panel-rollout {slider}")).to_have_value("2")
    at_the_end = re.compile("end of the series")
    expect(page.locator("#panel-rollout .chart >> nth=0")).not_to_have_attribute("aria-label", at_the_end)
    page.click("#tab-inside")
    page.wait_for_selector("#panel-inside .mz-said dd >> nth=0")
    values = "panel => [...document.querySelectorAll(`#panel-${panel} :is(.point, .mz-point)`)].map(" \
             "(one) => Number(one.ariaValueNow ?? one.getAttribute('aria-valuenow')))"  # fmt: skip
    assert page.evaluate(values, "inside") == pytest.approx(page.evaluate(values, "predict"), rel=1e-2)
