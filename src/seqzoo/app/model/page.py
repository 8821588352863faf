"""The page /models/NAME. Its head appears at once, and each view is built when it is first opened."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from anyio import to_thread
from fastapi import Request
from nicegui import background_tasks, ui
from nicegui.client import ClientConnectionTimeout

from ...errors import SeqzooError, UnknownNameError
from ...forecasters.protocol import Forecaster, has_bundle
from ...pages import head
from ...runtime.repository import Repository
from .. import gallery, tours
from ..ui import not_found, theme
from ..ui.latest import Latest
from . import card, deploy, mistakes, of_set, predict, roll_out, sharing, train
from .inside import microscope, sensitivity
from .predict import measured
from .roll_out import measured as measured_rollout
from .visit import Visit

PAUSE = 0.3  # seconds for the first view to reach the browser, before importing torch slows this process
PATIENCE = 60.0  # seconds for the browser to connect
LONGEST_ADDRESS = 20_000  # characters that are read of it
failures = logging.getLogger("seqzoo.app")


class View(NamedTuple):
    """A tab of the page. `build` fills the current slot; it is called when the tab is first opened.

    `is_of_series` tells whether it shows one series of a set, and is built again when the visitor chooses another.
    """

    key: str
    label: str
    build: Callable[[Visit], Awaitable[None] | None]
    is_for: Callable[[Forecaster], bool] = lambda model: True
    needs_load: bool = True
    is_of_series: bool = False


def _has_process(model: Forecaster) -> bool:
    """Whether the process behind the model's data is known, and so the best possible forecast."""
    return model.process is not None


VIEWS = [
    View("predict", "Predict", predict.build, _has_process),
    View("predict", "Predict", measured.build, lambda model: not _has_process(model), is_of_series=True),
    View("inside", "Look inside", microscope.build, lambda model: model.is_recurrent, False, is_of_series=True),
    View("inside", "Look inside", sensitivity.build, lambda model: not model.is_recurrent, is_of_series=True),
    View("rollout", "Roll out", roll_out.build, _has_process),
    View("rollout", "Roll out", measured_rollout.build, measured_rollout.is_for, is_of_series=True),
    View("mistakes", "Mistakes", mistakes.build, mistakes.is_for, is_of_series=True),
    View("train", "Train", train.build, train.can_be_shown, needs_load=False),
    View("deploy", "Deploy", deploy.build, has_bundle, needs_load=False),
    View("card", "Card", card.build, has_bundle, needs_load=False),
]

_LABELS = list(dict.fromkeys(view.label for view in VIEWS))


def enter(repository: Repository) -> None:
    """Register the page."""

    @theme.page("/models/{name}")
    async def show(request: Request, name: str) -> None:
        with theme.frame(name[:100], head.described(name, _LABELS)):
            try:
                known = await to_thread.run_sync(repository.describe, name)
                await _head(repository, name, known)
            except SeqzooError as error:
                if isinstance(error, UnknownNameError) and error.kind == "model":
                    ui.context.client.status_code = 404
                    not_found.model(name, error.near)
                    return
                with ui.element("div").classes("model-head"):
                    theme.html(head.CRUMB)
                    theme.html(escape(name[:100]), tag="h1")
                theme.problem(str(error))
                return
            visit = Visit(repository, name, known, dict(request.query_params))
            tours.panel(visit.query)
            await _Tabs(visit).run()


async def _head(repository: Repository, name: str, known: Forecaster) -> None:
    """Show the title and the facts.

    Raises:
        SeqzooError: the manifest cannot be used.
    """
    about, facts = head.about(known), head.facts(known)
    with ui.element("div").classes("model-head"):
        theme.html(head.CRUMB)
        with ui.element("div").classes("row1"):
            theme.html(escape(name), tag="h1")
            badge = theme.html("" if has_bundle(known) else gallery.badge("computed"))
        theme.html(about, "muted", "p")
        theme.html(facts, "facts")
    if not has_bundle(known):
        return

    async def refresh() -> None:
        try:
            html = gallery.state_badge(await to_thread.run_sync(repository.state, name))
        except UnknownNameError as error:  # deleted meanwhile
            html = gallery.badge("failed", str(error))
        if html != badge.content:
            badge.set_content(html)

    await refresh()
    ui.timer(0.5, refresh)


