"""The view *Roll out* of a model of a known signal: the browser computes it, see `pages/js/rollout.js`."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from nicegui import background_tasks

from ....errors import SeqzooError
from ....forecasters.protocol import has_bundle
from ....pages import roll_out
from ...ui import theme
from ...ui.latest import Latest
from ..in_page import PageView, facts_of
from ..inside import weights
from ..visit import Visit
from ..window import SignalWindow, window_of
from . import errors

MEASURING = "Measuring the error on fresh windows…"
_limiter = CapacityLimiter(1)


class _Rollout:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        window = window_of(visit)
        assert isinstance(window, SignalWindow)
        self.window = window
        self.measured = 0  # steps of which the browser knows the errors
        self.measure = Latest(self._measure)

    async def show(self) -> None:
        """Fill the view."""
        visit = self.visit
        theme.lead(roll_out.lead(visit.model, theme.term))
        other = await to_thread.run_sync(errors.partner_of, visit.name, visit.model)
        facts = await facts_of(visit, "rollout", lambda: roll_out.facts(visit.model, other))
        is_stored = facts["errors"] is not None
        self.view = PageView(
            visit, "rollout", {**facts, "measuring": None if is_stored else MEASURING}, self.window,
            rest=("horizon",), on_look=None if is_stored else self._looked,
            partner=weights.of_bundle(other.name, other.model.bundle) if other and has_bundle(other.model) else "",
        )  # fmt: skip
        if not is_stored:
            await self._looked()

    async def _looked(self) -> None:
        background_tasks.create(self.measure(), name="measure")  # so that the page still responds

    async def _measure(self) -> None:
        """Tell the browser the errors up to the steps that it shows, unless it knows them."""
        visit, steps = self.visit, int(self.visit.number("horizon", roll_out.FIRST, roll_out.LEAST, roll_out.MOST))
        if steps <= self.measured:
            return
        try:
            result = await to_thread.run_sync(errors.measured, visit.name, visit.model, steps, limiter=_limiter)
        except SeqzooError as error:
            self.view.tell(measuring=str(error), errors=None)
            return
        self.measured = len(result.radius)
        self.view.tell(errors=result.facts(errors.partner_of(visit.name, visit.model)))


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Rollout(visit).show()
