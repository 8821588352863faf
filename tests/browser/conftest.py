"""One headless Chromium, and a server of this machine that hands it the parts of the microscope."""

from __future__ import annotations

import base64
import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from seqzoo.bundle import SHIPPED, WEIGHTS
from seqzoo.microscope import HERE, module

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The microscope</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">"""


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        pages = {"/": ("text/html", PAGE), "/microscope.js": ("text/javascript", module())}
        if self.path not in pages:
            return super().do_GET()
        kind, text = pages[self.path]
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """An empty page of the server; whatever goes wrong in it fails the test."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    made = context.new_page()
    problems: list[str] = []
    made.on("pageerror", lambda error: problems.append(str(error)))
    made.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    made.goto(address)
    yield made
    context.close()
    assert not problems


@pytest.fixture(scope="session")
def weights() -> Callable[[str], str]:
    """The weights of a shipped bundle in base64."""
    return lambda name: base64.b64encode((SHIPPED / name / WEIGHTS).read_bytes()).decode()
