"""What an open page, and a run that it watches, mean for the server that is asked to stop."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from support import forked
from support.serving import launch

CHART = "#panel-predict .chart[aria-label*='Bayes']"
CHANGED = "([chart, before]) => document.querySelector(chart).getAttribute('aria-label') !== before"
COURSE = "#panel-train .chart[aria-label^='Error by training step']"
EVALUATIONS = f"""least => {{
  const words = document.querySelector("{COURSE}")?.ariaLabel ?? "";
  return Number(words.match(/(\\d+) evaluations/)?.[1] ?? 0) > least;
}}"""
SECONDS = 2.0
# A request must arrive within SECONDS. The process of a run need not import torch for one test.
HURRIED = f"""
from seqzoo.server.guard import GuardedProtocol
GuardedProtocol.request_seconds = {SECONDS}
from seqzoo.cli import main
{"from support.forked import serve as main" if forked.SHARED in os.environ else ""}
main()
"""


def test_a_page_is_told_when_the_server_ends_and_comes_back_as_it_was_and_the_next_server_continues_the_paused_run(
    tab: Any, tmp_path: Path
) -> None:
    options = ("--engine", "onnx")
    apps = [launch(tmp_path / "home", *options, command="app", program=("-c", HURRIED))]
    try:
        window, settings = "_".join(["0.5"] * 19 + ["-0.25"]), "size=32&batch=16&steps=20000"
        tab.goto(f"{apps[0].address}/models/lstm.sine?frequency=0.2&dragged={window}&{settings}")
        tab.wait_for_selector(CHART)
        time.sleep(SECONDS + 0.5)  # past the deadline of a request, which a page outlives
        before = tab.get_attribute(CHART, "aria-label")
        tab.locator(".point").nth(19).press("PageUp")
        tab.wait_for_function(CHANGED, arg=[CHART, before])
        tab.wait_for_function("!location.search.includes('_-0.25')")
        before = tab.get_attribute(CHART, "aria-label")
        reached = trains(tab, "Start", 0)
        tab.click("#tab-predict")
        tab.wait_for_function("location.search.includes('view=predict')")
        tab.evaluate("window.before = true")
        assert "libtorch" not in Path(f"/proc/{apps[0].process.pid}/maps").read_text()
        assert apps[0].stop() == 0
        tab.wait_for_selector("#popup[role=status]:visible")
        again = ("--port", str(apps[0].port))
        apps.append(launch(tmp_path / "home", *options, *again, command="app", program=("-c", HURRIED)))
        tab.wait_for_function("window.before === undefined")
        expect(tab.locator(CHART)).to_have_attribute("aria-label", before)
        expect(tab.locator("input[data-knob=frequency]")).to_have_value("0.2")
        expect(tab.locator("#popup")).to_be_hidden()
        trains(tab, "Continue", reached)
        assert "libtorch" not in Path(f"/proc/{apps[1].process.pid}/maps").read_text()
        assert apps[1].stop() == 0
    finally:
        for app in apps:
            app.kill()


def trains(page: Any, label: str, reached: int) -> int:
    """Start or continue the run in the view Train, until it has two evaluations more; how many it has."""
    page.click("#tab-train")
    page.locator("#panel-train").get_by_role("button", name=label, exact=True).click()
    expect(page.locator("#panel-train p[aria-live]")).to_contain_text("Training.", timeout=120_000)
    page.wait_for_function(EVALUATIONS, arg=reached + 2, timeout=120_000, polling=100)
    page.wait_for_function("location.search.includes('run=')")
    return int(re.search(r"(\d+) evaluations", page.get_attribute(COURSE, "aria-label"))[1])
