"""The cell of *Look inside*: its numbers, what lights together, its valves, its player, and the rows of the maps."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import seqzoo
from support.microscope_page import press, said

NUMBERS = """async ([data, architecture, window]) => {
  const [{parseSafetensors, makeCell, forward}, {numbersOf}] =
    await Promise.all([import("/microscope/js/cell.js"), import("/microscope/js/numbers.js")]);
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const cell = makeCell(architecture, parseSafetensors(bytes.buffer));
  const of = (cell, trace, known) => Array.from({length: trace.L}, (_, step) =>
    numbersOf(cell, trace, {step, unit: 3}, {known, weight: cell.headWeight[3], answer: (value) => value}));
  const fromKnown = Float64Array.from({length: 2 * cell.fromX.length}, (_, n) => Math.sin(n));
  const wide = {...cell, channels: 3, fromKnown};
  const known = window.map((_, t) => [Math.cos(t), 0.5]);
  return [of(cell, forward(cell, window), []), of(wide, forward(wide, window, {}, known), known)];
}"""
LABELS = """() => {
  const boxes = [...document.querySelectorAll(".mz-cell-svg :is(.mz-num, .mz-sum, .mz-value, .mz-name)")]
    .map((one) => [one.textContent, one.getBoundingClientRect()]);
  const lost = boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth).map(([text]) => text);
  const shared = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]);
  const clash = boxes.flatMap(([one, a], n) => boxes.slice(n + 1)
    .filter(([, b]) => shared(a, b, "left", "right") > 1 && shared(a, b, "top", "bottom") > 4)
    .map(([other]) => [one, other]));
  return [...lost, ...clash];
}"""


def equation(page: Any, key: str) -> str:
    """The line of an equation with the numbers put in."""
    text: str = page.text_content(f"[data-eq={key}] .mz-put:not([hidden])")
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", ["lstm.sine", "gru.sine", "rnn.sine"])
def test_the_terms_of_each_equation_add_up_to_the_gates_and_states_of_the_reference(kept, weights, name):
    architecture = name.partition(".")[0]
    window = np.sin(0.3 * np.arange(20)).astype(np.float32)
    alone, with_calendar = kept.evaluate(NUMBERS, [weights(name), architecture, window.astype(float).tolist()])
    trace = seqzoo.load(name).trace(window)
    for step, numbers in enumerate(alone):
        for gate, values in trace.steps.items():
            assert numbers[gate] == pytest.approx(values[0, step, 3], abs=1e-9)
    assert alone[19]["y"] == pytest.approx(trace.forecast[0, 0], abs=1e-9)
    for numbers in (*alone, *with_calendar):
        for gate in {"lstm": "ifgo", "gru": "rzn", "rnn": "h"}[architecture]:
            past = numbers[f"{gate}.h0"] * (numbers["r"] if gate == "n" else 1)
            total = numbers[f"{gate}.x"] + numbers[f"{gate}.known"] + past + numbers[f"{gate}.b"]
            value = np.tanh(total) if gate in "gnh" else 1 / (1 + np.exp(-total))
            assert numbers[gate] == pytest.approx(value, abs=1e-9)
        if architecture != "rnn":
            state = numbers["c" if architecture == "lstm" else "h"]
            assert numbers["kept"] + numbers["new"] == pytest.approx(state, abs=1e-12)
        assert numbers["v"] * numbers["h"] + numbers["others"] == pytest.approx(numbers["y"], abs=1e-12)
    assert any(abs(numbers[key]) > 0.1 for numbers in with_calendar for key in numbers if key.endswith(".known"))


def test_a_number_lights_with_its_wire_its_terms_and_its_place_in_a_map(show):
    page = show()
    page.hover("[data-eq=c] .mz-put [data-slot=c0]")
    expect(page.locator(".mz-wire.mz-lit")).to_have_attribute("data-wire", "c0")
    assert {one.get_attribute("data-wire") for one in page.locator(".mz-lit").all()} == {"c0"}
    spot = page.locator("[data-heat=c] .mz-spot").bounding_box()
    before = page.locator(".mz-spot:visible").count()
    page.hover(".mz-gate[data-wire=f] .mz-box")
    expect(page.locator("[data-eq=c] .mz-put [data-slot=f]")).to_have_class(re.compile("mz-lit"))
    now = page.locator("[data-heat=f] .mz-spot").bounding_box()
    assert before == 1 and spot["x"] + spot["width"] == pytest.approx(now["x"], abs=1)
    box = page.locator("[data-map=i]").bounding_box()
    page.locator("[data-map=i]").hover(position={"x": box["width"] / 2, "y": 3})
    tip = page.inner_text("[data-heat=i] .mz-tip")
    unit, step, value = re.fullmatch(r"i of #(\d+) at step (\d+): (\S+)", tip).groups()
    trace = seqzoo.load("lstm.sine").trace(np.array(page.evaluate("window.model.get('window')"), np.float32))
    assert float(value) == pytest.approx(trace.steps["i"][0, int(step) - 1, int(unit)], abs=6e-4)
    expect(page.locator(".mz-gate.mz-lit")).to_have_attribute("data-wire", "i")
    page.focus(".mz-equations")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".mz-gate.mz-lit")).to_have_attribute("data-wire", "f")


def test_a_valve_holds_its_gate_for_all_units_or_one_and_lets_it_go(show):
    page = show()
    free, value = said(page), page.text_content("[data-valve=f] .mz-value")
    box = page.locator("[data-valve=f]").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 55, steps=3)
    page.mouse.up()
    page.wait_for_function("/^f0[.]/.test(window.model.get('view').freeze)")
    held = page.text_content("[data-valve=f] .mz-value")
    assert 0.3 < float(value) - float(held) < 0.6 and said(page) != free
    assert equation(page, "f").startswith(f"heldat{held};free,itwouldbe0.")
    press(page, "f", "shut")
    expect(page.locator("[data-valve=f]")).to_have_attribute("aria-valuetext", "0, held in all units")
    page.click("[data-free=f]")
    assert said(page) == free and page.locator(".mz-held").count() == 0
    page.select_option("[data-do=scope]", "one")
    page.focus("[data-valve=g]")
    page.keyboard.press("Home")
    unit = page.input_value("[data-do=unit]")
    expect(page.locator("[data-valve=g]")).to_have_attribute("aria-valuetext", f"−1.00, held in unit {unit}")
    page.wait_for_function(f"window.model.get('view').freeze === 'g-1_{unit}'")
    page.keyboard.press("Escape")
    page.wait_for_function("!window.model.get('view').freeze")
    for _ in range(4):
        page.click("[data-do=undo]")
    expect(page.locator(".mz-held")).to_have_attribute("data-wire", "f")
    page.click("[data-do=undo]")
    assert said(page) == free


def test_a_click_on_a_valve_holds_nothing_and_a_link_holds_it_anywhere_it_can_stand(show):
    page = show("gru.sine", view={"freeze": "z0.35~n-0.5~r1.2~z-1_3"})
    assert [page.text_content(f"[data-valve={gate}] .mz-value") for gate in "zn"] == ["0.35", "−0.50"]
    assert page.locator(".mz-held").count() == 2 and page.evaluate("window.model.get('view').freeze") == "z0.35~n-0.5"
    page.click("[data-valve=r]")
    page.keyboard.press("ArrowRight")
    assert page.locator(".mz-held").count() == 2


def test_numbers_travel_the_wires_while_it_plays_and_only_step_where_motion_is_to_be_reduced(show):
    page = show(view={"t": "3"})
    page.emulate_media(reduced_motion="no-preference")
    page.focus(".mz-figure")
    page.keyboard.press("Space")
    page.wait_for_selector(".mz-token >> nth=0")
    page.wait_for_selector(".mz-eq.mz-now >> nth=0")
    page.keyboard.press("ArrowLeft")  # a step of its own stops it
    expect(page.locator("[data-do=play]")).to_have_text("Play")
    expect(page.locator(".mz-token, .mz-later, .mz-now")).to_have_count(0)
    at = int(page.text_content("[data-out=step]").split()[0])
    assert re.fullmatch(r"=σ\(.*\)=0\.\d+", equation(page, "f"))
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("""() => { window.moved = 0;
      new MutationObserver(() => moved++).observe(document.querySelector(".mz-tokens"), {childList: true}); }""")
    page.keyboard.press("Space")
    expect(page.locator("[data-out=step]")).to_have_text(f"{at + 1} of 20")
    assert page.evaluate("window.moved") == 0
    page.keyboard.press("Space")


def test_no_number_of_a_diagram_lies_upon_another_nor_beyond_the_page(show):
    for name in ("lstm.sine", "gru.sine", "rnn.sine"):
        page = show(name, view={"t": "9"})
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_selector(f".mz-cell-svg[data-wide='{700 if width > 500 else 360}']")
            assert page.evaluate(LABELS) == [], (name, width)
        page.evaluate("window.stop()")


def test_maps_show_the_top_eight_units_and_the_chosen_one_or_all_and_gates_have_a_scale_of_their_own(show):
    page = show(view={"unit": "0"})
    height = "part => document.querySelector(`[data-map=${part}]`).clientHeight"
    assert page.evaluate(height, "f") == 9 * 16
    page.select_option("[data-do=unit]", "23")  # the largest contribution
    assert page.evaluate(height, "f") == 8 * 16
    page.select_option("[data-do=units]", "all")
    page.wait_for_function("window.model.get('view').units === 'all'")
    assert page.evaluate(height, "f") == 64 * 4
    ends = {name: [page.inner_text(f"[data-{side}={name}]") for side in ("low", "high")] for name in "ifogch"}
    assert all(ends[name] == ["0 shut", "1 open"] for name in "ifo")
    assert all(low.startswith("−") and not high.startswith("0 ") for low, high in (ends["g"], ends["c"], ends["h"]))
    colours = """(name) => { const map = document.querySelector(`[data-map=${name}]`);
      return [...map.getContext("2d").getImageData(map.width / 2 | 0, 2, 1, 1).data].slice(0, 3); }"""
    press(page, "f", "shut")
    shut = page.evaluate(colours, "f")
    press(page, "f", "open")
    red, green, blue = page.evaluate(colours, "f")
    assert min(shut) > 230 and blue > red > green  # from the ground to violet, without a second hue


def test_a_drag_replaces_no_node_and_sets_only_what_changes(show):
    page = show()
    page.locator(".mz-point >> nth=10").focus()
    page.keyboard.press("ArrowUp")  # after the first change there are more texts
    page.evaluate("""() => {
      window.seen = [];
      const kinds = {subtree: true, childList: true, attributes: true, attributeFilter: ["hidden"]};
      new MutationObserver((all) => seen.push(...all.map(({type, target}) => [type, target.className])))
        .observe(document.querySelector(".mz-page"), kinds);
    }""")
    before = page.text_content(".mz-said")
    page.keyboard.down("ArrowUp")
    page.wait_for_function("(before) => document.querySelector('.mz-said').textContent !== before", arg=before)
    assert page.evaluate("seen") == []
