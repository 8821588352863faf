"""The panel that runs the small version of an experiment and shows its results while they are measured."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread
from nicegui import ui

from ...errors import SeqzooError
from ..ui import controls, theme
from ..ui.latest import Latest
from .finding import FindingPanels
from .live import Choice, RunState, live

if TYPE_CHECKING:
    from ...arena.report.findings import Finding

LOOK_EVERY = 0.5  # seconds


class RunPanel:
    """The run of this server as one visitor sees it.

    Args:
        wanted: returns the choice that the button would run.
    """

    def __init__(self, wanted: Callable[[], Choice]) -> None:
        self.wanted = wanted
        self.seen: tuple[object, ...] = ()
        self.look = Latest(self._look)
        theme.html("<h2>Run the small version here</h2>", "section")
        theme.lead(
            "Notice that the intervals are wider than above. The small version uses fewer windows and seeds, so it "
            "is less certain; on two cores it takes a minute or two. It runs the same code, in a separate process."
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
            self.panels = FindingPanels("The small version", "live")
        theme.show(self.holder, False)

    async def start(self) -> None:
        """Show the run now, and again every LOOK_EVERY seconds."""
        await self.look()
        ui.timer(LOOK_EVERY, self.look)

    def describe(self) -> None:
        """Show what the button would run."""
        choice = self.wanted()
        self.about.set_content(escape(f"{choice.experiment.title}: {choice.demonstration.about}."))

    async def _go(self) -> None:
        try:
            await to_thread.run_sync(live.start, self.wanted())
            self.trouble.set_content("")
        except SeqzooError as error:
            self.trouble.set_content(theme.sentence(error))
        await self.look()

    async def _stop(self) -> None:
        await to_thread.run_sync(live.stop)
        await self.look()

    async def _look(self) -> None:
        state = await to_thread.run_sync(live.state)
        running = state is not None and state.is_running
        controls.allow(self.go, not running)
        controls.allow(self.halt, state is not None and state.how == "running")
        theme.show(self.bar, running)
        if state is None:
            return
        self.bar.props(f'value="{state.measured / max(1, state.choice.total):.3f}"')
        self.status.set_content(escape(_course(state)))
        choice, mine = state.choice, self.wanted()
        if mine.experiment is choice.experiment:
            choice = choice._replace(part=mine.part)  # a run measures all parts; each visitor looks at one
        now = (live.version, state.measured, state.how, choice)
        if now == self.seen:
            return
        self.seen = now
        if state.how == "failed":
            self.trouble.set_content(escape(state.reason))
        elif state.is_running:
            self.trouble.set_content("")
        if state.measured:
            finding = await to_thread.run_sync(_finding, choice, state.folder)
            if finding is not None:
                title = f"{choice.experiment.title}, small version"
                self.panels.show(title, finding, f"seqzoo {' '.join(choice.arguments)} --out FOLDER")
        theme.show(self.holder, state.measured > 0)


def _course(state: RunState) -> str:
    """The state of a run as a sentence."""
    what, count = state.choice.experiment.title, f"{state.measured} of {state.choice.total}"
    if state.how == "running" and state.measured == state.choice.total:
        return f"{what}: all {state.choice.total} results are measured; writing the report."
    spent = f"{state.seconds:.0f} s"
    return {
        "running": f"{what}: {count} results after {spent}.",
        "stopping": f"{what}: stopping with {count} results.",
        "finished": f"{what}: finished, {count} results in {spent}. They are less certain than those above.",
        "stopped": f"{what}: stopped with {count} results after {spent}.",
        "failed": f"{what}: failed with {count} results after {spent}.",
    }[state.how]


def _finding(choice: Choice, folder: Path) -> Finding | None:
    """The finding from the results so far; None while they are too few for one."""
    try:
        return choice.experiment.summarise(choice.experiment.read(folder), choice.part, choice.models)
    except SeqzooError:
        return None
