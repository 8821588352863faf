"""The panel that runs the small version of a question and shows its results as they come."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from nicegui import ui

from ...errors import SeqzooError
from ..ui import controls, theme
from .finding import Shown
from .live import State, live

if TYPE_CHECKING:
    from ...arena.report.findings import Answer
    from ...arena.small import Small

LOOK_EVERY = 0.5  # seconds


class RunPanel:
    """What one visitor sees of the one run of this server.

    Args:
        wanted: the run that the button would start; None while there is none to choose.
        label: of a question's key, for people.
    """

    def __init__(self, wanted: Callable[[], Small | None], label: Callable[[str], str]) -> None:
        self.wanted, self.label = wanted, label
        self.seen: tuple[object, ...] = ()
        theme.html("<h2>Run the small version here</h2>", "section")
        theme.lead(
            "Notice how much wider everything is than above: fewer windows and fewer seeds make it quick, a minute "
            "or two on two cores, and less certain. It is the same code, in a process of its own."
        )
        with ui.element("div").classes("panel"):
            with ui.element("div").classes("buttons"):
                self.go = controls.button("Run the small version here", self._go, "button primary")
                self.halt = controls.button("Stop", self._stop)
                self.about = theme.html("", "hint", "span")
            self.bar = ui.element("progress").props('max="1" value="0" aria-label="Progress of the small version"')
            self.status = theme.html("", "hint", "p").props('aria-live="polite"')
            self.trouble = theme.html("", "error-line")
        self.holder = ui.element("div").style("margin-top: 22px")
        with self.holder:
            self.shown = Shown("The small version", "live")
        theme.show(self.holder, False)

    async def start(self) -> None:
        """Look at the run, now and then again."""
        await self._look()
        ui.timer(LOOK_EVERY, self._look)

    def describe(self) -> None:
        """Say what the button would run."""
        small = self.wanted()
        if small is not None:
            models = "" if small.question == "time-against-picture" else f"{len(small.models)} models, "
            self.about.set_content(escape(f"{self.label(small.question)}: {models}{small.about}."))

    async def _go(self) -> None:
        small = self.wanted()
        if small is None:
            return
        try:
            await to_thread.run_sync(live.start, small)
            self.trouble.set_content("")
        except SeqzooError as error:
            self.trouble.set_content(theme.sentence(error))
        await self._look()

    async def _stop(self) -> None:
        await to_thread.run_sync(live.stop)
        await self._look()

    async def _look(self) -> None:
        state = await to_thread.run_sync(live.state)
        running = state is not None and state.is_running
        controls.allow(self.go, not running)
        controls.allow(self.halt, state is not None and state.how == "running")
        theme.show(self.bar, running)
        if state is None:
            return
        total = state.small.total
        self.bar.props(f'value="{state.done / total:.3f}"')
        self.status.set_content(escape(self._said(state)))
        small = state.small
        mine = self.wanted()
        if mine is not None and mine.question == small.question:
            small = small._replace(part=mine.part)  # where a run has all parts, each visitor looks at one
        now = (live.version, state.done, state.how, small)
        if now == self.seen:
            return
        self.seen = now
        if state.how == "failed":
            self.trouble.set_content(escape(state.reason))
        elif state.is_running:
            self.trouble.set_content("")
        if state.done:
            answer = await to_thread.run_sync(_answer, small, state.folder)
            if answer is not None:
                self.shown.show(f"{self.label(state.small.question)}, small version", answer, _command(state.small))
        theme.show(self.holder, state.done > 0)

    def _said(self, state: State) -> str:
        what, count = self.label(state.small.question), f"{state.done} of {state.small.total}"
        if state.how == "running" and state.done == state.small.total:
            return f"{what}: all {state.small.total} results are there; writing the report."
        spent = f"{state.seconds:.0f} s"
        return {
            "running": f"{what}: {count} results after {spent}.",
            "stopping": f"{what}: stopping with {count} results.",
            "finished": f"{what}: finished, {count} results in {spent}. Small, and so less certain than above.",
            "stopped": f"{what}: stopped with {count} results after {spent}.",
            "failed": f"{what}: failed with {count} results after {spent}.",
        }[state.how]


def _answer(small: Small, folder: Path) -> Answer | None:
    """What there is so far; None where it cannot be answered yet."""
    from ...arena.questions import ANSWERS

    try:
        return ANSWERS[small.question](folder, small.part, small.models)
    except SeqzooError:
        return None


def _command(small: Small) -> str:
    return f"seqzoo {' '.join(word for word in small.arguments if word != '--json')} --out FOLDER"
