"""The microscope as its user meets it: in a page, with a stub of anywidget's model behind it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import seqzoo
from seqzoo.bundles.store import SHIPPED, WEIGHTS
from support import warm
from support.microscope_page import press, said

REPAINTED = """([part, before]) =>
  document.querySelector(`[data-part='${part}'], [data-map='${part}']`).toDataURL() !== before"""


def picture(page: Page, part: str) -> str:
    found: str = page.eval_on_selector(f"[data-part='{part}'], [data-map='{part}']", "canvas => canvas.toDataURL()")
    return found


@pytest.mark.parametrize("name", ["lstm.sine", "lstm.sine-h50", "gru.recall", "rnn.sine"])
def test_the_page_shows_the_forecast_of_the_engine(name, show):
    page = show(name)
    window = page.evaluate("window.model.get('window')")
    assert abs(said(page) - seqzoo.load(name, "onnx").predict(window)[0, 0]) < 1e-3
    assert page.locator("canvas:visible").count() == page.locator("canvas[aria-label]").count() >= 5
    assert page.evaluate("window.sent") == [{"kind": "weights"}]


def test_a_drag_moves_the_value_the_forecast_and_every_picture_and_keys_go_on_from_there(show):
    page = show()
    parts = ["window", "derivative", "curves", "path", "f", "h"]
    before, forecast = {part: picture(page, part) for part in parts}, said(page)
    box = page.locator(".mz-point").nth(19).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8, box["y"] - 60, steps=4)
    for part in parts:
        page.wait_for_function(REPAINTED, arg=[part, before[part]])
    dragged = said(page)
    assert dragged != forecast
    page.mouse.up()
    page.wait_for_function("window.saved >= 1")
    window = page.evaluate("window.model.get('window')")
    expect(page.locator(".mz-point").nth(19)).to_have_attribute("aria-valuenow", f"{window[19]:.3f}")
    assert abs(dragged - seqzoo.load("lstm.sine", "onnx").predict(window)[0, 0]) < 1e-3
    arrow_keys_change_a_value_and_go_to_its_neighbour(page)


def arrow_keys_change_a_value_and_go_to_its_neighbour(page: Page) -> None:
    point = page.locator(".mz-point").nth(19)
    before = float(point.get_attribute("aria-valuenow") or "nan")
    point.focus()
    page.keyboard.press("PageUp")
    page.wait_for_function("before => document.activeElement.ariaValueNow > before", arg=before)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.activeElement.ariaLabel === 'value 19 of 20'")


def test_a_gate_held_shut_in_all_units_or_one_a_unit_ablated_and_reset_show_in_the_forecast(show):
    page = show()
    untouched = said(page)
    press(page, "f", "shut")
    expect(page.locator(".mz-notice")).to_contain_text("forget gate held at 0")
    assert said(page) != untouched
    press(page, "f", "free")
    assert said(page) == untouched
    page.click("[data-do=ablate]")
    told = page.inner_text(".mz-unit")
    added, moved, own, others = (float(text.replace("−", "-")) for text in re.findall(r"[+−]\d\.\d{3}", told))
    assert "switched off" in told and moved == pytest.approx(said(page) - untouched, abs=2e-3)
    assert own == -added and own + others == pytest.approx(moved, abs=2e-3)
    page.click("[data-do=reset]")
    assert said(page) == untouched
    a_gate_can_be_held_in_the_chosen_unit_alone(page)


def a_gate_can_be_held_in_the_chosen_unit_alone(page: Page) -> None:
    page.select_option("[data-do=scope]", "one")
    press(page, "o", "shut")
    unit = page.input_value("[data-do=unit]")
    expect(page.locator(".mz-notice")).to_contain_text(f"output gate held at 0 in unit {unit}")


def test_a_window_read_backwards_gives_the_forecast_of_the_window_backwards(show):
    page = show()
    window = page.evaluate("window.model.get('window')")
    page.click("[data-order=reverse]")
    assert abs(said(page) - seqzoo.load("lstm.sine", "onnx").predict(window[::-1])[0, 0]) < 1e-3
    page.click("[data-order=shuffle]")
    expect(page.locator(".mz-notice")).to_contain_text("random order")


def test_a_click_on_a_heat_map_chooses_unit_and_step(show):
    page = show()
    chosen = page.input_value("[data-do=unit]")
    box = page.locator("[data-map=h]").bounding_box()
    assert box is not None
    page.locator("[data-map=h]").click(position={"x": 120, "y": box["height"] - 5})
    expect(page.locator("[data-do=unit]")).not_to_have_value(chosen)
    expect(page.locator("[data-out=step]")).not_to_have_text("20 of 20")


def test_play_walks_through_the_steps(show):
    page = show()
    page.emulate_media(reduced_motion="no-preference")
    page.click("[data-do=play]")
    page.wait_for_function("document.querySelector('[data-out=step]').textContent === '2 of 20'")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # where it goes on without drawing
    page.wait_for_function("document.querySelector('[data-out=step]').textContent === '3 of 20'")
    page.click("[data-do=play]")
    expect(page.locator("[data-do=play]")).to_have_text("Play")


def test_a_window_set_in_python_is_shown_and_a_bayes_forecast_of_another_window_is_not(show):
    page = show()
    page.evaluate("window.model.set('window', Array(20).fill(0.5)); window.tell('change:window')")
    assert abs(said(page) - seqzoo.load("lstm.sine", "onnx").predict([0.5] * 20)[0, 0]) < 1e-3
    expect(page.locator(".mz-said dd").nth(2)).to_have_text("…")
    page.evaluate(
        "window.model.set('bayes', {window: Array(20).fill(0.5), forecast: 0.25, derivative: Array(20).fill(0.05)});"
        "window.tell('change:bayes')"
    )
    expect(page.locator(".mz-said dd").nth(2)).to_have_text("0.250")


def test_a_bayes_forecast_is_shown_though_other_parts_are_drawn_before_its_frame(show):
    page = show(window=[0.5] * 20)
    page.evaluate(
        """window.kept = false;
        window.requestAnimationFrame = () => 1; // what rests is drawn before the next frame
        const point = document.querySelector('.mz-point');
        const press = (key) => point.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        ['ArrowUp', 'ArrowDown'].forEach(press);
        window.model.set('bayes', {window: Array(20).fill(0.5), forecast: 0.25, derivative: Array(20).fill(0.05)});
        window.tell('change:bayes');"""
    )
    expect(page.locator(".mz-said dd").nth(2)).to_have_text("0.250")


def test_every_control_has_a_name_and_dark_follows_the_system_and_nothing_is_wider_than_the_page(show):
    page = show()
    every_control_has_a_name_and_every_term_a_definition(page)
    dark_follows_the_system(page)
    nothing_is_wider_than_the_page(page)


def every_control_has_a_name_and_every_term_a_definition(page: Page) -> None:
    nameless = """() => [...document.querySelectorAll("button, select, input, [role=slider], canvas")].filter((one) =>
      !(one.getAttribute("aria-label") || one.labels?.length || (one.matches("button") && one.textContent.trim())))
      .map((one) => one.outerHTML)"""
    assert page.evaluate(nameless) == []
    nameless_terms = "dfn:not([title]), dfn[title=undefined], dfn:not([tabindex='0'])"
    assert page.locator("dfn").count() and page.locator(nameless_terms).count() == 0


def dark_follows_the_system(page: Page) -> None:
    light = picture(page, "f")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("light => document.querySelector('[data-map=f]').toDataURL() !== light", arg=light)
    page.emulate_media(color_scheme="light")
    page.wait_for_function("light => document.querySelector('[data-map=f]').toDataURL() === light", arg=light)


def nothing_is_wider_than_the_page(page: Page) -> None:
    for width in (400, 880, 1400, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"innerWidth === {width} && document.documentElement.scrollWidth === {width}")


def test_weights_are_fetched_once_from_a_url_where_there_is_one(kept, show):
    asked = []
    kept.route("**/weights.safetensors", lambda route: asked.append(1) or route.fulfill(
        body=(SHIPPED / "lstm.sine" / WEIGHTS).read_bytes()))  # fmt: skip
    show("lstm.sine", url="/api/models/lstm.sine/files/weights.safetensors")
    press(kept, "i", "open")
    assert asked == [1] and kept.evaluate("window.sent") == []


def test_weights_that_do_not_fit_are_one_sentence_in_the_page(show):
    page = show("lstm.sine", architecture="gru")
    expect(page.locator("[role=alert]")).to_contain_text("weights")


def test_a_name_is_shown_as_text(show):
    page = show("lstm.sine", name="<img src=x onerror=alert(1)>")
    expect(page.locator("h2")).to_contain_text("<img src=x onerror=alert(1)>")


def test_a_view_that_is_closed_leaves_nothing_behind(show):
    page = show()
    page.evaluate("window.stop()")
    expect(page.locator(".mz")).to_have_count(0)
    assert page.evaluate("window.model.listening()") == 0


def test_python_sends_the_weights_when_they_are_asked_for_and_never_as_a_trait(monkeypatch):
    made = seqzoo.look_inside("lstm.sine")
    sent: list[Any] = []
    monkeypatch.setattr(made, "send", lambda content, buffers: sent.append((content, buffers)))
    made._handle_custom_msg({"kind": "weights"}, [])
    made._handle_custom_msg({"kind": "something else"}, [])
    data = (SHIPPED / "lstm.sine" / WEIGHTS).read_bytes()
    assert sent == [({"kind": "weights"}, [data])]
    synced = made.trait_values(sync=True)
    assert not any(isinstance(value, bytes) for value in synced.values())


def test_the_bayes_forecast_follows_the_window():
    made = seqzoo.look_inside("lstm.sine")
    made.window = [0.5] * 20
    bayes = seqzoo.references_of(seqzoo.Sine(), 20)["bayes"]
    window = np.full((1, 20), 0.5)
    assert made.bayes["forecast"] == pytest.approx(bayes(window)[0, 0], abs=1e-9)
    moved = 1e-3 * np.eye(20)
    slopes = (bayes(window + moved) - bayes(window - moved))[:, 0] / 2e-3
    assert np.abs(slopes - made.bayes["derivative"]).max() < 1e-3


@pytest.mark.parametrize(("name", "says"), [("mlp.sine", "mlp"), ("bayes.sine", "bayes")])
def test_a_model_without_a_cell_is_refused_in_one_line(name, says):
    with pytest.raises(seqzoo.SeqzooError, match=says) as refusal:
        seqzoo.look_inside(name)
    assert "\n" not in str(refusal.value)


def test_without_anywidget_the_line_that_installs_it_is_shown():
    code = "import sys; sys.modules['anywidget'] = None; import seqzoo; seqzoo.look_inside('lstm.sine')"
    ran = warm.run(code)
    assert "pip install 'seqzoo[app]'" in ran.stderr.splitlines()[-1]
