"""The page of a model, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.serving import Running

Visit = Callable[..., Any]

CHART = "[role=tabpanel]:not(.gone) .chart[aria-label*='Bayes']"
CHANGED = "([selector, before]) => document.querySelector(selector).getAttribute('aria-label') !== before"


def slide(page: Any, knob: str, value: float) -> None:
    page.eval_on_selector(
        f"input[data-knob={knob}]",
        f"e => {{ e.value = '{value}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}",
    )


def test_a_slider_changes_the_forecast_and_the_address_and_the_address_restores_it(visit: Visit) -> None:
    page = visit("/models/lstm.sine")
    page.wait_for_selector(CHART)
    before = page.get_attribute(CHART, "aria-label")
    slide(page, "frequency", 0.2)
    page.wait_for_function(CHANGED, arg=[CHART, before])
    page.wait_for_function("location.search.includes('frequency=0.2')")
    after = page.get_attribute(CHART, "aria-label")
    again = visit(page.url[page.url.index("/models") :])
    again.wait_for_selector(CHART)
    assert again.get_attribute(CHART, "aria-label") == after
    assert again.input_value("input[data-knob=frequency]") == "0.2"


def test_new_noise_changes_the_forecast(visit: Visit) -> None:
    page = visit("/models/lstm.sine")
    page.wait_for_selector(CHART)
    before = page.get_attribute(CHART, "aria-label")
    page.click("text=New noise")
    page.wait_for_function(CHANGED, arg=[CHART, before])


def test_every_slider_has_a_name_and_moves_with_the_keyboard(visit: Visit) -> None:
    page = visit("/models/lstm.two_tone")
    page.wait_for_selector(CHART)
    sliders = page.query_selector_all("input[type=range]")
    assert len(sliders) == 5 and all(slider.get_attribute("aria-label") for slider in sliders)
    before = page.get_attribute(CHART, "aria-label")
    page.focus("input[data-knob=slow_phase]")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=[CHART, before])


def test_far_out_the_page_says_where_the_roll_outs_end(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=rollout&horizon=400")
    page.wait_for_selector("text=lstm.sine does not fade but settles near ±0.97", timeout=60_000)
    assert "the best linear forecaster fed back 0.02" in page.inner_text("#panel-rollout")


def test_a_bundle_downloads_and_verifies_check_by_check(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=deploy")
    with page.expect_download() as download:
        page.click("a:has-text('Bundle,')")
    assert download.value.suggested_filename == "lstm.sine.zip"
    page.click("text=Verify")
    page.wait_for_selector("text=This bundle is what it says.", timeout=120_000)
    assert page.locator(".check.passed").count() >= 9 and page.locator(".check.failed").count() == 0


def test_a_damaged_bundle_fails_the_check_of_its_file_while_the_view_stays_usable(visit: Visit) -> None:
    page = visit("/models/lstm.sine-cut?view=deploy")
    page.click("text=Verify")
    page.click("button.choice:has-text('ONNX Runtime')")
    page.wait_for_selector("[data-code=onnx]")
    page.wait_for_selector("text=This bundle is not what it says.", timeout=60_000)
    assert "model.onnx" in page.inner_text(".check.failed")
    assert page.locator(".check.failed").count() == page.locator(".check .mark[aria-label=failed]").count() == 1
    assert page.locator(".check.passed").count() >= 5
    page.wait_for_function("!document.querySelector('[data-part=verify]').disabled")


def test_a_second_press_while_a_proof_is_under_way_does_not_start_another(visit: Visit) -> None:
    page = visit("/models/mlp.sine?view=deploy")
    page.wait_for_selector("[data-part=verify]")
    page.eval_on_selector("[data-part=verify]", "button => { button.click(); button.click(); button.click(); }")
    page.wait_for_selector("text=This bundle is what it says.", timeout=120_000)
    names = page.locator(".check > div > div:first-child").all_inner_texts()
    assert len(names) == len(set(names)) >= 9


def test_the_language_of_the_code_stands_in_the_address_and_the_code_is_copied(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=deploy&code=cpp")
    assert "torch::jit::load" in page.inner_text("[data-code=cpp]")
    page.click("button.choice:has-text('TorchScript')")
    page.wait_for_function("location.search.includes('code=torchscript')")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("button.button:has-text('Copy')")
    page.wait_for_selector("text=Copied.")
    assert "torch.jit.load" in page.evaluate("navigator.clipboard.readText()")
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden')); null")
    page.click("button.button:has-text('Copy')")
    page.wait_for_selector("text=The browser does not allow it")


def test_the_card_is_rendered(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=card")
    page.wait_for_selector(".prose h3 >> text=Limitations")
    assert "context_length 20" in page.inner_text(".prose")


def test_a_model_that_cannot_be_loaded_says_why_and_its_card_still_opens(visit: Visit) -> None:
    page = visit("/models/lstm.sine-cut")
    assert "model.onnx" in page.wait_for_selector("#panel-predict [role=alert]").inner_text()
    page.wait_for_selector(".badge.failed")
    page.click("#tab-card")
    page.wait_for_selector(".prose h2")


def test_a_model_whose_manifest_cannot_be_read_says_so(visit: Visit) -> None:
    assert "manifest" in visit("/models/lstm.sine-torn").inner_text("main [role=alert]")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/models/lstm.sin", "Did you mean lstm.sine"),
        ("/models/%3Cimg%20src=x%20onerror=alert(1)%3E", "no model called <img src=x onerror=alert(1)> here."),
        ("/nothing", "No page has this address."),
    ],
)
def test_what_does_not_exist_is_status_404_and_a_page_that_leads_on(
    chromium: Any, app: Running, path: str, says: str
) -> None:
    page = chromium.new_page(strict_selectors=True)
    assert page.goto(app.address + path).status == 404
    assert says in page.wait_for_selector("main [role=alert]").inner_text()
    page.click("text=See the gallery")
    page.wait_for_selector("a.model-card >> nth=0")
    page.close()


def test_tabs_move_with_the_arrow_keys(visit: Visit) -> None:
    page = visit("/models/bayes.sine")
    page.wait_for_selector(CHART)
    page.focus("#tab-predict")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#tab-inside[aria-selected=true]")


@pytest.mark.parametrize("view", ["predict", "rollout", "deploy", "card"])
def test_a_view_fits_a_narrow_window_in_the_dark(visit: Visit, view: str) -> None:
    page = visit(f"/models/lstm.sine?view={view}", width=400, scheme="dark")
    page.wait_for_selector(f"#panel-{view} .panel >> nth=0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_signal_turned_in_one_view_is_turned_in_the_other_that_has_it(visit: Visit) -> None:
    page = visit("/models/linear.sine")
    turn = "e => { e.value = '%s'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
    knob, described = "input[data-knob=phase]", ".chart[aria-label^='The last']"
    page.wait_for_selector(f"#panel-predict {described}")
    page.click("#tab-inside")
    page.wait_for_selector(f"#panel-inside {described}")
    before = page.get_attribute(f"#panel-predict {described}", "aria-label")
    page.eval_on_selector(f"#panel-inside {knob}", turn % 2)
    page.wait_for_function("location.search.includes('phase=2')")
    page.click("#tab-predict")
    page.wait_for_function(
        "([chart, before]) => document.querySelector(chart).getAttribute('aria-label') !== before",
        arg=[f"#panel-predict {described}", before],
    )
    assert page.input_value(f"#panel-predict {knob}") == "2"
