"""The page of a model, in a real browser."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect

from seqzoo.app.model.deploy import REFUSED
from seqzoo.bundles import store
from support.axe import narrow_and_dark
from support.serving import Running

Visit = Callable[..., Any]

CHART = "[role=tabpanel]:not(.gone) .chart[aria-label*='Bayes']"
CHANGED = "([selector, before]) => document.querySelector(selector).getAttribute('aria-label') !== before"


def slide(page: Any, knob: str, value: float) -> None:
    page.eval_on_selector(
        f"input[data-knob={knob}]",
        f"e => {{ e.value = '{value}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}",
    )


def test_a_slider_and_new_noise_change_the_forecast_and_the_address_which_restores_them_and_all_views_fit_a_phone(
    visit: Visit,
) -> None:
    page = visit("/models/lstm.sine")
    page.wait_for_selector(CHART)
    before = page.get_attribute(CHART, "aria-label")
    slide(page, "frequency", 0.2)
    page.wait_for_function(CHANGED, arg=[CHART, before])
    page.wait_for_function("location.search.includes('frequency=0.2')")
    before = page.get_attribute(CHART, "aria-label")
    page.click("text=New noise")
    page.wait_for_function(CHANGED, arg=[CHART, before])
    page.wait_for_function("location.search.includes('seed=')")
    again = visit(page.url[page.url.index("/models") :])
    again.wait_for_selector(CHART)
    expect(page.locator(CHART)).to_have_attribute("aria-label", again.get_attribute(CHART, "aria-label"))
    expect(again.locator("input[data-knob=frequency]")).to_have_value("0.2")
    every_view_fits_a_narrow_window_in_the_dark(page)


def every_view_fits_a_narrow_window_in_the_dark(page: Any) -> None:
    narrow_and_dark(page)
    for view in ("predict", "rollout", "deploy", "card"):
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#panel-{view} .panel:visible >> nth=0")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, view
    page.wait_for_selector(".prose h3 >> text=Limitations")
    assert "context_length 20" in page.inner_text(".prose")


def test_every_slider_has_a_name_and_moves_with_the_keyboard(visit: Visit) -> None:
    page = visit("/models/lstm.two_tone")
    page.wait_for_selector(CHART)
    sliders = page.query_selector_all("input[type=range]")
    assert len(sliders) == 5 and all(slider.get_attribute("aria-label") for slider in sliders)
    before = page.get_attribute(CHART, "aria-label")
    page.focus("input[data-knob=slow_phase]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=[CHART, before])


def test_a_bundle_downloads_and_proves_itself_once_and_the_page_says_where_roll_outs_end(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=deploy&code=cpp&horizon=400")
    the_language_of_the_code_stands_in_the_address_and_the_code_is_copied(page)
    with page.expect_download() as download:
        page.click("a:has-text('Bundle,')")
    assert download.value.suggested_filename == "lstm.sine.zip"
    with page.expect_download() as download:
        page.click(".files a:has-text('manifest.json')")
    raw = Path(download.value.path()).read_bytes()
    assert raw == (store.SHIPPED / "lstm.sine" / store.MANIFEST).read_bytes()
    expect(page.locator(".files + .hint code")).to_have_text(hashlib.sha256(raw).hexdigest())
    page.eval_on_selector("[data-part=verify]", "button => { button.click(); button.click(); button.click(); }")
    expect(page.locator(".check").filter(has_text="score")).to_have_class(re.compile("passed"))
    expect(page.locator("[data-part=verify]")).to_be_enabled()
    names = page.locator(".check > div > div:first-child").all_inner_texts()
    assert len(names) == len(set(names)) >= 9 and page.locator(".check:not(.passed)").count() == 0
    far_out_the_page_says_where_the_roll_outs_end(page)


def far_out_the_page_says_where_the_roll_outs_end(page: Any) -> None:
    page.click("#tab-rollout")
    panel = page.locator("#panel-rollout")
    expect(panel).to_contain_text("±0.97")
    expect(panel).to_contain_text("the best linear forecaster fed back 0.02")


def the_language_of_the_code_stands_in_the_address_and_the_code_is_copied(page: Any) -> None:
    expect(page.locator("[data-code=cpp]")).to_contain_text("torch::jit::load")
    page.click("button.choice:has-text('TorchScript')")
    page.wait_for_function("location.search.includes('code=torchscript')")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("button.button:has-text('Copy')")
    expect(page.get_by_text("Copied.", exact=True)).to_be_visible()
    assert "torch.jit.load" in page.evaluate("navigator.clipboard.readText()")
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden')); null")
    page.click("button.button:has-text('Copy')")
    expect(page.get_by_text(REFUSED, exact=True)).to_be_visible()


def test_a_model_that_cannot_be_loaded_says_why_and_its_card_still_opens(visit: Visit) -> None:
    page = visit("/models/lstm.sine-cut")
    expect(page.locator("#panel-predict [role=alert]")).to_contain_text("model.onnx")
    page.wait_for_selector(".badge.failed")
    page.click("#tab-card")
    page.wait_for_selector(".prose h2")


def test_a_model_whose_manifest_cannot_be_read_says_so(visit: Visit) -> None:
    assert "manifest" in visit("/models/lstm.sine-torn").inner_text("main [role=alert]")


def test_what_does_not_exist_is_status_404_and_a_page_that_leads_on(visit: Visit, app: Running) -> None:
    page = None
    for path, says in (
        ("/models/lstm.sin", "lstm.sine"),
        ("/models/%3Cimg%20src=x%20onerror=alert(1)%3E", "<img src=x onerror=alert(1)>"),
    ):
        assert httpx.get(app.address + path, headers={"Accept": "text/html"}).status_code == 404
        page = visit(path, over=page)
        expect(page.locator("main [role=alert]")).to_contain_text(says)
    page.click("main a[href='/']")
    page.wait_for_selector("a.model-card >> nth=0")
