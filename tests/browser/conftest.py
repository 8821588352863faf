"""Debian's Chromium, looking at the app in a process of its own, or at the microscope by itself on an empty page.

Pages are strict: a selector that two elements match is an error; one that means the first says `>> nth=0`.
What follows an action is awaited: `expect` and the `wait_for` functions try again until it holds.
"""

from __future__ import annotations

import base64
import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seqzoo.bundles import store
from seqzoo.microscope import HERE, module
from support.microscope_page import STUB, facts
from support.serving import Running

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


SECONDS = 60  # a busy machine is not a failure


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


_OPEN: list[Any] = []  # Playwright and its browser, from the first test here that needs them to the last in a row


@pytest.fixture
def chromium() -> Any:
    """The browser, which stays open from test to test."""
    if not _OPEN:
        from playwright.sync_api import expect, sync_playwright

        found = shutil.which("chromium")
        assert found, "these tests need Chromium: apt-get install chromium"
        _OPEN.append(sync_playwright().start())
        _OPEN.append(_OPEN[0].chromium.launch(executable_path=found, args=FLAGS, timeout=1000 * SECONDS))
        expect.set_options(timeout=1000 * SECONDS)
    return _OPEN[1]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """While Playwright runs, no test elsewhere could start an event loop: it ends with the last of these in a row."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        close_browser()


def pytest_sessionfinish() -> None:
    close_browser()


def close_browser() -> None:
    if _OPEN:
        playwright, *browsers = _OPEN
        _OPEN.clear()
        for browser in browsers:
            browser.close()
        playwright.stop()


@pytest.fixture
def visit(app: Running, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a path; after the test, no page may have logged an error or asked another host for anything."""
    contexts, wrong, said_errors, absent = [], [], [], set()

    def asked(request: Any) -> None:
        if not request.url.startswith((app.address, "data:", "blob:")):
            wrong.append(f"asked {request.url}")

    def said(message: Any) -> None:
        if message.type == "error":
            said_errors.append((message.location["url"], message.text))

    def go(path: str, *, width: int = 1400, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, strict_selectors=True
        )
        contexts.append(context)
        context.set_default_timeout(1000 * SECONDS)
        page = context.new_page()
        page.on("request", asked)
        page.on("console", said)
        page.on("pageerror", lambda error: wrong.append(f"page: {error}"))
        if page.goto(app.address + path).status == 404:
            absent.add(app.address + path)  # of which the browser complains, and rightly
        page.wait_for_selector("main :is(h1, [role=alert]) >> nth=0")
        return page

    yield go
    for context in contexts:
        context.close()
    wrong += [f"console: {text}" for url, text in said_errors if url not in absent]
    assert wrong == []


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """An empty page of the server; whatever goes wrong in it fails the test."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, strict_selectors=True)
    context.set_default_timeout(1000 * SECONDS)
    made = context.new_page()
    problems: list[str] = []
    made.on("pageerror", lambda error: problems.append(str(error)))
    made.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    made.goto(address)
    yield made
    context.close()
    assert not problems


@pytest.fixture
def show(page: Any) -> Callable[..., Any]:
    """The page with the widget of a bundle in it, weights asked for and drawn."""

    def make(bundle: str = "lstm.sine", **changed: Any) -> Any:
        page.evaluate(STUB, facts(bundle, **changed))
        page.wait_for_function("document.querySelector('.mz-said dd, .mz-error')")
        return page

    return make


@pytest.fixture(scope="session")
def weights() -> Callable[[str], str]:
    """The weights of a shipped bundle in base64."""
    return lambda name: base64.b64encode((store.SHIPPED / name / store.WEIGHTS).read_bytes()).decode()
