"""How a model comes to be loaded: by opening its page, through torchscript, while onnx answers."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from seqzoo.bundles import store, trust
from support.engines import ENGINES
from support.serving import Running, lasting

Visit = Callable[..., Any]

CHART = "#panel-predict .chart[aria-label*='Bayes']"
CHOSEN = "button.choice[aria-pressed=true]:has-text('%s')"
WATCH = """(() => {
  window.badges = []; window.engines = [];
  const note = (list, text) => text && list.at(-1) !== text && list.push(text);
  new MutationObserver(() => {
    note(window.badges, document.querySelector(".model-head .badge")?.textContent);
    note(window.engines, document.querySelector("button.choice[aria-pressed=true]")?.textContent);
  }).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
})()"""

NO_TORCH = """
import sys
from seqzoo import _extras
sys.modules["torch"] = None
_extras.has_torch = lambda: False
from seqzoo.cli import main
main()
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app; its user has a bundle of unknown origin, and two of this machine's with one damaged file each."""
    home = tmp_path_factory.mktemp("loading") / "home"
    cases = (("foreign", ""), ("no-onnx", store.ONNX), ("no-script", store.TORCHSCRIPT))
    for number, (name, damaged) in enumerate(cases, start=1):
        folder = home / "models" / f"lstm.sine-{name}"
        shutil.copytree(store.SHIPPED / "lstm.sine", folder)
        manifest = (folder / store.MANIFEST).read_bytes() + b"\n" * number  # bytes that nobody else has
        (folder / store.MANIFEST).write_bytes(manifest)
        if damaged:
            (folder / damaged).write_bytes(b"cut")
            with (home / trust.LEDGER).open("a") as ledger:
                ledger.write(hashlib.sha256(manifest).hexdigest() + "\n")
    with lasting(home, command="app") as running:
        yield running


def state(app: Running, name: str) -> dict[str, str]:
    rows = httpx.post(f"{app.address}/v2/repository/index").json()
    return next(row for row in rows if row["name"] == name)


def has_torch(app: Running) -> bool:
    return "libtorch" in Path(f"/proc/{app.process.pid}/maps").read_text()


def test_torch_comes_with_the_first_model_selected_and_the_page_answers_through_onnx_until_then(
    tab: Any, app: Running
) -> None:
    tab.add_init_script(WATCH)
    tab.goto(app.address)
    tab.wait_for_selector("a.model-card >> nth=0")
    assert state(app, "gru.sine")["state"] == "UNAVAILABLE" and not has_torch(app)
    tab.goto(f"{app.address}/models/gru.sine")
    tab.wait_for_selector(CHOSEN % "torchscript")
    tab.wait_for_selector(".model-head .badge.loaded")
    assert (state(app, "gru.sine")["state"], state(app, "gru.sine")["reason"]) == ("READY", "") and has_torch(app)
    assert tab.evaluate("window.engines") == ["onnx", "torchscript"]
    assert tab.evaluate("window.badges")[-2:] == ["loading", "loaded"]
    tab.wait_for_selector(".times tr:has-text('onnx')")
    tab.wait_for_selector(".times tr:has-text('torchscript')")
    tab.wait_for_selector("text=/torch in [0-9,]+ ms/")


def test_without_torch_the_light_engine_serves_and_the_page_says_so(tab: Any, tmp_path: Path) -> None:
    light = "native" if "native" in ENGINES else "onnx"
    with lasting(tmp_path / "home", command="app", program=("-c", NO_TORCH), cold=True) as app:
        tab.goto(f"{app.address}/models/lstm.sine")
        tab.wait_for_selector(CHOSEN % light)
        tab.wait_for_selector(f"text=torch is not installed, so {light} serves")
        tab.wait_for_selector(".model-head .badge.loaded")
        tab.click("button.choice:has-text('torchscript')")
        tab.wait_for_selector("[aria-live]:has-text('[train]')")
        expect(tab.locator(CHOSEN % light)).to_be_visible()
        assert state(app, "lstm.sine")["state"] == "READY"


def test_an_engine_that_the_address_asks_for_stays_and_where_one_cannot_be_used_another_serves_and_the_page_says_why(
    visit: Visit, app: Running
) -> None:
    page = visit("/models/rnn.sine?engine=numpy")
    page.wait_for_selector(CHOSEN % "numpy")
    page.wait_for_selector(".model-head .badge.loaded")
    page.wait_for_selector(CHART)
    before = page.get_attribute(CHART, "aria-label")
    page.click("text=New noise")  # its answer comes after a switch that opening the page had begun
    expect(page.locator(CHART)).not_to_have_attribute("aria-label", before)
    assert page.locator("button.choice[aria-pressed=true]").all_inner_texts() == ["numpy"]

    for name, why in (("foreign", "code"), ("no-script", "model.torchscript.pt")):
        page.goto(f"{app.address}/models/lstm.sine-{name}")
        notice = page.wait_for_selector(".notice:visible").inner_text()
        assert "torchscript" in notice and why in notice
        page.wait_for_selector(CHART)
        page.wait_for_selector(CHOSEN % "onnx")
        page.wait_for_selector(".model-head .badge.loaded")
        found = state(app, f"lstm.sine-{name}")
        assert found["state"] == "READY" and why in found["reason"]

    page.goto(f"{app.address}/models/lstm.sine-no-onnx")
    assert store.ONNX in page.wait_for_selector(".notice:visible").inner_text()
    page.wait_for_selector(CHART)
    page.wait_for_selector(CHOSEN % "torchscript")
    assert state(app, "lstm.sine-no-onnx")["state"] == "READY"
