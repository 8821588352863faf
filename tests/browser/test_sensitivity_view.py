"""Looking inside what has no recurrent cell, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import expect

import seqzoo
from seqzoo.bundles import store
from seqzoo.evaluation import sensitivity
from seqzoo.forecasters.exact import best_linear
from seqzoo.microscope.feedforward import FeedForward
from support.axe import narrow_and_dark
from support.serving import Running

Visit = Callable[..., Any]

SLOPES = "#panel-inside .chart[aria-label^='The influence']"
WINDOW = "#panel-inside .chart[aria-label^='The last']"
CHANGED = "([selector, before]) => document.querySelector(selector).getAttribute('aria-label') !== before"


def look(visit: Visit, name: str, query: str = "", **seen: Any) -> Any:
    """The page once everything of it has been computed."""
    page = visit(f"/models/{name}?view=inside{query}", **seen)
    page.wait_for_selector(f"{SLOPES} svg path >> nth=0", state="attached")
    page.wait_for_function("document.querySelector('#panel-inside .lead').textContent.startsWith('Notice')")
    return page


def slide(page: Any, knob: str, value: float) -> None:
    page.eval_on_selector(
        f"#panel-inside input[data-knob={knob}]",
        f"e => {{ e.value = '{value}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}",
    )


def changed_by(page: Any, act: Callable[[], Any], what: str = SLOPES) -> str:
    """The description of a chart after something that changes it."""
    before = page.get_attribute(what, "aria-label")
    act()
    page.wait_for_function(CHANGED, arg=[what, before])
    return page.get_attribute(what, "aria-label")


def test_pictures_of_kernels_fit_a_narrow_window_in_the_dark(visit: Visit) -> None:
    fits(look(visit, "gaf_cnn.sine", width=400, scheme="dark"))


def fits(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator("#panel-inside .below .panel").count() >= 1


def test_other_references_show_their_derivatives(visit: Visit) -> None:
    page = look(visit, "best_linear.recall")
    it_has_the_derivative_of_the_reference(page, "best_linear.recall", "best linear")
    look(visit, "last_value.sine", over=page)
    described = page.get_attribute(SLOPES, "aria-label")
    assert "last_value.sine depends most on the value at 0, by 1.000" in described


def it_has_the_derivative_of_the_reference(page: Any, name: str, reference: str) -> None:
    of_either = rf"(?:{re.escape(name)}|{reference}) depends most on the value at (\S+), by (\S+) per"
    moved = re.findall(of_either, page.get_attribute(SLOPES, "aria-label"))
    assert len(moved) == 2 and moved[0] == moved[1]


def test_a_reference_is_not_trained_has_its_derivative_and_a_signal_turned_in_one_view_is_turned_in_the_other(
    visit: Visit,
) -> None:
    page = visit("/models/bayes.sine")
    turn = "e => { e.value = '%s'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
    knob, described = "input[data-knob=phase]", ".chart[aria-label^='The last']"
    page.wait_for_selector("#panel-predict .chart[aria-label*='Bayes']")
    page.wait_for_selector(f"#panel-predict {described}")
    assert page.locator("#tab-train").count() == 0
    page.focus("#tab-predict")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#tab-inside[aria-selected=true]")
    page.wait_for_selector(f"#panel-inside {described}")
    page.wait_for_selector(f"{SLOPES} svg path >> nth=0", state="attached")
    page.wait_for_function("document.querySelector('#panel-inside .lead').textContent.startsWith('Notice')")
    it_has_the_derivative_of_the_reference(page, "bayes.sine", "Bayes")
    before = page.get_attribute(f"#panel-predict {described}", "aria-label")
    page.eval_on_selector(f"#panel-inside {knob}", turn % 2)
    page.wait_for_function("location.search.includes('phase=2')")
    page.click("#tab-predict")
    page.wait_for_function(
        "([chart, before]) => document.querySelector(chart).getAttribute('aria-label') !== before",
        arg=[f"#panel-predict {described}", before],
    )
    expect(page.locator(f"#panel-predict {knob}")).to_have_value("2")


def test_the_forecast_is_that_of_the_model_for_the_window_of_its_sliders_and_every_unit_can_be_shown(
    visit: Visit,
) -> None:
    page = look(visit, "tcn.sine", "&noise=0.02&phase=1&seed=9")
    context = np.sin(0.02 * np.arange(-20, 0) + 1) + 0.02 * np.random.default_rng(9).standard_normal(20)
    expected = seqzoo.load("tcn.sine", "onnx").predict(context)[0, 0]
    assert f"tcn.sine {expected:.4f}" in page.get_attribute(WINDOW, "aria-label")
    page.click("#panel-inside button:has-text('Show the other 19')")
    expect(page.locator("#panel-inside .unit")).to_have_count(43)


def test_the_lead_states_numbers_that_the_model_gives(visit: Visit) -> None:
    said = look(visit, "mlp.recall").inner_text("#panel-inside .lead")
    model = seqzoo.load("mlp.recall", "onnx")
    windows = model.signal.draw(8, 20, 1, np.random.default_rng(0)).context
    weights = best_linear(model.signal, 20).weights[0]
    cosines = []
    for window in windows:
        own = sensitivity.served(lambda moved: model.predict(moved[:, :, None])[:, 0], window).derivative
        cosines.append((sensitivity.cosine(own, sensitivity.of_bayes(model.signal, window).derivative),
                        sensitivity.cosine(own, weights)))  # fmt: skip
    bayes, linear = np.mean(cosines, axis=0)
    assert bayes > linear
    assert re.findall(r"cosine (\S+?)\)", said) == [f"{bayes:.3f}", f"{linear:.3f}"]


def test_units_sliders_order_and_poke_change_what_is_drawn_and_the_address_restores_them(visit: Visit) -> None:
    page = look(visit, "mlp.sine", "&seed=5")
    a_unit_is_switched_off_with_the_keyboard_and_on_again(page, "mlp.sine")
    nonsense = "&off=999-x-99999999999999999999-0001&order=sideways&poke_at=nan&poke_by=x&phase=inf"
    as_it_begins = page.get_attribute(SLOPES, "aria-label")
    other = look(visit, "mlp.sine", f"&seed=5{nonsense}")
    expect(other.locator(SLOPES)).to_have_attribute("aria-label", as_it_begins)

    changed_by(page, lambda: slide(page, "phase", 2.0))
    changed_by(page, lambda: page.click("#panel-inside button:has-text('Reversed')"))
    slide(page, "poke_at", -2)
    page.wait_for_function("location.search.includes('poke_at=-2')")
    after = changed_by(page, lambda: slide(page, "poke_by", 1.5))
    page.wait_for_function("['phase=2', 'order=reverse', 'values=3_', 'poke_at=-2']"
                           ".every((part) => location.search.includes(part))")  # fmt: skip
    again = look(visit, page.url.split("/")[-1].split("?")[0], "&" + page.url.split("?")[1], over=other)
    expect(again.locator(SLOPES)).to_have_attribute("aria-label", after)
    expect(again.locator("#panel-inside button:has-text('Reversed')")).to_have_attribute("aria-pressed", "true")


def test_a_point_moves_with_the_keyboard_and_the_mouse_and_the_derivative_of_a_linear_model_with_nothing(
    visit: Visit,
) -> None:
    page = look(visit, "linear.sine", "&poke_at=-5&poke_by=1.95")
    a_point_moved_with_the_keyboard_goes_on_where_the_slider_of_the_poke_ends(page)
    a_point_dragged_with_the_mouse_moves_the_poke_and_its_sliders(page)
    narrow_and_dark(page)
    fits(page)
    shuffling_leaves_a_forecast_that_the_reversed_window_does_not_have(page)


def a_point_moved_with_the_keyboard_goes_on_where_the_slider_of_the_poke_ends(page: Any) -> None:
    page.wait_for_function("document.querySelectorAll('#panel-inside .point:not([style*=none])').length === 20")
    point = page.locator("#panel-inside .point").nth(14)
    before = float(point.get_attribute("aria-valuenow"))
    point.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.wait_for_function("document.querySelector('#panel-inside input[data-knob=poke_by]').value === '2'")
    page.wait_for_function(
        "now => Math.abs(document.querySelectorAll('#panel-inside .point')[14].ariaValueNow - now) < 2e-4",
        arg=before + 0.15,
    )


def a_point_dragged_with_the_mouse_moves_the_poke_and_its_sliders(page: Any) -> None:
    page.locator(WINDOW).scroll_into_view_if_needed()
    box = page.locator("#panel-inside .point").nth(16).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()

    def drag() -> None:
        page.mouse.move(x, y + 12, steps=3)
        page.mouse.up()

    changed_by(page, drag, WINDOW)
    page.wait_for_function("location.search.includes('poke_at=-3') && /values=(15_[^~]*~)?17_/.test(location.search)")
    expect(page.locator("#panel-inside input[data-knob=poke_at]")).to_have_value("-3")
    expect(page.locator("#panel-inside input[data-knob=poke_by]")).to_have_value(re.compile("^-0"))


def shuffling_leaves_a_forecast_that_the_reversed_window_does_not_have(page: Any) -> None:
    reverse = changed_by(page, lambda: page.click("#panel-inside button:has-text('Reversed')"), WINDOW)
    assert changed_by(page, lambda: page.click("#panel-inside button:has-text('Shuffled')"), WINDOW) != reverse
    ever = re.compile("(the value at 0, by 0.1.*){2}")  # of linear.sine and the best linear
    expect(page.locator(SLOPES)).to_have_attribute("aria-label", ever)


def test_each_head_says_what_the_last_step_reads_and_is_switched_off_with_the_keyboard_and_on_again(
    visit: Visit,
) -> None:
    page = look(visit, "transformer.sine", "&seed=5")
    page.wait_for_selector("#panel-inside .unit svg >> nth=0", state="attached")
    said = [unit.get_attribute("aria-label") for unit in page.locator("#panel-inside .unit").all()]
    shares = [int(re.search(r"(\d+)%", text)[1]) for text in said]
    assert len(shares) == 8 and all(5 <= share <= 100 for share in shares)
    a_unit_is_switched_off_with_the_keyboard_and_on_again(page, "transformer.sine")


def a_unit_is_switched_off_with_the_keyboard_and_on_again(page: Any, name: str) -> None:
    page.wait_for_selector("#panel-inside .unit svg >> nth=0", state="attached")
    unit = page.locator("#panel-inside .unit").first
    number = int(unit.get_attribute("data-unit"))
    before = page.get_attribute(WINDOW, "aria-label")
    unit.focus()
    after = changed_by(page, lambda: page.keyboard.press("Enter"), WINDOW)
    context = np.sin(0.02 * np.arange(-20, 0) + 0.6) + 0.1 * np.random.default_rng(5).standard_normal(20)
    expected = FeedForward(store.open_bundle(store.SHIPPED / name)).forecast(context[None], frozenset([number]))
    assert f"{name}, 1 off {expected[0, 0]:.4f}" in after and "nothing off" in after
    page.wait_for_function(f"location.search.includes('off={number}')")
    expect(unit).to_have_attribute("aria-pressed", "true")
    expect(unit).to_be_focused()
    again = changed_by(page, lambda: page.click("#panel-inside button:has-text('Switch all on')"), WINDOW)
    assert again == before


def test_damaged_weights_are_one_sentence_and_the_derivative_is_still_there(visit: Visit, app: Running) -> None:
    own = app.home / "models" / "mlp.sine-cut"
    if not own.exists():
        shutil.copytree(store.SHIPPED / "mlp.sine", own)
        (own / store.WEIGHTS).write_bytes(b"cut")
    page = look(visit, "mlp.sine-cut")
    expect(page.locator("#panel-inside .below [role=alert]")).to_contain_text("weights.safetensors has 3 bytes")
    changed_by(page, lambda: page.click("#panel-inside button:has-text('New noise')"))
    assert page.locator("#panel-inside .unit").count() == 0
