"""What an open page means for the server that is asked to stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from serving import launch


def test_the_app_ends_with_status_0_while_a_page_is_open_and_serves_the_page_longer_than_a_request_may_take(
    chromium: Any, tmp_path: Path
) -> None:
    app = launch(tmp_path / "home", command="app")
    page = chromium.new_page()
    try:
        page.goto(f"{app.address}/models/lstm.sine")
        page.wait_for_selector(".chart[aria-label*='Bayes']")
        time.sleep(9)  # past the deadline of a request
        before = page.get_attribute(".chart", "aria-label")
        page.click("text=New noise")
        page.wait_for_function(
            "before => document.querySelector('.chart').getAttribute('aria-label') !== before", arg=before
        )
        assert app.stop() == 0
    finally:
        page.close()
        app.process.kill()
        app.process.wait()
        assert app.process.stdout is not None
        app.process.stdout.close()
