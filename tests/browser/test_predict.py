"""The view Predict, in a real browser: a window is dragged, typed or read from a file, and a link opens it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import seqzoo
from support.serving import launch

Visit = Callable[..., Any]

CHART = "#panel-predict .chart[aria-label*='Bayes']"
CHANGED = "([selector, before]) => document.querySelector(selector).getAttribute('aria-label') !== before"
POINT = ".point[aria-valuenow]"
BEST, ASSUMED = "the best possible", "the best for the sine it assumes"  # what Bayes is
WRITTEN = """n => {
  const written = new URLSearchParams(location.search).get("values")?.split("~").map((one) => one.split("_"));
  const value = written?.find(([place]) => place == n + 1)?.[1];
  return Math.abs(value - document.querySelectorAll(".point")[n].getAttribute("aria-valuenow")) < 2e-5;
}"""


def opened(visit: Visit, path: str = "/models/lstm.sine", **how: Any) -> Any:
    page = visit(path, **how)
    page.wait_for_selector(CHART)
    page.wait_for_function("document.querySelectorAll('.point:not([style*=none])').length === 20")
    return page


def changed(page: Any, before: str) -> str:
    page.wait_for_function(CHANGED, arg=[CHART, before])
    return str(page.get_attribute(CHART, "aria-label"))


def said(page: Any) -> str:
    return str(page.get_attribute(CHART, "aria-label"))


def values(page: Any) -> list[float]:
    return page.eval_on_selector_all(POINT, "points => points.map((point) => Number(point.ariaValueNow))")


def again(visit: Visit, page: Any) -> Any:
    return opened(visit, page.url[page.url.index("/models") :])


def turn_noise(page: Any, sigma: float) -> None:
    code = f"e => {{ e.value = '{sigma}'; e.dispatchEvent(new Event('input', {{bubbles: true}})) }}"
    page.eval_on_selector("input[data-knob=noise]", code)


def choose(page: Any, name: str, content: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})


def refused(page: Any, before: str = "") -> str:
    """What is wrong, once it is another text than the one before."""
    page.wait_for_function("before => !['', before].includes(document.querySelector('p.error-line').innerText)",
                           arg=before)  # fmt: skip
    shown = str(page.inner_text("p.error-line"))
    assert shown.count("\n") == 0 and len(shown) < 250 and shown[0].isupper()
    return shown


MIDDLE = "(all, n) => { const { top, height } = all[n].getBoundingClientRect(); return top + height / 2; }"


def test_handles_lie_on_their_values_and_a_dragged_one_is_followed_and_a_link_opens_that_window(visit: Visit) -> None:
    page = opened(visit, width=400)
    every_handle_lies_on_its_value(page)
    before, window = said(page), values(page)
    assert BEST in before and BEST in page.inner_text(".numbers")
    texts = page.eval_on_selector_all("#panel-predict :is(text, .v, .d)", "all => all.map(one => one.textContent)")
    written = " ".join([before, *texts])  # labels of the axes among them
    assert any(re.fullmatch(r"−[\d.]+", text) for text in texts) and not re.search(r"(?<!\w)-\d", written)
    box = page.locator(POINT).nth(15).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 40, steps=4)
    moved = changed(page, before)
    page.mouse.move(x, y - 60, steps=4)
    final = changed(page, moved)
    page.mouse.move(x, y - 260)  # above the axis, which stays under the pointer
    beyond = changed(page, final)
    assert page.eval_on_selector_all(POINT, MIDDLE, 15) == pytest.approx(y - 260, abs=2)
    page.mouse.move(x, y - 60)
    final = changed(page, beyond)
    page.mouse.up()
    page.wait_for_function(WRITTEN, arg=15)
    now = values(page)
    assert now[15] > window[15] + 0.05 and now[:15] + now[16:] == pytest.approx(window[:15] + window[16:], abs=1e-4)
    assert "truth" in final and ASSUMED in final and BEST not in final
    other = again(visit, page)
    page.wait_for_function("([selector, label]) => document.querySelector(selector).ariaLabel === label",
                           arg=[CHART, said(other)])  # fmt: skip
    assert values(other) == pytest.approx(now, abs=1e-5)
    expected = seqzoo.load("lstm.sine", "onnx").predict(values(other))[0, 0]
    assert f"lstm.sine {expected:.4f}" in said(other)


def every_handle_lies_on_its_value(page: Any) -> None:
    """In a page as narrow as a phone, which is then widened."""
    near = """(width) => {
      const box = document.querySelector('#panel-predict .chart').getBoundingClientRect();
      const axis = (anchor, at) => { // from a value to its place, by the first and the last label
        const labels = [...document.querySelectorAll(`#panel-predict .chart text[text-anchor=${anchor}]`)]
          .map((one) => [Number(one.textContent.replace('−', '-')), Number(one.getAttribute(at))])
          .filter(([value]) => Number.isFinite(value));
        const [[a, from], [b, to]] = [labels[0], labels.at(-1)];
        return (value) => from + ((value - a) / (b - a)) * (to - from);
      };
      const [across, down] = [axis('middle', 'x'), axis('end', 'y')];
      const offsets = [...document.querySelectorAll('.point')].map((point, n) => {
        const at = point.getBoundingClientRect();
        return Math.hypot(at.x + at.width / 2 - box.x - across(n - 19),
          at.y + at.height / 2 - box.y - down(Number(point.getAttribute('aria-valuenow'))) + 4);
      });
      return innerWidth === width && offsets.length === 20 && Math.max(...offsets) < 1.5;
    }"""
    assert page.evaluate(near, 400)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.wait_for_function(near, arg=1400)


def test_engines_agree_and_quick_keys_all_count_and_a_slider_takes_the_window_back(visit: Visit) -> None:
    page = opened(visit, "/models/lstm.sine?engine=onnx&dragged=" + "_".join(["0.5"] * 20))
    every_engine_that_was_used_has_its_times_and_gives_the_same_forecast(page)
    assert values(page) == [0.5] * 20
    start = said(page)
    page.locator(POINT).nth(10).focus()
    page.keyboard.press("ArrowUp")
    before = changed(page, start)
    step = values(page)[10] - 0.5
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    changed(page, before)
    page.wait_for_function(WRITTEN, arg=10)
    assert values(page)[10] == pytest.approx(0.5 + 9 * step, abs=1e-4)

    before, window = said(page), values(page)
    page.locator(POINT).nth(19).focus()
    page.keyboard.press("PageUp")
    changed(page, before)
    page.wait_for_function(WRITTEN, arg=19)
    assert values(page)[19] > window[19]
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.activeElement.getAttribute('aria-label') === 'value 19 of 20'")
    assert page.locator(".point[tabindex='0']").count() == 1

    before = said(page)
    page.focus("input[data-knob=phase]")
    page.keyboard.press("ArrowRight")
    changed(page, before)
    page.wait_for_function("!/dragged|values/.test(location.search)")
    moved = "Math.abs(document.querySelectorAll('.point')[0].ariaValueNow - 0.5) > 0.05"  # no key had moved that one
    page.wait_for_function(moved)


def every_engine_that_was_used_has_its_times_and_gives_the_same_forecast(page: Any) -> None:
    """In a page that begins with the engine onnx."""
    page.wait_for_selector(".times tr:has-text('onnx')")
    before = said(page)
    page.click("button.choice:has-text('numpy')")
    page.wait_for_selector("button.choice[aria-pressed=true]:has-text('numpy')")
    for engine in ("onnx", "numpy"):
        cells = page.locator(f".times tr:has-text('{engine}') td")
        expect(cells).to_have_count(2)
        for cell in cells.all():
            expect(cell).to_have_text(re.compile(r"\d"))
    page.wait_for_function("location.search.includes('engine=numpy')")
    assert said(page) == before


def test_values_from_elsewhere_are_forecast_or_refused_in_one_sentence_and_the_page_goes_on(visit: Visit) -> None:
    page = opened(visit, "/models/lstm.sine?dragged=%3Cscript%3E&pasted=" + "_".join(["nan"] * 20))
    assert "truth" in said(page)  # of the signal: the address holds no window
    a_window_outside_training_is_said_beside_the_chart_which_does_not_move(page)
    a_bad_paste_is_one_sentence(page)
    a_chosen_table_is_read_and_what_was_understood_said(page)
    a_wrong_file_is_one_sentence_and_the_next_one_is_read(page)
    pasted_values_have_no_truth_and_stand_in_the_address(visit, page)


def a_bad_paste_is_one_sentence(page: Any) -> None:
    before, told = said(page), ""
    for pasted in ("1 2 three", "1 2 3", "nan " * 20, "<script>alert(1)</script>", "9" * 200_000):
        page.fill("textarea", pasted)
        page.dispatch_event("textarea", "change")
        told = refused(page, told)
    page.click("text=New noise")
    changed(page, before)


def pasted_values_have_no_truth_and_stand_in_the_address(visit: Visit, page: Any) -> None:
    page.click("text=New noise")
    expect(page.locator(CHART)).to_have_attribute("aria-label", re.compile("truth"))
    page.wait_for_function("!location.search.includes('pasted=')")  # of the table that was read before
    page.fill("textarea", " ".join(["9"] * 10 + [f"{0.01 * step:.2f}" for step in range(20)]))
    page.dispatch_event("textarea", "change")
    page.wait_for_function(f"!document.querySelector(\"{CHART}\").getAttribute('aria-label').includes('truth')")
    assert page.inner_text("p.error-line").strip() == ""
    expect(page.locator("p.hint[role=status]")).to_have_text("The text: 30 numbers; the last 20 are taken.")
    page.wait_for_function("document.querySelectorAll('.point')[19].ariaValueNow == 0.19")
    assert values(page) == pytest.approx([0.01 * step for step in range(20)])
    expect(page.locator(".numbers")).not_to_contain_text(BEST)
    for text in (said(page), page.inner_text(".numbers")):
        assert ASSUMED in text and BEST not in text
    page.wait_for_function("location.search.includes('pasted=')")
    other = again(visit, page)
    expect(page.locator(CHART)).to_have_attribute("aria-label", said(other))


def a_window_outside_training_is_said_beside_the_chart_which_does_not_move(page: Any) -> None:
    on_page = """() => [...document.querySelectorAll("[role=img], .numbers")].map(
      (part) => part.getBoundingClientRect().y + scrollY)"""
    places, ramp = page.evaluate(on_page), [step / 10 - 0.95 for step in range(20)]
    assert page.inner_text(".outside").strip() == "" and len(places) > 1
    for window, what in (([5.0] * 20, "7.0"), (ramp, "shape")):
        page.fill("textarea", " ".join(map(str, window)))
        page.dispatch_event("textarea", "change")
        expect(page.locator(".outside")).to_contain_text(what)
        assert page.evaluate(on_page) == places


def a_chosen_table_is_read_and_what_was_understood_said(page: Any) -> None:
    before = said(page)
    choose(page, "series.csv", b"\xef\xbb\xbf9\r\n" + b"7\r\n0.25\r\n" * 10)
    changed(page, before)
    page.wait_for_function("document.querySelectorAll('.point')[18].ariaValueNow == 7")
    assert values(page) == [7.0, 0.25] * 10

    before = said(page)
    rows = "".join(f"{day:02}.01.2024;{day / 100:.2f}\r\n" for day in range(1, 25))
    choose(page, "table.csv", ("Tag;D\u00e9bit\r\n" + rows).encode("utf-16"))
    changed(page, before)
    page.wait_for_function("document.querySelectorAll('.point')[19].ariaValueNow == 0.24")
    told = page.locator("p.hint[role=status]")
    for words in ("The file table.csv: ", "values in 'D\u00e9bit'; 24 values, frequency D", "the last 20 are taken."):
        expect(told).to_contain_text(words)


def a_wrong_file_is_one_sentence_and_the_next_one_is_read(page: Any) -> None:
    for number, (name, content, says) in enumerate((
        ("picture.png", bytes.fromhex("89504e470d0a1a0a0000000d49484452"), ["binary"]),
        ("empty.csv", b"", ["The file empty.csv is empty"]),
        ("short.csv", b"1\n2\n3", ["20", "the file short.csv has 3"]),
        ("columns.csv", b"0,0.5\n1,0.25\n" * 20, ["Line 1", "2 numbers"]),
        ("comma.csv", b"12,011\n" * 20, ["12.011", "12011", "--decimal"]),
        ("large.csv", b"0.125\n" * 100_000, ["large"]),
    )):  # fmt: skip
        before = said(page)
        choose(page, name, content)
        told = refused(page)
        assert all(part in told for part in says), (name, told)
        assert said(page) == before, name
        choose(page, "good.txt", f"{0.1 * (number + 1):.1f} ".encode() * 20)
        changed(page, before)
        expect(page.locator("p.error-line")).to_have_text("")


BROKEN = """
from seqzoo.signals.scene import Scene
window = Scene.window
def broken(self, values, *rest):
    return window(self, values, *rest) if values["noise"] < 0.4 else 1 / 0
Scene.window = broken
from seqzoo.cli import main
main()
"""


def test_a_handler_that_fails_says_so_in_the_page_and_the_rest_works_on(tab: Any, tmp_path: Path) -> None:
    app, page = launch(tmp_path / "home", "--engine", "onnx", command="app", program=("-c", BROKEN)), tab
    try:
        page.goto(f"{app.address}/models/lstm.sine")
        page.wait_for_selector(CHART)
        turn_noise(page, 0.45)
        page.wait_for_selector("main .page > [role=alert]:visible")
        before = said(page)
        turn_noise(page, 0.2)
        changed(page, before)
        page.click("#tab-card")
        page.wait_for_selector(".prose h2")
        expect(page.locator("main .page > [role=alert]")).to_be_hidden()
        assert "ZeroDivisionError" in (tmp_path / "home-server.log").read_text()
        assert app.stop() == 0
    finally:
        app.kill()
