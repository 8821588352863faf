"""The microscope's view: what is looked at and changed, taken back, said in words, and asked of each signal."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import seqzoo
from seqzoo import _palette
from seqzoo._arrays import with_channel
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.data.scaling import Scaling
from seqzoo.microscope.widget import Microscope
from support.microscope_page import press, said


@pytest.mark.parametrize("least", [[], [0.02]], ids=["series", "window"])
def test_the_forecast_on_the_page_is_that_of_the_scaling(show, least):
    scaling = Scaling(0.5, 2.0, "window" if least else "series")
    page = show(scale=[0.5, 2.0, *least])
    given = np.array(page.evaluate("window.model.get('window')"))[None]
    plain = seqzoo.load("lstm.sine", "numpy").predict
    assert said(page) == pytest.approx(scaling.around(plain, with_channel(given)).item(), abs=6e-4)
    page.locator(".mz-point").nth(19).focus()
    page.keyboard.press("PageUp")
    expect(page.locator(".mz-notice")).to_contain_text("value 20 at")
    page.wait_for_function("(before) => window.model.get('window')[19] !== before", arg=given[0, 19])
    moved = np.array(page.evaluate("window.model.get('window')"))[None]
    expected = [scaling.around(plain, with_channel(values)).item() for values in (given, moved)]
    assert said(page) == pytest.approx(expected[1], abs=6e-4) and abs(expected[1] - expected[0]) > 1e-3
    before = re.search(r"goes from (\S+) to", page.inner_text(".mz-notice").replace("−", "-"))
    assert before and float(before[1]) == pytest.approx(expected[0], abs=6e-4)


def test_a_finger_drags_a_value_and_the_end_is_announced(show):
    page = show()
    box = page.locator(".mz-point").nth(19).bounding_box()
    assert box is not None
    touch = """([kind, x, y]) => document.querySelector(".mz-window").dispatchEvent(new PointerEvent(kind,
      {pointerId: 1, pointerType: "touch", clientX: x, clientY: y, button: 0, bubbles: true, isPrimary: true}))"""
    page.evaluate("window.kept = false; HTMLElement.prototype.setPointerCapture = () => {}")  # of no finger
    for kind, up in (("pointerdown", 0), ("pointermove", 50)):
        page.evaluate(touch, [kind, box["x"] + 8, box["y"] + 8 - up])
    expect(page.locator(".mz-notice")).to_contain_text("value 20 at")
    assert page.text_content(".mz-aloud") == ""
    page.evaluate(touch, ["pointerup", box["x"] + 8, box["y"] - 42])
    expect(page.locator(".mz-aloud")).to_have_text(page.text_content(".mz-notice"))
    assert page.eval_on_selector(".mz-window", "one => getComputedStyle(one).touchAction") == "none"


def test_every_change_is_taken_back_one_by_one_and_a_run_of_keys_as_one(show):
    page = show()
    forecasts = [said(page)]
    page.locator(".mz-point").nth(19).focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    forecasts.append(said(page))
    press(page, "i", "open")
    forecasts.append(said(page))
    page.click("[data-order=reverse]")
    forecasts.append(said(page))
    page.click("[data-do=ablate]")
    assert len(set(forecasts)) == 4
    for forecast in reversed(forecasts):
        page.click("[data-do=undo]")
        assert said(page) == forecast
    expect(page.locator("[data-do=undo]")).to_have_attribute("aria-disabled", "true")
    page.wait_for_function("Object.keys(window.model.get('view')).length === 0")


def test_two_units_are_held_at_once_and_each_is_let_go(show):
    page = show()
    page.select_option("[data-do=scope]", "one")
    for unit in ("4", "9"):
        page.select_option("[data-do=unit]", unit)
        press(page, "f", "shut")
    page.wait_for_function("window.model.get('view').freeze === 'f0_4~f0_9'")
    page.select_option("[data-do=unit]", "4")
    press(page, "f", "free")
    page.wait_for_function("window.model.get('view').freeze === 'f0_9'")
    expect(page.locator("[data-gate=f][data-value='']")).to_have_attribute("aria-pressed", "true")


def test_what_changed_is_said_of_the_window_and_of_the_network_in_turn(show):
    page = show("lstm.sine", view={"values": "20_0.4", "freeze": "f0"})
    start, window = page.evaluate("[window.model.get('start'), window.model.get('window')]")
    predict = seqzoo.load("lstm.sine", "onnx").predict
    before, after = predict(start)[0, 0], predict(window)[0, 0]
    words = page.inner_text(".mz-notice").replace("−", "-")
    assert window[19] == 0.4
    assert f"goes from {before:.3f} to {after:.3f} ({after - before:+.3f})" in words
    assert f"forget gate held at 0, the forecast goes from {after:.3f} to {said(page):.3f}" in words


def test_a_view_set_in_python_is_shown_and_dark_follows_jupyterlab_where_it_has_a_theme_and_paper_is_light(show):
    page = show()
    page.evaluate("window.model.set('view', {t: '4', ablate: '2~3', unit: 7}); window.tell('change:view')")
    expect(page.locator("[data-out=step]")).to_have_text("4 of 20")
    expect(page.locator(".mz-notice")).to_contain_text("units 2 and 3 switched off")
    page.evaluate("window.model.set('view', {t: [], values: {}, freeze: null}); window.tell('change:view')")
    expect(page.locator("[data-out=step]")).to_have_text("20 of 20")
    expect(page.locator(".mz-notice")).not_to_contain_text("switched off")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_selector(".mz-dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".mz-dark")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".mz-dark")).to_have_count(1)


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("lstm.sine", "phase"),
        ("lstm.sine_any", "middle frequency (0.11)"),
        ("gru.recall", "value after the cue"),
        ("lstm.two_tone", ""),
    ],
)
def test_a_unit_is_asked_what_its_signal_can_answer(name, asks, show):
    page = show(name)
    assert page.locator("[data-part=response]").count() == bool(asks)
    if asks:
        assert asks in (page.get_attribute("h4 dfn", "title") or "")
        assert "Dots" in page.inner_text("[data-out=path]")
    else:
        assert "Dots" not in page.inner_text("[data-out=path]")
    assert page.inner_text("[data-out=goal]") == (
        "Answer: the value after the cue" if "recall" in name else "Forecast of the next value"
    )


def test_the_linear_forecaster_has_the_colour_of_the_one_that_it_is(show):
    page = show()
    drawn = "() => getComputedStyle(document.querySelector('.mz-lin')).backgroundColor"
    rgb = {role: [int(_palette.light(role)[at : at + 2], 16) for at in (1, 3, 5)] for role in ("best_linear", "line")}
    assert page.evaluate(drawn) == "rgb({}, {}, {})".format(*rgb["best_linear"])
    page.evaluate("window.stop()")
    show(signal={"family": "", "linear": "straight line"}, standings=[], bayes={})
    assert page.evaluate(drawn) == "rgb({}, {}, {})".format(*rgb["line"])
    assert "straight line" in page.inner_text(".mz-said")


def test_a_unit_of_recall_holds_the_value_after_the_cue(show):
    page = show("gru.recall")
    answers = """async () => {
      const [{parseSafetensors, makeCell, head}, {questionOf, respond}] =
        await Promise.all([import("/microscope/js/cell.js"), import("/microscope/js/response.js")]);
      const bytes = (await new Promise((done) => {
        window.model.on("msg:custom", (_, buffers) => done(buffers[0])); window.model.send({kind: "weights"}); }));
      const cell = makeCell("gru", parseSafetensors(bytes.buffer));
      const question = questionOf(window.model.get("signal"), 20);
      const {states} = respond(cell, question, (window) => window);
      return question.points.map(({window}, n) => [window[window.indexOf(2) + 1], head(cell, states, n)[0]]);
    }"""
    remembered, said_of_it = np.array(page.evaluate(answers)).T
    assert np.abs(said_of_it - remembered / 1.04).max() < 0.15


def test_a_forecast_of_many_steps_says_which_one_it_shows(show):
    page = show("lstm.sine-h50", view={"ahead": "50"}, bayes={})
    shows_the_step(page, 50, "Forecast of the value 50 steps ahead")
    page.evaluate("window.model.set('view', {ahead: '1'}); window.tell('change:view')")
    shows_the_step(page, 1, "Forecast of the next value")


def shows_the_step(page: Page, ahead: int, heading: str) -> None:
    window = page.evaluate("window.model.get('window')")
    assert abs(said(page) - seqzoo.load("lstm.sine-h50", "onnx").predict(window)[0, ahead - 1]) < 1e-3
    linear = seqzoo.references_of(seqzoo.Sine(), 20, 50)["best_linear"](np.array([window]))[0, ahead - 1]
    assert float(page.inner_text(".mz-said dd >> nth=1").replace("−", "-")) == pytest.approx(linear, abs=6e-4)
    assert page.inner_text("[data-out=ahead]") == f"{ahead} of 50"
    assert page.inner_text("[data-out=goal]") == heading


def test_the_view_says_which_window_is_drawn_and_a_given_one_is_number_0():
    given = [0.1] * 20
    made = Microscope(open_bundle(SHIPPED / "lstm.sine"), window=given)
    assert made.start == given
    for asked, seed in (("3", 3), ("9999999", 999_999)):
        made.view = {"draw": asked}
        assert made.start == seqzoo.Sine().draw(1, 20, 1, np.random.default_rng(seed)).context[0].tolist()
        assert made.window == made.start  # no page is open that would update it
    made.view = {"draw": "many"}
    assert made.start == given


def test_a_window_that_nobody_drew_has_no_best_possible_forecast_and_may_lie_outside_training(show):
    page = show()
    best, assumed = "Bayes (the best possible)", "Bayes (the best for the sine it assumes)"
    assert best in page.inner_text(".mz-said") and page.inner_text(".mz-outside") == ""
    page.click("[data-order=reverse]")
    expect(page.locator(".mz-said")).to_contain_text(assumed)
    page.click("[data-order=plain]")
    expect(page.locator(".mz-said")).not_to_contain_text(assumed)
    page.locator(".mz-point").nth(19).focus()
    page.keyboard.press("PageUp")
    expect(page.locator(".mz-said")).to_contain_text(assumed)
    assert "best possible" not in page.get_attribute("[data-part=window]", "aria-label")
    made = Microscope(open_bundle(SHIPPED / "lstm.sine"), window=[5.0] * 20)
    assert made.is_given and "7.0" in made.outside
    made.view = {"draw": "3"}
    assert not made.is_given
    made.window = made.start
    assert made.outside == ""
    page.evaluate("window.model.set('outside', 'Far away.'); window.tell('change:outside')")
    expect(page.locator(".mz-outside")).to_have_text("Far away.")


def test_the_bayes_forecast_is_as_far_ahead_as_is_looked_at():
    made = seqzoo.look_inside("lstm.sine-h50")
    for asked, ahead in (("50", 50), ("9999", 50), ("0", 1), ("many", 1)):
        made.view = {"ahead": asked}
        bayes = seqzoo.references_of(seqzoo.Sine(), 20, ahead)["bayes"](np.array([made.window]))[0, -1]
        assert made.bayes["ahead"] == ahead
        assert made.bayes["forecast"] == pytest.approx(bayes, abs=1e-9)


def test_a_name_in_a_figure_is_text_and_no_part_of_the_file_name(show):
    page = show("lstm.sine", name="../<b>&\"'")
    page.click(".mz-menu summary")
    with page.expect_download() as download:
        page.click("[data-save=svg]")
    assert download.value.suggested_filename.strip("_.") == "b____-all.svg"
    root = ElementTree.fromstring(Path(download.value.path()).read_bytes())
    assert (root.findtext("{http://www.w3.org/2000/svg}title") or "").startswith("../<b>&\"' under")
    page.keyboard.press("Escape")
    expect(page.locator(".mz-menu")).not_to_have_attribute("open", "")
