"""Debian's Chromium, looking at the app in a process of its own, or at the microscope by itself on an empty page.

Pages are strict: a selector that two elements match is an error; one that means the first says `>> nth=0`.
What follows an action is awaited: `expect` and the `wait_for` functions try again until it holds.
"""

from __future__ import annotations

import base64
import functools
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from seqzoo.bundles import store
from seqzoo.microscope.modules import PACKAGE
from support import late
from support.chromium import FLAGS
from support.hosts import served
from support.microscope_page import STUB, facts
from support.serving import Running

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


POLLING = 20  # milliseconds
SECONDS = 60  # a busy machine is not a failure
# Without motion: a skeleton that breathes is composited sixty times a second, on the processor.
STILL = "reduce"
SNAPSHOTS = Path(__file__).parents[1] / "support" / "no_snapshots.cjs"


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with served(PACKAGE, Handler) as host:
        yield host


class Browser:
    """Chromium and its tabs. A tab that a test is done with serves the next, which costs a third of a new one.

    It is emptied; but where the next test is of the same file, a page of the app stays until that one loads another.
    """

    def __init__(self) -> None:
        from playwright.sync_api import expect, sync_playwright

        # The shell has no window to draw around a page, which takes Chromium's first process half of its time.
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        assert path, "these tests need Chromium: apt-get install chromium-headless-shell"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NODE_OPTIONS", f"--require {SNAPSHOTS}")
            self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=1000 * SECONDS)
        self.idle: dict[str, list[Any]] = defaultdict(list)  # by their server: another would need a new process
        self.problems: list[tuple[str, str]] = []  # an address, and what went wrong there
        self.servers: dict[str, str] = {}  # the pages may ask these; each has a path without any page
        self.absent: set[str] = set()  # pages that are rightly not there
        self.apps: set[str] = set()  # servers that outlive the tests of a file
        self.is_followed = False  # by a test of the same file
        expect.set_options(timeout=1000 * SECONDS)

    def tab(self) -> Any:
        """An empty page of a context of its own."""
        size = {"width": 1400, "height": 900}
        context = self.chromium.new_context(strict_selectors=True, viewport=size, reduced_motion=STILL)
        context.set_default_timeout(1000 * SECONDS)
        if late.SEED:
            context.add_init_script(late.SCRIPT)
        page = context.new_page()
        # By default Playwright looks at each frame, and each is then composited: a twelfth of a processor.
        page.wait_for_function = functools.partial(page.wait_for_function, polling=POLLING)
        return page

    def watched(self, server: str) -> Any:
        """A page whose errors are noted as problems; maybe one that another test has used with that server."""
        if self.idle[server]:
            return self.idle[server].pop()
        page = self.tab()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append((page.url, str(error))))
        page.on("request", self._request)
        page.on("dialog", self._dialog)
        return page

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append((message.location["url"], message.text))

    def _dialog(self, dialog: Any) -> None:
        self.problems.append((dialog.page.url, f"a script ran: {dialog.message}"))
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((*self.servers, "data:", "blob:", "about:")):
            self.problems.append((request.url, "asked for"))

    def leave(self, page: Any, server: str, *, is_last: bool) -> None:
        """As a new page, but for its history; or, where it is kept, with its modules."""
        if not page.is_closed():
            page.unroute_all()
            page.context.clear_permissions()
            page.mouse.move(0, 0)
            kept = page.evaluate("window.kept")  # comes after what has gone wrong in the page
            if not kept and not (is_last and self.is_followed and server in self.apps):
                page.goto(server + self.servers[server])
            self.idle[server].append(page)  # who takes one takes the last

    def close(self) -> None:
        self.chromium.close()
        self.playwright.stop()


_OPEN: list[Browser] = []  # from the first test here to the last in a row


@pytest.fixture
def browser() -> Browser:
    if not _OPEN:
        _OPEN.append(Browser())
    return _OPEN[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """While Playwright runs, no test elsewhere could start an event loop: it ends with the last of these in a row."""
    if _OPEN:
        _OPEN[0].is_followed = nextitem is not None and nextitem.path == item.path
    try:
        yield
    finally:
        if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
            close_browser()


def pytest_sessionfinish() -> None:
    close_browser()


def close_browser() -> None:
    while _OPEN:
        _OPEN.pop().close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Any]:
    """A page of a context of its own, in which an error is no failure: the server of it may go."""
    page = browser.tab()
    yield page
    page.context.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Callable[[str], Any]]:
    """Gives pages for a server; after the test, none may have logged an error or asked another host for anything."""
    pages: list[tuple[Any, str]] = []

    def take(server: str) -> Any:
        pages.append((browser.watched(server), server))
        return pages[-1][0]

    yield take
    for page, server in pages:
        browser.leave(page, server, is_last=page is pages[-1][0])
    problems = [problem for problem in browser.problems if problem[0] not in browser.absent]
    browser.problems.clear()
    browser.absent.clear()
    assert problems == []


@pytest.fixture
def visit(app: Running, browser: Browser, watched: Callable[[str], Any]) -> Callable[..., Any]:
    """Opens a path of the app in a page of its own, or over another one; `before` is done to it first."""
    browser.servers[app.address] = "/v2/health/live"
    browser.apps.add(app.address)

    def go(
        path: str,
        *,
        width: int = 1400,
        scheme: str = "light",
        over: Any = None,
        before: Callable[[Any], Any] | None = None,
    ) -> Any:
        page = over or watched(app.address)
        if before:
            before(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion=STILL)
        if page.goto(app.address + path).status == 404:
            browser.absent.add(page.url)  # of which the browser complains, and rightly
        page.wait_for_selector("main :is(h1, [role=alert]) >> nth=0")
        return page

    return go


@pytest.fixture
def page(browser: Browser, watched: Callable[[str], Any], address: str) -> Any:
    """An empty page of the server; whatever goes wrong in it fails the test."""
    browser.servers[address] = "/"
    page = watched(address)
    if page.url != f"{address}/" or page.evaluate("window.kept"):  # else just loaded, where the test before left it
        page.goto(address)
    return as_it_begins(page)


@pytest.fixture
def kept(browser: Browser, watched: Callable[[str], Any], address: str) -> Any:
    """As `page`, with the modules in it that the tests before have imported, which thus are loaded and compiled once.

    A test that replaces what the next one needs sets `window.kept` to false.
    """
    browser.servers[address] = "/"
    page = watched(address)
    if not page.evaluate(CLEARED):
        page.goto(address)
        page.evaluate("window.kept = true")
    return as_it_begins(page)


CLEARED = """() => {
  if (!window.kept) return false;
  window.stop(); // the widget
  document.querySelectorAll("style").forEach((one) => one.remove());
  document.body.replaceWith(document.createElement("body"));
  return true;
}"""


def as_it_begins(page: Any) -> Any:
    page.set_viewport_size({"width": 1200, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion=STILL)
    return page


@pytest.fixture
def show(kept: Any) -> Callable[..., Any]:
    """The page with the widget of a bundle in it, weights asked for and drawn."""

    def make(bundle: str = "lstm.sine", **changed: Any) -> Any:
        kept.evaluate(STUB, facts(bundle, **changed))
        kept.wait_for_function("document.querySelector('.mz-said dd, .mz-error')")
        return kept

    return make


@pytest.fixture(scope="session")
def weights() -> Callable[[str], str]:
    """The weights of a shipped bundle in base64."""
    return lambda name: base64.b64encode((store.SHIPPED / name / store.WEIGHTS).read_bytes()).decode()
