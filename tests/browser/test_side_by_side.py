"""Two networks side by side in *Look inside*: what they share, what each has for itself, and the address."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

import seqzoo
from support.axe import narrow_and_dark, violations

Visit = Callable[..., Any]


def side(page: Any, number: int) -> Any:
    return page.locator(".mz-pair > div").nth(number)


def forecasts(page: Any) -> list[float]:
    """Of the first network, the second one and Bayes, as the strip above them has them."""
    return [float(text.replace("−", "-")) for text in page.locator(".mz-lanes b").all_inner_texts()]


def test_two_networks_read_one_window_at_one_step_and_the_address_holds_both(visit: Visit) -> None:
    page = visit("/models/lstm.sine?view=inside&with=gru.sine&with_unit=9&t=12")
    expect(page.locator(".mz-lanes b")).to_have_count(3)
    values = "points => points.map((one) => Number(one.getAttribute('aria-valuenow')))"  # to three decimals
    window = side(page, 0).locator(".mz-point").evaluate_all(values)
    assert side(page, 1).locator(".mz-point").evaluate_all(values) == window
    for value, name in zip(forecasts(page), ("lstm.sine", "gru.sine"), strict=False):
        assert abs(value - seqzoo.load(name, "onnx").predict(window)[0, 0]) < 3e-3
    expect(side(page, 1).locator("[data-out=cell]")).to_have_text("unit 9 of 74, step 12 of 20")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # A value that is changed in the second changes in the first, and reaches the address.
    before = forecasts(page)
    side(page, 1).locator("[aria-label='value 20 of 20']").focus()
    page.keyboard.press("PageUp")
    page.wait_for_function("location.search.includes('values=20_')")
    expect(side(page, 0).locator("[aria-label='value 20 of 20']")).to_have_attribute(
        "aria-valuenow", side(page, 1).locator("[aria-label='value 20 of 20']").get_attribute("aria-valuenow")
    )
    page.wait_for_function("!document.querySelector('.mz-lanes').textContent.includes('…')")
    assert all(now != was for now, was in zip(forecasts(page), before, strict=True))
    # A gate of the second is none of the first; a new window is one of both.
    side(page, 1).locator("[data-gate=z][data-value='0']").click()
    page.wait_for_function("location.search.includes('with_freeze=z0')")
    assert side(page, 0).locator(".mz-held").count() == 0
    side(page, 1).locator("[data-do=draw]").click()
    page.wait_for_function("location.search.includes('draw=1') && !location.search.includes('values=')")
    side(page, 1).locator("[data-gate=z][data-value='']").click()
    page.wait_for_function("!location.search.includes('with_freeze')")
    expect(side(page, 0).locator("[data-out=step]")).to_have_text("12 of 20")
    # It plays in both.
    page.emulate_media(reduced_motion="no-preference")
    page.select_option("[data-knob=with]", "rnn.sine")
    page.wait_for_function("!location.search.includes('with_unit') && location.search.includes('with=rnn.sine')")
    side(page, 1).locator("[data-do=play]").click()
    for number in (0, 1):
        side(page, number).locator(".mz-token >> nth=0").wait_for()
    side(page, 0).locator("[data-do=step]").fill("3")  # which stops it
    expect(side(page, 1).locator("[data-do=play]")).to_have_text("Play")
    expect(side(page, 1).locator("[data-out=step]")).to_have_text("3 of 20")
    page.select_option("[data-knob=with]", "")
    expect(page.locator(".mz-pair > div")).to_have_count(1)
    expect(page.locator(".mz-versus")).to_be_hidden()
    page.wait_for_function("!location.search.includes('with')")


def test_twins_show_the_same_units_and_hold_the_same_gates(visit: Visit) -> None:
    page = visit("/models/gru.sine?view=inside&with=gru.sine-unasked&unit=5&freeze=z0.5")
    expect(side(page, 1).locator("[data-out=cell]")).to_have_text("unit 5 of 74, step 20 of 20")
    expect(side(page, 1).locator(".mz-held")).to_have_count(1)
    side(page, 1).locator("[data-do=unit]").select_option("7")
    side(page, 1).locator("[data-do=ablate]").click()
    page.wait_for_function("location.search.includes('unit=7') && location.search.includes('ablate=7')")
    assert "with_" not in page.url
    model, other, _ = forecasts(page)
    assert math.isclose(model, other)
    units = "list => [...list.options].map((one) => one.value)"
    rows = [side(page, number).locator("[data-do=unit]").evaluate(units) for number in (0, 1)]
    assert rows[0] == rows[1]
    assert violations(page) == []
    narrow_and_dark(page, 390)
    assert violations(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_cannot_stand_beside_a_model_is_named_with_what_can(visit: Visit) -> None:
    page = visit("/models/lstm.sine-k4?view=inside&with=mlp.sine")
    page.wait_for_selector(".mz-said dd >> nth=0")
    told = page.inner_text("#panel-inside .error-line")
    assert "without gates and states" in told and "lstm, gru, rnn" in told
    page.select_option("[data-knob=with]", "lstm.sine")
    expect(page.locator(".mz-lanes b")).to_have_count(3)
    assert page.inner_text("#panel-inside .error-line") == ""
