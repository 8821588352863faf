"""What an open page means for the server that is asked to stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from support.serving import launch

CHART = "#panel-predict .chart[aria-label*='Bayes']"
CHANGED = "([chart, before]) => document.querySelector(chart).getAttribute('aria-label') !== before"
SECONDS = 2.0
# A request must arrive within SECONDS.
HURRIED = f"""
from seqzoo.server.guard import GuardedProtocol
GuardedProtocol.request_seconds = {SECONDS}
from seqzoo.cli import main
main()
"""


def test_a_page_is_served_longer_than_a_request_may_take_is_told_when_the_server_ends_and_comes_back_as_it_was(
    tab: Any, tmp_path: Path
) -> None:
    options = ("--engine", "onnx")
    apps = [launch(tmp_path / "home", *options, command="app", program=("-c", HURRIED))]
    try:
        window = "_".join(["0.5"] * 19 + ["-0.25"])
        tab.goto(f"{apps[0].address}/models/lstm.sine?frequency=0.2&dragged={window}")
        tab.wait_for_selector(CHART)
        time.sleep(SECONDS + 0.5)  # past the deadline
        before = tab.get_attribute(CHART, "aria-label")
        tab.locator(".point").nth(19).press("PageUp")
        tab.wait_for_function(CHANGED, arg=[CHART, before])
        tab.wait_for_function("!location.search.includes('_-0.25')")
        before = tab.get_attribute(CHART, "aria-label")
        tab.evaluate("window.before = true")
        assert apps[0].stop() == 0
        tab.wait_for_selector("#popup[role=status]:visible")
        apps.append(launch(tmp_path / "home", *options, "--port", str(apps[0].port), command="app"))
        tab.wait_for_function("window.before === undefined")
        expect(tab.locator(CHART)).to_have_attribute("aria-label", before)
        expect(tab.locator("input[data-knob=frequency]")).to_have_value("0.2")
        expect(tab.locator("#popup")).to_be_hidden()
        assert apps[1].stop() == 0
    finally:
        for app in apps:
            app.kill()
