"""The views Mistakes and Roll out of a model of a user's own file: the worst forecasts, a link to each; intervals."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from seqzoo import cli
from seqzoo.bundles import holdout, store
from support.axe import violations
from support.serving import Running

Visit = Callable[..., Any]

PANEL = "#panel-mistakes"
ADDRESS = "/models/gru.mistaken?view=mistakes"


@pytest.fixture(scope="module")
def file(app: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a series of months, on which the app's user has trained gru.mistaken."""
    noise = np.random.default_rng(4).standard_normal(200)
    values = 50 + 9 * np.sin(2 * np.pi * np.arange(200) / 12) + noise
    values[180] = 300.0
    months = [f"{2000 + at // 12}-{at % 12 + 1:02}-01" for at in range(200)]
    path = tmp_path_factory.mktemp("mistaken") / "mistaken.csv"
    rows = [f"{month},{value:.3f}" for month, value in zip(months, values, strict=True)]
    path.write_text("\n".join(["month,value", *rows]), "utf-8")
    train(app, "gru", "--series", str(path), "--horizon", "3", "--set", "config.hidden_size=8",
          "--context-length", "12", "--scaling", "window")  # fmt: skip
    return path


def train(app: Running, *words: str) -> None:
    """Train a model of 20 steps in the home of the app."""
    small = ["recipe.steps=20", "recipe.evaluate_every=10"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(app.home))
        options = [word for each in small for word in ("--set", each)]
        patch.setattr(sys, "argv", ["seqzoo", "train", *words, *options, "--keep-worse"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert not ended.value.code


def phone(page: Any) -> None:
    """The page of a phone at night, once it is loaded again."""
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark")


def test_the_file_of_the_series_is_asked_for_and_then_each_mistake_has_a_link(
    visit: Visit, app: Running, file: Path
) -> None:
    for path in (app.home / "series").iterdir():  # not kept, as where somebody was handed the bundle
        path.unlink()
    page = visit(ADDRESS)
    page.wait_for_selector(f"{PANEL} .numbers .number >> nth=0")
    expect(page.locator(PANEL)).to_contain_text("not kept on this machine")
    numbers = page.locator(f"{PANEL} .numbers >> nth=0")
    assert "best linear" not in numbers.inner_text()
    assert violations(page) == []
    text = file.read_text("utf-8")
    for given, reason in ((text.replace(",5", ",6", 1), "SHA-256"), (text, "")):
        chosen = {"name": "mistaken.csv", "mimeType": "text/csv", "buffer": given.encode()}
        page.set_input_files(f"{PANEL} input[type=file]", chosen)
        if reason:
            expect(page.locator(f"{PANEL} .file + .error-line")).to_contain_text(reason)
    expect(page.locator(f"{PANEL} .numbers >> nth=1").locator(".number")).to_have_count(3)  # windows alike
    assert {path.suffix for path in (app.home / "series").iterdir()} == {".json", ".npy"}

    title = page.locator(f"{PANEL} h3 >> nth=1")
    expect(title).to_contain_text("2015-01-01")  # of the value that nothing could forecast
    for name in ("gru.mistaken", "best linear", "seasonal naive", "last value", "drift", "mean", "straight line"):
        expect(numbers).to_contain_text(name)
    expect(page.locator(f"{PANEL} [role=status]")).to_contain_text("values that followed lay outside training")
    expect(page.locator(f"{PANEL} ol button")).to_have_count(8)
    page.click("button[data-key=rival]")
    page.wait_for_function("new URLSearchParams(location.search).get('by') === 'rival'")
    row = page.locator(f"{PANEL} ol button[aria-pressed=false] >> nth=2")
    first = row.get_attribute("data-window")
    row.click()
    page.wait_for_function("first => new URLSearchParams(location.search).get('window') === first", arg=first)
    expect(title).not_to_contain_text("2015-01-01")
    shown, link = title.inner_text(), page.evaluate("location.pathname + location.search")

    phone(page)
    page.goto(app.address + link)
    expect(page.locator(f"{PANEL} h3 >> nth=1")).to_have_text(shown)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("text=Look inside this window")
    page.wait_for_selector("#panel-inside .mz-said dd >> nth=0")
    values = page.locator("#panel-inside .mz-point").evaluate_all(
        "all => all.map(one => Number(one.getAttribute('aria-valuenow')))"
    )
    held_out = holdout.of(store.open_bundle(app.home / "models" / "gru.mistaken"))
    np.testing.assert_allclose(values[:12], held_out[int(first) : int(first) + 12], rtol=1e-3)


def test_roll_out_moves_the_cutoff_along_the_hold_out_with_the_interval_of_each_method_and_own_values_stay(
    visit: Visit, app: Running, file: Path
) -> None:
    page = visit("/models/gru.mistaken?view=rollout")
    page.wait_for_selector("#panel-rollout .number >> nth=0")
    chart = page.locator("#panel-rollout .chart >> nth=0")
    now = re.compile("3 steps from end of the series with 90% interval, adaptive")
    expect(chart).to_have_attribute("aria-label", now)
    expect(page.locator("#panel-rollout .numbers >> nth=0")).to_contain_text("±")
    coverage = page.locator("#panel-rollout .chart >> nth=1")
    expect(coverage).to_have_attribute("aria-label", re.compile("covered by step"))
    code = "e => { e.value = '25'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
    page.eval_on_selector("input[data-knob=window]", code)
    expect(chart).to_have_attribute("aria-label", re.compile(r"2015-06-01.* [0-3] of 3 observed values lie inside"))
    page.click("#panel-rollout button[data-key=split]")
    page.wait_for_function("location.search.includes('intervals=split') && location.search.includes('window=25')")
    expect(chart).to_have_attribute("aria-label", re.compile("split conformal"))
    assert violations(page) == []
    phone(page)
    page.reload()
    page.wait_for_selector("#panel-rollout .number >> nth=0")
    expect(page.locator("#panel-rollout .chart >> nth=0")).to_have_attribute("aria-label", re.compile("2015-06-01"))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    pasted = "_".join(["50"] * 12)  # a link without a window
    page.goto(f"{app.address}{ADDRESS}&pasted={pasted}")
    page.wait_for_selector(f"{PANEL} .numbers .number >> nth=0")
    page.click("#tab-predict")
    expect(page.locator("#panel-predict .numbers .number").first).to_be_visible()
    assert f"pasted={pasted}" in page.url


def test_a_series_of_the_collection_has_its_times_in_whichever_view_is_opened_first(
    visit: Visit, app: Running
) -> None:
    train(app, "mlp", "--series", "series:co2", "--gaps", "interpolate", "--horizon", "2", "--context-length", "12")
    shown = {  # view: what the description of a chart holds
        "predict": "12 values until 19.*best linear", "inside": "^The last.*best linear",
        "rollout": "of 2 steps from", "mistakes": "",
    }  # fmt: skip
    page = None
    for view, words in shown.items():
        for path in (app.home / "series").iterdir():  # as on another machine
            path.unlink()
        if page is None:
            page = visit(f"/models/mlp.co2?view={view}")
        else:
            page.goto(f"{app.address}/models/mlp.co2?view={view}")
        panel = page.locator(f"#panel-{view}")
        expect(panel.locator(".number >> nth=0")).to_be_visible()
        if words:
            expect(panel.locator(".chart[aria-label=Loading]")).to_have_count(0)
            described = [each.get_attribute("aria-label") for each in panel.locator(".chart").all()]
            assert any(re.search(words, each or "") for each in described), described
        if view == "inside":
            expect(panel.locator(".control >> nth=0")).to_contain_text(re.compile("19|20"))
            panel.locator(".point").nth(11).press("ArrowUp")
            panel.locator(".unit").first.click()
            expect(page).to_have_url(re.compile(r"values=12_.*off=\d+"))
            off = panel.locator(".chart[aria-label^='The last'][aria-label*='mlp.co2, 1 off']")
            expect(off).to_be_visible()
        if view == "mistakes":
            expect(panel).not_to_contain_text("not kept on this machine")
            expect(panel.locator("h3 >> nth=1")).to_contain_text(re.compile(r"(19|20)\d\d-"))
        assert not list((app.home / "series").iterdir())  # a page that is looked at writes no series
