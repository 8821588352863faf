"""The page /runs/ID: a training on a measured series, live, before there is a model that could have a page."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from anyio import to_thread
from fastapi import Request
from nicegui import ui

from ..bundles import shelf
from ..errors import SeqzooError
from ..execution import runs
from ..execution.runs.manager import Runs, Status
from ..execution.runs.plans import Settings
from ..signals import Observed
from .model.train import Training
from .ui import theme
from .ui.address import Address


def enter() -> None:
    """Register the page."""

    @theme.page("/runs/{run}")
    async def index(request: Request, run: str) -> None:
        known = runs.here()
        with theme.frame("Training"):
            try:
                now = await to_thread.run_sync(known.status, run)
            except SeqzooError:
                with ui.element("div").classes("model-head"):
                    theme.html("No such training", tag="h1")
                    theme.problem("this training is not kept here, or no longer. Start another one.")
                    theme.html('<a class="button primary" href="/series">Your series</a>', "buttons")
                return
            await _show(known, now, dict(request.query_params))


async def _show(known: Runs, now: Status, query: dict[str, str]) -> None:
    spec = now.plan.spec
    name = now.saved[-1].name if now.saved else now.plan.keep_as or spec.name
    ui.page_title(f"{name}, training · seqzoo")
    with ui.element("div").classes("model-head"):
        theme.html('<a class="crumb" href="/series">← Your series</a>')
        with ui.element("div").classes("row1"):
            theme.html(escape(name), tag="h1")
        steps = "1 step" if spec.horizon == 1 else f"{spec.horizon} steps"
        facts = [f"reads <b>{spec.context_length}</b> values", f"forecasts <b>{steps}</b>"]
        if isinstance(spec.source, Observed):
            count = spec.source.length - spec.source.missing
            facts.append(f"<b>{spec.source.values_before():,}</b> of {count:,} values to learn from")
        theme.html("".join(f"<span>{fact}</span>" for fact in facts), "facts")

    def start(settings: Settings) -> str:
        plan = known.status(now.id).plan  # which has the optimiser and the scaling, once they are chosen
        chosen = settings.applied_to(plan.spec)
        return known.begin(chosen, chooses_scaling=plan.chooses_scaling, keep_as=shelf.free(name))

    def turn_to(run: str) -> None:
        if run:
            ui.navigate.to(f"/runs/{quote(run)}")

    theme.html("Training", "unseen", "h2")
    address = Address(f"/runs/{now.id}", query)
    await Training(address, spec, name, now.id, start, turn_to, is_kept=bool(now.plan.keep_as)).show()