class _Tabs:
    """The tabs of one visit."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.views = [view for view in VIEWS if view.is_for(visit.known)]
        self.tabs: dict[str, ui.element] = {}
        self.panels: dict[str, ui.element] = {}
        self.built: set[str] = set()
        self.current = self._asked()
        self.return_to = Latest(self._return)
        self.choice = None if visit.of_set is None else of_set.Choice(visit, Latest(self._turn))

    def _asked(self) -> str:
        """The view that the address names, else the first."""
        keys = [view.key for view in self.views]
        asked = self.visit.query.get("view", "")
        return asked if asked in keys else keys[0]

    async def run(self) -> None:
        """Show the tabs, load the model once the browser is connected, and fill the open tab."""
        with ui.element("div").classes("tab-row"):
            with ui.element("div").classes("tabs").props('role="tablist" aria-label="Views"'):
                for view in self.views:
                    tab = ui.element("button").classes("tab").props('type="button" role="tab"')
                    tab.props(f'id="tab-{view.key}" aria-controls="panel-{view.key}"')
                    with tab:
                        theme.html(view.label, tag="span")
                    tab.on("click", lambda key=view.key: self.go(key))
                    tab.on("keydown", js_handler=_ARROWS)
                    self.tabs[view.key] = tab
            sharing.button(self.visit)
        ui.on("returned", self._returned)
        ui.add_body_html(f"<script>{_RETURNED}</script>")
        if self.choice is not None:
            self.choice.show()
        self.notice = theme.html("", "notice gone", "p").props('role="status"')
        self.failure = theme.html("", "problem gone").props('role="alert"')
        for view in self.views:
            panel = ui.element("section").props(f'role="tabpanel" id="panel-{view.key}"')
            panel.props(f'aria-labelledby="tab-{view.key}"')
            self.panels[view.key] = panel
            with panel:
                theme.html("", "skeleton").props('aria-label="Loading the model"')
        self._mark()
        client = ui.context.client
        client.on_exception(self._failed)
        begun = background_tasks.create(self.visit.begin(), name="begin")  # meanwhile the browser loads the page
        try:
            await client.connected(timeout=PATIENCE)
        except ClientConnectionTimeout:  # a visitor without JavaScript, or one who has left: nobody waits for a view
            return
        await begun
        if client.is_deleted:
            return
        self._tell()
        await self.open(self.current)
        if self.visit.is_settled:
            await asyncio.sleep(PAUSE)
        await self.visit.complete()
        if client.is_deleted:
            return
        self._tell()
        if self.current not in self.built:
            await self.open(self.current)
        for tell in self.visit.when_ready:
            await tell()

    def _tell(self) -> None:
        self.notice.set_content(escape(self.visit.notice))
        theme.show(self.notice, bool(self.visit.notice and not self.visit.reason))  # the reason is shown instead

    def _failed(self, error: Exception) -> None:
        """Report an exception of a view's handler, which NiceGUI has logged."""
        sentence = "This view may be outdated; the server's log has the details. The other views still work."
        self.failure.set_content(f"<strong>This did not work.</strong> {sentence}")
        theme.show(self.failure, True)

    async def go(self, key: str) -> None:
        """Open a tab as a new entry of the browser's history."""
        if key != self.current:
            self.visit.enter(view=key)
        await self.open(key)

    def _returned(self, event: Any) -> None:
        """Follow Back and Forward to the address that they lead to."""
        search = event.args if isinstance(event.args, str) else ""
        self.returned = dict(parse_qsl(search[:LONGEST_ADDRESS].removeprefix("?"), keep_blank_values=True))
        background_tasks.create(self.return_to(), name="back")

    async def _return(self) -> None:
        query, before = self.returned, dict(self.visit.query)
        self.visit.drop()
        self.visit.query.clear()
        self.visit.query.update(query)
        if {**query, "view": ""} != {**before, "view": ""}:  # else the views show it already
            self.visit.window = None
            self.visit.when_ready.clear()
            self.visit.when_opened.clear()
            self.built.clear()
            if self.choice is not None:
                self.choice.follow()
        await self.open(self._asked())

    async def open(self, key: str) -> None:
        """Show a tab, filling it the first time."""
        self.current = key
        self._mark()
        theme.show(self.failure, False)
        view = next(view for view in self.views if view.key == key)
        if key in self.built:
            if key in self.visit.when_opened:
                await self.visit.when_opened[key]()
            return
        if view.needs_load and not self.visit.is_settled:
            return
        self.built.add(key)
        panel = self.panels[key]
        panel.clear()
        with panel:
            theme.html(view.label, "unseen", "h2")
            try:
                if view.needs_load and self.visit.reason:
                    theme.problem(f"{self.visit.name} cannot be loaded: {self.visit.reason}")
                    return
                done = view.build(self.visit)
                if inspect.isawaitable(done):
                    await done
            except SeqzooError as error:
                theme.problem(str(error))
            except Exception:
                failures.exception("the view %s of %s failed", key, ascii(self.visit.name))
                theme.problem("This view failed; the server's log has the details. The other views still work.")

    async def _turn(self) -> None:
        """Build the views of a series again, for the one that the address now names."""
        self.visit.when_ready.clear()
        for view in self.views:
            if view.is_of_series:
                self.built.discard(view.key)
                self.visit.when_opened.pop(view.key, None)
        await self.open(self.current)

    def _mark(self) -> None:
        for key, tab in self.tabs.items():
            chosen = key == self.current
            tab.props(f'aria-selected="{str(chosen).lower()}" tabindex="{0 if chosen else -1}"')
            theme.show(self.panels[key], chosen)
        if self.choice is not None:
            theme.show(self.choice.row, any(view.is_of_series for view in self.views if view.key == self.current))


_RETURNED = """addEventListener("popstate", () => { if (!location.hash) emitEvent("returned", location.search); });"""
_ARROWS = """(event) => {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!step) return;
  const tabs = [...event.currentTarget.parentElement.querySelectorAll('[role=tab]')];
  const next = tabs[(tabs.indexOf(event.currentTarget) + step + tabs.length) % tabs.length];
  next.focus(); next.click(); event.preventDefault();
}"""

