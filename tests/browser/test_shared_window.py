"""One window and one signal in all views of a model: set in one, shown in the others, stepped through by Back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import seqzoo
from seqzoo.app.model import sharing
from seqzoo.signals import Sine

Visit = Callable[..., Any]

CHARTS = {view: f"#panel-{view} .chart >> nth=0" for view in ("predict", "inside", "rollout")}
SHOWN = "([view, values]) => [...document.querySelectorAll(`#panel-${view} :is(.point, .mz-point)`)].map((one) => " \
        "+one.getAttribute('aria-valuenow')).every((value, n) => Math.abs(value - values[n]) < 6e-4)"  # fmt: skip


def slide(page: Any, knob: str, value: float, view: str = "predict") -> None:
    code = f"e => {{ e.value = '{value}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}"
    page.eval_on_selector(f"#panel-{view} input[data-knob={knob}]", code)


def values(page: Any, view: str) -> list[float]:
    points = page.locator(f"#panel-{view} :is(.point, .mz-point)")
    expect(points).to_have_count(20)
    return [float(value) for value in points.evaluate_all("all => all.map(one => one.getAttribute('aria-valuenow'))")]


def turned(page: Any, view: str) -> None:
    """Open a view by its tab."""
    page.click(f"#tab-{view}")
    expect(page.locator(f"#tab-{view}")).to_have_attribute("aria-selected", "true")


def dragged(page: Any, view: str, place: int, rise: float) -> None:
    """Drag a value up, and watch the chart stay where it is and the point beneath the pointer."""
    point, chart = page.locator(f"#panel-{view} .point").nth(place), page.locator(CHARTS[view])
    box, tops = point.bounding_box(), {chart.bounding_box()["y"]}
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = values(page, view)[place]
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.25, 0.5, 0.75, 1):
        label = chart.get_attribute("aria-label")
        page.mouse.move(x, y - part * rise)
        expect(chart).not_to_have_attribute("aria-label", label)
        tops.add(chart.bounding_box()["y"])
    page.wait_for_function(
        "([view, n, y]) => {"
        "const box = document.querySelectorAll(`#panel-${view} .point`)[n].getBoundingClientRect();"
        "return Math.abs(box.top + box.height / 2 - y) < 1.5 }",
        arg=[view, place, y - rise],
    )
    page.mouse.up()
    assert len(tops) == 1
    assert abs(values(page, view)[place] - before) > 0.05


def forecast(page: Any, view: str) -> str:
    return str(re.findall(r"(?:lstm|mlp)\.sine (-?\d\.\d{4})", page.get_attribute(CHARTS[view], "aria-label"))[0])


def test_what_one_view_sets_is_what_the_others_show_and_back_steps_through_them(visit: Visit) -> None:
    page = visit("/models/lstm.sine?noise=0.05")
    page.wait_for_selector("#panel-predict .number-line")
    page.evaluate("window.unloaded = false")
    the_result_stands_beside_the_chart_in_the_first_screen(page)
    slide(page, "frequency", 0.04)
    page.wait_for_function("location.search.includes('frequency=0.04')")
    dragged(page, "predict", 15, 40)
    in_predict = values(page, "predict")
    expect(page.locator("#panel-predict .number >> nth=1")).to_contain_text("the best for the sine it assumes")
    bayes = page.inner_text("#panel-predict .number >> nth=1").split("\n")[1]

    turned(page, "inside")
    page.wait_for_function(SHOWN, arg=["inside", in_predict])
    # Each of the two views rounds the number itself, to four and to three places.
    said = [float(page.inner_text(f".mz-said dd >> nth={place}").replace("−", "-")) for place in (0, 2)]
    assert said == pytest.approx([float(forecast(page, "predict")), float(bayes)], abs=5.5e-4)
    page.locator("#panel-inside summary >> nth=0").click()
    expect(page.locator("#panel-inside input[data-knob=frequency]")).to_have_value("0.04")
    page.focus(".mz-point >> nth=19")
    page.keyboard.press("PageUp")
    page.wait_for_function("/values=16_[^~]*~20_/.test(decodeURIComponent(location.search))")
    looked = values(page, "inside")
    assert looked[19] > in_predict[19] and len(page.url) < 120

    turned(page, "predict")
    page.wait_for_function(SHOWN, arg=["predict", looked])
    turned(page, "rollout")
    chart = page.locator("#panel-rollout .chart >> nth=0")
    expected = seqzoo.load("lstm.sine", "onnx").predict(values(page, "predict"))[0, 0]
    assert float(forecast(page, "predict")) == pytest.approx(expected, abs=6e-5)
    expect(chart).to_have_attribute("aria-label", re.compile(f"the first is {forecast(page, 'predict')}"))
    slide(page, "phase", 2, "rollout")  # another window: without the changed values
    page.wait_for_function("location.search.includes('phase=2') && !location.search.includes('values')")

    back(page, "predict", "values=16_")
    page.wait_for_function(SHOWN, arg=["predict", looked])
    back(page, "inside", "values=16_")
    page.wait_for_function(SHOWN, arg=["inside", looked])
    back(page, "predict", "values=16_")
    page.wait_for_function(SHOWN, arg=["predict", in_predict])
    page.go_forward()
    expect(page.locator("#tab-inside")).to_have_attribute("aria-selected", "true")
    assert page.evaluate("window.unloaded") is False
    the_link_is_copied_or_shown_to_copy(page)
    page.click("#panel-inside [data-do=reset]")  # the sentence above the input is then a long one
    a_value_stays_beneath_the_pointer_in_the_microscope(page)


def a_value_stays_beneath_the_pointer_in_the_microscope(page: Any) -> None:
    page.wait_for_selector("#panel-inside .mz-notice:text('nearer to')")  # with the answer on Bayes
    point, chart = page.locator(".mz-point").nth(9), page.locator(".mz-window")
    point.evaluate("one => scrollBy(0, one.getBoundingClientRect().top - 450)")
    top, box = chart.bounding_box()["y"], point.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 20)
    page.wait_for_function("document.querySelector('.mz-notice').textContent.includes('value 10')")
    now = point.bounding_box()
    page.mouse.up()
    assert abs(chart.bounding_box()["y"] - top) < 0.5 and abs(now["y"] + now["height"] / 2 - (y - 20)) < 1.5


def the_result_stands_beside_the_chart_in_the_first_screen(page: Any) -> None:
    chart = page.locator(CHARTS["predict"]).bounding_box()
    for part in (".number-line", ".number >> nth=0", ".number >> nth=1"):
        box = page.locator(f"#panel-predict {part}").bounding_box()
        assert box["y"] + box["height"] <= 900 and box["x"] >= chart["x"] + chart["width"], part


def back(page: Any, view: str, state: str) -> None:
    page.go_back()
    expect(page.locator(f"#tab-{view}")).to_have_attribute("aria-selected", "true")
    page.wait_for_function("state => location.search.includes(state)", arg=state)


def the_link_is_copied_or_shown_to_copy(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    share, status = page.get_by_role("button", name="Share"), page.locator(".share [role=status]")
    share.click()
    expect(status).to_have_text(sharing.COPIED)
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden')); null")
    share.click()
    expect(status).to_have_text(sharing.REFUSED)
    page.wait_for_function("document.querySelector('.share input').value === location.href")
    page.wait_for_function("getSelection().toString() === location.href")


def test_values_changed_inside_a_feed_forward_model_come_back_to_predict_and_roll_out(visit: Visit) -> None:
    page = visit("/models/mlp.sine?view=inside&order=reverse&phase=1")
    page.wait_for_selector("#panel-inside .lead:text('Notice')")
    page.locator(CHARTS["inside"]).scroll_into_view_if_needed()
    before = values(page, "inside")
    slide(page, "poke_by", 0.5, "inside")  # added to the value 5 steps before the last one that is read
    page.wait_for_function("location.search.includes('values=6_')")
    turned(page, "predict")
    expect(page.locator(CHARTS["predict"])).to_have_attribute("aria-label", re.compile("assumes"))
    shown = values(page, "predict")
    assert shown[::-1] == pytest.approx([*before[:14], before[14] + 0.5, *before[15:]], abs=2e-4)
    turned(page, "rollout")
    bayes = Sine().posterior(np.array([shown]), 1)[0][0, 0]
    first = re.compile(f"the first is {forecast(page, 'predict')}")
    expect(page.locator(CHARTS["rollout"])).to_have_attribute("aria-label", first)
    described = page.get_attribute(CHARTS["predict"], "aria-label")
    assert f"Bayes, the best for the sine it assumes, {bayes:.4f}" in described
