"""Debian's Chromium, looking at the app in a process of its own, or at the microscope alone on an empty page.

Pages are strict: a selector that two elements match is an error; one that means the first says `>> nth=0`.
"""

from __future__ import annotations

import base64
import functools
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seqzoo.bundles import store
from seqzoo.microscope.modules import PACKAGE
from support.microscope_page import STUB, facts
from support.serving import Running, lasting

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
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(PACKAGE)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app; its user has a copy of a bundle whose ONNX file is damaged, and one whose manifest is."""
    home = tmp_path_factory.mktemp("browser") / "home"
    for name in ("lstm.sine-cut", "lstm.sine-torn"):
        shutil.copytree(store.SHIPPED / "lstm.sine", home / "models" / name)
    (home / "models" / "lstm.sine-cut" / store.ONNX).write_bytes(b"cut")
    (home / "models" / "lstm.sine-torn" / store.MANIFEST).write_text('{"name": "<script>alert(1)</script>')
    # With torch's engine, each file of tests would wait for its import.
    with lasting(home, "--engine", "onnx", command="app") as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = shutil.which("chromium")
    assert found, "these tests need Chromium: apt-get install chromium"
    # Imported and ended here: while it runs, no other test of the process could start an event loop.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


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


@pytest.fixture(scope="module")
def weights() -> Callable[[str], str]:
    """The weights of a shipped bundle in base64."""
    return lambda name: base64.b64encode((store.SHIPPED / name / store.WEIGHTS).read_bytes()).decode()
