"""Ask the doctor: a diagnosis in a process, whose stages appear as they are computed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ...data.measured import Reading
from ...data.numerals import number as plain_number
from ...diagnosis import examinations
from ...diagnosis.examinations import Decided, Examination, Order
from ...diagnosis.report import STAGES
from ...errors import InputError, SeqzooError
from ..ui import controls, theme
from ..ui.address import Address
from .corrections import in_words

REPORTS = "/series/reports"
LOOK_EVERY = 0.5  # seconds
DEPTHS = {"quick": "Quick", "default": "Thorough"}
ABOUT = {
    "quick": "Rules, the best linear forecaster and one small network; some seconds.",
    "default": "Also statistical models, three kinds of network and learning curves; up to a minute or two.",
}
NAMES = {
    "series": "the series", "contest": "the contest", "surrogates": "the test of linearity", "twin": "the twin",
    "learning": "learning curves", "verdict": "the verdict",
}  # fmt: skip


class DoctorPanel:
    """The doctor of one visitor; all visitors share a diagnosis of the same series with the same options.

    Args:
        on_decided: called when a verdict is shown, and with None when there is none yet.
    """

    def __init__(self, address: Address, on_decided: Callable[[Decided | None], Awaitable[None]]) -> None:
        self.address, self.on_decided = address, on_decided
        self.exams = examinations.here()
        self.reading: Reading | None = None
        self.key = ""
        self.asked: object = None
        self.seen: object = None
        self.was_cancelled = False
        depth = address.query.get("depth", "")
        self.depth = depth if depth in DEPTHS else "quick"

    def show(self) -> None:
        """Fill the current slot."""
        with ui.element("div").classes("panel doctor"):
            theme.html(
                "It compares rules, a linear forecaster and networks on the last part of the series, and says which "
                f"to use. The correction of {theme.term('Holm')} covers p-values of several networks.", "hint", "p",
            )  # fmt: skip
            with ui.element("div").classes("doctor-options"):
                self.depths = controls.Choices("Depth", DEPTHS, self._deepen)
                with ui.element("div").classes("numbers-asked"):
                    for key, label in (("season", "Season, steps"), ("ahead", "Steps ahead")):
                        controls.text(label, key, self.address.query.get(key, ""), self._set(key), "as found")
            self.about = theme.html("", "hint", "p")
            with ui.element("div").classes("buttons"):
                self.ask = controls.button("Ask the doctor", self._ask, "button primary")
                self.cancel = controls.button("Cancel", self._cancel)
                self.whole = theme.html("", tag="span")
            self.bar = ui.element("progress").props('max="1" value="0" aria-label="Progress of the diagnosis"')
            self.status = theme.html("", "hint status", "p").props('role="status"')
            self.trouble = theme.html("", "error-line", "p").props('role="alert"')
            self.list = theme.html("", "stages", "ol").props('aria-label="Stages"')
        with ui.element("div").classes("report") as self.report:
            self.parts = {stage: theme.html("", "panel gone") for stage in ("verdict", *STAGES[:-1])}
        self._mark()

    async def follow(self, reading: Reading | None) -> None:
        """Examine this reading from now on; None while there is none."""
        self.reading = reading
        await self.look()

    def _set(self, key: str) -> Callable[[str], Awaitable[None]]:
        async def change(value: str) -> None:
            self.address.remember(**{key: value or None})
            await self.look()

        return change

    async def _deepen(self, depth: str) -> None:
        self.depth = depth
        self.address.remember(depth=depth)
        self._mark()
        await self.look()

    def _mark(self) -> None:
        self.depths.mark(self.depth)
        self.about.set_content(ABOUT[self.depth])

    def _whole(self, key: str) -> int | None:
        """A whole number of the address.

        Raises:
            InputError: it is none.
        """
        given = self.address.query.get(key, "")
        value = plain_number(given) if given else None
        if given and (value is None or not 1 <= value <= 1e6 or value != int(value)):
            name = "season" if key == "season" else "number of steps ahead"
            raise InputError(f"a {name} is a whole number above 0, got {given[:40]!r}.")
        return None if value is None else int(value)

    def _order(self) -> tuple[Order, NDArray[np.float64]] | None:
        if self.reading is None:
            return None
        season, ahead = self._whole("season"), self._whole("ahead")
        return examinations.order_of(self.reading, self.depth, season, ahead), self.reading.one().values

    async def _ask(self) -> None:
        self.trouble.set_content("")
        self.was_cancelled = False
        try:
            order = self._order()
            if order is not None:
                await to_thread.run_sync(self.exams.start, *order)
        except SeqzooError as error:
            self.trouble.set_content(theme.sentence(error))
            return
        self.address.remember(depth=self.depth)
        await self.look()

    async def _cancel(self) -> None:
        await to_thread.run_sync(self.exams.cancel, self.key)
        self.was_cancelled = True
        await self.look()

    async def look(self) -> None:
        """Show how far the diagnosis is."""
        trouble, state = "", None
        try:
            asked = self.reading, self.depth, self.address.query.get("season"), self.address.query.get("ahead")
            if asked != self.asked:  # the key is a digest of every value
                order, self.key = self._order(), ""
                self.key = "" if order is None else await to_thread.run_sync(self.exams.key, *order)
                self.asked = asked
            state = await to_thread.run_sync(self.exams.state, self.key) if self.key else None
        except SeqzooError as error:
            trouble = theme.sentence(in_words(str(error)))
        is_running = state is not None and state.how == "running"
        controls.allow(self.ask, self.reading is not None and not trouble and (state is None or (not is_running
                       and state.how != "finished")))  # fmt: skip
        controls.allow(self.cancel, is_running)
        seen = self.key, None if state is None else state.version, trouble, self.was_cancelled
        if seen == self.seen:
            return
        self.seen = seen
        self.trouble.set_content(trouble)
        theme.show(self.bar, is_running)
        self._tell(state)
        await self.on_decided(None if state is None else state.decided)

    def _tell(self, state: Examination | None) -> None:
        for stage, part in self.parts.items():
            shown = "" if state is None else state.shown.get(stage, "").replace("h2>", "h3>")  # below the page's own
            if part.content != shown:
                part.set_content(shown)
                theme.show(part, bool(shown))
        self.whole.set_content("")
        self.list.set_content("")
        if state is None:
            self.status.set_content("Cancelled." if self.was_cancelled else "")
            return
        done = {stage: state.stages[stage] for stage in STAGES if stage in state.stages}
        self.bar.props(f'value="{_share(state):.3f}"')
        items = ""
        for stage in STAGES:
            step = done.get(stage)
            is_done = step is not None and step.done == step.total
            count = "" if step is None or is_done else f", {step.done} of {step.total}"
            kind = "done" if is_done else "begun" if step is not None else ""
            items += f'<li class="{kind}">{NAMES[stage]}{count}</li>'
        if state.how == "running":
            self.list.set_content(items)
            latest = next(reversed(done), "")
            self.status.set_content(f"Computing; {NAMES[latest]} is here." if latest else "A process is starting.")
        elif state.how == "finished":
            seconds = 0.0 if state.decided is None else state.decided.seconds
            self.status.set_content(f"Finished in {seconds:.0f} s. The same series and options give the same report.")
            self.whole.set_content(f'<a href="{REPORTS}/{state.key}.html" download>The report as one HTML file</a>')
        else:
            self.status.set_content("")
            self.trouble.set_content(theme.sentence(in_words(state.reason)))


def _share(state: Examination) -> float:
    """How much is done, from 0 to 1: the contest takes longest."""
    weights = dict.fromkeys(STAGES, 1.0) | {"contest": 8.0, "learning": 3.0}
    done = sum(weights[stage] * step.done / max(1, step.total) for stage, step in state.stages.items())
    return done / sum(weights.values())
