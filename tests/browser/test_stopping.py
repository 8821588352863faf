"""What an open page means for the server that is asked to stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from support.serving import launch

CHART = "#panel-predict .chart[aria-label*='Bayes']"


def test_the_app_ends_with_status_0_while_a_page_is_open_and_serves_the_page_longer_than_a_request_may_take(
    chromium: Any, tmp_path: Path
) -> None:
    app = launch(tmp_path / "home", command="app")
    page = chromium.new_page(strict_selectors=True)
    try:
        page.goto(f"{app.address}/models/lstm.sine")
        page.wait_for_selector(CHART)
        time.sleep(9)  # past the deadline of a request
        before = page.get_attribute(CHART, "aria-label")
        page.click("text=New noise")
        page.wait_for_function(
            "([chart, before]) => document.querySelector(chart).getAttribute('aria-label') !== before",
            arg=[CHART, before],
        )
        assert app.stop() == 0
    finally:
        page.close()
        app.kill()


def test_a_page_says_that_the_server_is_gone_and_comes_back_as_it_was_when_it_is_there_again(
    chromium: Any, tmp_path: Path
) -> None:
    apps = [launch(tmp_path / "home", "--engine", "onnx", command="app")]
    page = chromium.new_page(strict_selectors=True)
    try:
        window = "_".join(["0.5"] * 19 + ["-0.25"])
        page.goto(f"{apps[0].address}/models/lstm.sine?frequency=0.2&dragged={window}")
        page.wait_for_selector(CHART)
        before = page.get_attribute(CHART, "aria-label")
        page.evaluate("window.before = true")
        apps[0].stop()
        page.wait_for_selector("#popup[role=status]:visible >> text=Connection lost.")
        apps.append(launch(tmp_path / "home", "--engine", "onnx", "--port", str(apps[0].port), command="app"))
        page.wait_for_function("window.before === undefined", timeout=60_000)
        page.wait_for_selector(CHART)
        assert page.get_attribute(CHART, "aria-label") == before
        assert page.input_value("input[data-knob=frequency]") == "0.2"
        assert page.is_hidden("#popup")
        assert apps[1].stop() == 0
    finally:
        page.close()
        for app in apps:
            app.kill()
