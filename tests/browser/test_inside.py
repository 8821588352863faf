"""The view *Look inside* of the app: what a link opens, what comes back in the address, what can be taken away."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

import seqzoo
from seqzoo.app.model.inside.microscope import KEYS
from seqzoo.app.ui import modules
from seqzoo.signals import Sine, TwoTone

Visit = Callable[..., Any]

SVG = "{http://www.w3.org/2000/svg}"
SAID = "(document.querySelectorAll('.mz-said dd')[{} - 1]?.textContent ?? '…')"


@pytest.fixture
def look(visit: Visit) -> Visit:
    """Opens the view of a model with what a link says, and waits until it is drawn."""

    def go(name: str, link: str = "", **how: Any) -> Any:
        page = visit(f"/models/{name}?view=inside{link}", **how)
        page.wait_for_function(f"{SAID.format(3)} !== '…'")
        return page

    return go


def said(page: Any, row: int = 0) -> float:
    return float(page.inner_text(f".mz-said dd >> nth={row}").replace("−", "-"))


def taken(page: Any, kind: str, figure: str = "all") -> tuple[str, bytes]:
    """The name and the bytes of a file that the menu saves."""
    if page.get_attribute(".mz-menu", "open") is None:
        page.click(".mz-menu summary")
    page.select_option("[data-pick=figure]", figure)
    with page.expect_download() as download:
        page.click(f"[data-save={kind}]")
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def shows_its_gates_and_the_forecast_of_the_engine(page: Any, name: str, gates: int) -> None:
    window = seqzoo.look_inside(name).window
    assert abs(said(page) - seqzoo.load(name, "onnx").predict(window)[0, 0]) < 1e-3
    assert page.locator("[data-gate][aria-pressed=true]").count() == gates
    assert page.locator(".mz canvas[role=img][aria-label]").count() == page.locator(".mz canvas").count()


def test_a_link_opens_the_step_the_unit_and_every_change_which_its_figures_name_and_nothing_of_nonsense(look):
    page = look(
        "lstm.sine", "&t=12&unit=5&freeze=f0~o1_5&ablate=3~7&order=shuffle1&scope=one&sort=off&values=20_0.25"
    )
    expect(page.locator("[data-out=step]")).to_have_text("12 of 20")
    assert page.input_value("[data-do=unit]") == "5"
    assert page.get_attribute("[data-gate=f][data-value='0']", "aria-pressed") == "true"
    assert page.get_attribute("[data-gate=o][data-value='1']", "aria-pressed") == "true"
    assert page.get_attribute("[data-order=shuffle]", "aria-pressed") == "true"
    assert page.input_value("[data-do=scope]") == "one" and not page.is_checked("[data-do=sort]")
    assert page.locator("[aria-label='value 20 of 20']").get_attribute("aria-valuenow") == "0.250"
    words = page.inner_text(".mz-notice")
    assert "value 20 at 0.250" in words and "output gate held at 1 in unit 5" in words
    assert "units 3 and 7 switched off" in words and "random order" in words
    page.locator("[data-do=step]").fill("15")
    expect(page.locator("[data-out=step]")).to_have_text("15 of 20")
    for figure, images in {"all": 12, "cell": 0, "h": 2, "path": 0}.items():
        a_figure_is_an_svg_that_stands_alone_and_a_png(page, figure, images)
    page.click("[data-do=reset]")
    expect(page.locator(".mz-notice")).not_to_contain_text("held")
    expect(page.locator(".mz-notice")).to_contain_text("nearer to Bayes")  # which the server computes
    plain = page.inner_text(".mz-notice")
    nonsense = "&draw=x&t=99&unit=64&freeze=q1~f2~o1_640~g2&ablate=-1~x~1e9&order=up&scope=3&sort=&ahead=7"
    look("lstm.sine", f"{nonsense}&values=99_1~4_x~3_", over=page)
    page.wait_for_function("!/draw|unit|freeze|ablate|order|scope|values|[?&]t=/.test(location.search)")
    assert page.locator("[data-gate][aria-pressed=true]").count() == 4
    expect(page.locator(".mz-notice")).to_have_text(plain, use_inner_text=True)


def a_figure_is_an_svg_that_stands_alone_and_a_png(page: Any, figure: str, images: int) -> None:
    name, data = taken(page, "svg", figure)
    assert name == f"lstm.sine-{figure}.svg"
    root = ElementTree.fromstring(data)
    assert root.tag == f"{SVG}svg" and root.find(f"{SVG}rect").get("fill") == "#ffffff"
    words = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "lstm.sine" in words and "forget gate held at 0" in words and "step 15 of 20" in words
    assert all(image.get("href", "").startswith("data:image/png") for image in root.iter(f"{SVG}image"))
    assert len(list(root.iter(f"{SVG}image"))) == images, figure
    numbers = re.sub(rb'href="[^"]*"', b"", data)
    assert b"NaN" not in numbers and b"undefined" not in numbers
    name, data = taken(page, "png", figure)
    assert name == f"lstm.sine-{figure}.png" and data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2 * int(root.get("width", "0")), 2 * int(root.get("height", "0")))


def test_the_address_of_what_is_looked_at_opens_the_same_elsewhere(look):
    page = look("gru.sine", "&draw=0")
    shows_its_gates_and_the_forecast_of_the_engine(page, "gru.sine", 3)
    page.click("[data-gate=z][data-value='1']")
    page.focus(".mz-point >> nth=19")
    page.keyboard.press("PageUp")
    page.click("[data-do=ablate]")
    page.focus("[data-do=step]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("['freeze=z1', 'values=20_', 'ablate=', 't=19'].every((s) => location.search.includes(s))")
    again = look("gru.sine", page.url.partition("view=inside")[2])
    for part in (".mz-notice", ".mz-unit", "[data-out=step]"):
        expect(page.locator(part)).to_have_text(again.inner_text(part), use_inner_text=True)
    page.click("[data-do=reset]")
    page.wait_for_function("!/freeze|values|ablate|[?&]t=/.test(location.search)")
    page.click("[data-do=undo]")
    page.wait_for_function("['freeze=z1', 'values=20_', 'ablate='].every((s) => location.search.includes(s))")


CHANGED = "&draw=0&values=3_0.5~20_-0.25"


def the_numbers_are_those_of_the_numpy_reference(page: Any, name: str) -> None:
    """Of the window that has these changes."""
    file, data = taken(page, "csv")
    assert file == f"{name}.csv"
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    window = np.array(seqzoo.look_inside(name).window)
    window[[2, 19]] = 0.5, -0.25
    assert [float(row["value"]) for row in rows if row["quantity"] == "window"] == window.tolist()
    trace = seqzoo.load(name).trace(window.astype(np.float32))
    for gate, values in trace.steps.items():
        seen = np.full(values[0].shape, math.nan)
        for row in rows:
            if row["quantity"] == gate:
                seen[int(row["step"]) - 1, int(row["unit"])] = float(row["value"])
        assert np.abs(seen - values[0]).max() < 1e-5
    (forecast,) = [float(row["value"]) for row in rows if row["quantity"] == "forecast"]
    assert abs(forecast - trace.forecast[0, 0]) < 1e-5
    slopes = [row for row in rows if row["quantity"] == "derivative"]
    assert [row["position"] for row in slopes] == [str(n + 1) for n in range(20)]


def test_the_numbers_are_those_of_the_reference_and_a_new_window_is_drawn_whose_number_is_in_the_link(look):
    page = look("lstm.sine", CHANGED)
    the_numbers_are_those_of_the_numpy_reference(page, "lstm.sine")
    page.click("[data-gate=f][data-value='0']")
    expect(page.locator(".mz-notice")).to_contain_text("with 2 values changed")
    page.click("[data-do=draw]")
    page.wait_for_function("location.search.includes('draw=1') && !location.search.includes('values')")
    expected = Sine().draw(1, 20, 1, np.random.default_rng(1)).context[0]
    page.wait_for_selector(f".mz-point[aria-valuenow='{expected[0]:.3f}']")
    seen = page.eval_on_selector_all(".mz-point", "all => all.map((one) => +one.getAttribute('aria-valuenow'))")
    assert np.abs(np.array(seen) - expected).max() < 6e-4
    expect(page.locator(".mz-notice")).to_contain_text("held at 0")
    expect(page.locator(".mz-notice")).not_to_contain_text("changed")
    page.focus(".mz-point >> nth=19")
    page.keyboard.press("PageUp")
    page.wait_for_function("location.search.includes('values=20_')")
    page.wait_for_function(f"{SAID.format(3)} !== '…'")
    again = look("lstm.sine", page.url.partition("view=inside")[2])
    for part in (".mz-notice", ".mz-said", ".mz-unit"):
        expect(page.locator(part)).to_have_text(again.inner_text(part), use_inner_text=True)


def test_the_bayes_forecast_follows_a_change_of_the_window(look):
    page = look("lstm.two_tone", "&draw=0")
    before = said(page, 2)
    page.focus(".mz-point >> nth=19")
    page.keyboard.press("PageUp")
    page.wait_for_function(f"!['…', '{before:.3f}'.replace('-', '−')].includes({SAID.format(3)})")
    stands = re.compile(r"values=20_([-\d.]+)")
    page.wait_for_url(stands, wait_until="commit")
    found = stands.search(page.url)
    assert found
    window = np.array(seqzoo.look_inside("lstm.two_tone").window)
    window[19] = float(found[1])
    bayes = seqzoo.references_of(TwoTone(), 20)["bayes"](window[None])[0, 0]
    page.wait_for_function(f"Number({SAID.format(3)}.replace('−', '-')) === {bayes:.3f}")


def test_the_numbers_are_those_of_the_reference_and_a_path_of_one_point_has_no_names_one_upon_another(look):
    page = look("gru.recall", CHANGED)
    the_numbers_are_those_of_the_numpy_reference(page, "gru.recall")
    page.click("[data-gate=z][data-value='1']")
    page.wait_for_function("document.querySelector('[data-out=path]').textContent.startsWith('All')")
    assert "there is no path" in page.inner_text("[data-out=path]")
    names = [b"first value", b"\xe2\x88\x921.0<"]
    assert not any(name in taken(page, "svg", "path")[1] for name in names)
    page.click("[data-gate=z][data-value='']")
    page.wait_for_function("!document.querySelector('[data-out=path]').textContent.startsWith('All')")
    assert all(name in taken(page, "svg", "path")[1] for name in names)


def test_modules_are_served_as_they_are_and_kept_by_the_browser_and_a_change_sends_numbers_and_no_code(visit, app):
    sent: list[int] = []
    served: dict[str, Any] = {}

    def listen(page: Any) -> None:
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame))))
        page.on("response", lambda answer: served.setdefault(answer.url, answer))

    page = visit("/models/rnn.sine?draw=0", before=listen)
    page.click("[role=tab] >> text=Look inside")
    page.wait_for_function(f"{SAID.format(3)} !== '…'")
    shows_its_gates_and_the_forecast_of_the_engine(page, "rnn.sine", 0)
    start = f"{app.address}/modules/{modules.version()}/"
    own = {url.removeprefix(start): answer for url, answer in served.items() if url.startswith(start)}
    hosts = {"microscope/hosts/anywidget.js", "microscope/hosts/nicegui.js"}  # the other's, and what NiceGUI serves
    assert set(own) >= {path for path in modules.files() if path.startswith("microscope/")} - hosts
    for path, answer in own.items():
        assert answer.body() == modules.files()[path] and "immutable" in answer.headers["cache-control"]
    for other in (f"{start}errors.py", f"{start}microscope/../errors.py", start.replace(modules.version(), "0" * 16)):
        assert httpx.get(other if other != start else f"{other}microscope/js/cell.js").status_code == 404
    page.focus(".mz-point >> nth=19")
    page.keyboard.press("PageUp")
    page.wait_for_function("location.search.includes('values=20_')")
    assert sent and max(sent) < 8192


def test_modules_that_cannot_be_had_are_one_sentence_in_the_page(visit):
    def broken(route: Any) -> None:
        route.fulfill(body="nonsense(", content_type="text/javascript")

    page = visit("/models/lstm.sine", before=lambda page: page.route("**/js/state.js", broken))
    page.click("[role=tab] >> text=Look inside")
    page.wait_for_selector("#panel-inside [role=alert] >> text=The microscope cannot be loaded")


def test_the_words_of_a_link_are_those_that_the_document_explains():
    document = (Path(__file__).parents[2] / "docs" / "microscope.md").read_text("utf-8")
    links, _, _ = document.partition("## The response curve")
    assert set(re.findall(r"^\| `(\w+)` \| `", links, re.MULTILINE)) == set(KEYS)
