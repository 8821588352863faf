"""The app in a process of its own, and Debian's Chromium looking at it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seqzoo import bundle
from serving import Running, launch

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app; its user has a copy of a bundle whose ONNX file is damaged, and one whose manifest is."""
    home = tmp_path_factory.mktemp("browser") / "home"
    for name in ("lstm.sine-cut", "lstm.sine-torn"):
        shutil.copytree(bundle.SHIPPED / "lstm.sine", home / "models" / name)
    (home / "models" / "lstm.sine-cut" / bundle.ONNX).write_bytes(b"cut")
    (home / "models" / "lstm.sine-torn" / bundle.MANIFEST).write_text('{"name": "<script>alert(1)</script>')
    running = launch(home, command="app")
    yield running
    assert running.process.poll() is None, "the app died"
    assert running.stop() == 0
    assert running.process.stdout is not None
    running.process.stdout.close()


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
    contexts, wrong = [], []

    def asked(request: Any) -> None:
        if not request.url.startswith((app.address, "data:", "blob:")):
            wrong.append(f"asked {request.url}")

    def said(message: Any) -> None:
        if message.type == "error":
            wrong.append(f"console: {message.text}")

    def go(path: str, *, width: int = 1400, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", asked)
        page.on("console", said)
        page.on("pageerror", lambda error: wrong.append(f"page: {error}"))
        page.goto(app.address + path)
        page.wait_for_selector("main h1, main [role=alert]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []


    return app.home
