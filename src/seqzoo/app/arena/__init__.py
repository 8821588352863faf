"""The page /arena: the committed results of an experiment, and a small version of it to run here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Request
from nicegui import app, ui

from ...arena.experiment import AnyExperiment, CommittedResults
from ...arena.experiments import EXPERIMENTS
from ...errors import SeqzooError
from ...pages.finding import INTRO, notice
from ..ui import controls, theme
from ..ui.latest import Latest
from .finding import FindingPanels
from .live import Choice, live
from .run_panel import RunPanel

if TYPE_CHECKING:
    from ...arena.report.findings import Finding

failures = logging.getLogger("seqzoo.app")


class CommittedView(NamedTuple):
    """The committed results of an experiment by name, the name of those on the page, and their finding."""

    committed: dict[str, CommittedResults]
    name: str
    finding: Finding


def enter() -> None:
    """Register the page. A run that a visitor started ends when the server stops."""

    @theme.page("/arena")
    async def show(request: Request) -> None:
        with theme.frame("Arena"):
            theme.html(
                f'<h1>The arena</h1><p class="intro">{INTRO}</p>'
            )
            await _Arena(dict(request.query_params)).run()

    app.on_shutdown(lambda: to_thread.run_sync(live.close))


class _Arena:
    """The state of one visitor."""

    def __init__(self, query: dict[str, str]) -> None:
        self.experiment = next((each for each in EXPERIMENTS if each.key == query.get("question")), EXPERIMENTS[0])
        self.signal, self.part = query.get("signal", ""), query.get("part", "")
        self.models = {name for name in query.get("models", "").split(",") if name}
        self.finding: Finding | None = None
        self.refresh = Latest(self._refresh)

    async def run(self) -> None:
        """Fill the page."""
        with ui.element("div").classes("filters"):
            self.experiments = controls.Chips("Question")
            self.experiments.offer({each.key: each.title for each in EXPERIMENTS}, self._ask)
            self.signals, self.parts = controls.Chips("Signal"), controls.Chips("Part")
            self.names = controls.Chips("Models")
        self.lead = theme.html("", "lead", "p").style("margin-top: 26px")
        self.trouble = ui.element("div")
        self.panels = FindingPanels("", "committed")
        self.run_panel = RunPanel(self._choice)
        await self.refresh()
        await self.run_panel.start()

    async def _ask(self, key: str) -> None:
        self.experiment = next(each for each in EXPERIMENTS if each.key == key)
        self.part = ""
        await self._changed()

    async def _choose_signal(self, key: str) -> None:
        self.signal = key
        await self._changed()

    async def _choose_part(self, key: str) -> None:
        self.part = key
        await self._changed()

    async def _toggle(self, name: str) -> None:
        assert self.finding is not None
        offered = set(self.finding.models)
        chosen = (self.models & offered or offered) ^ {name}
        if not name or chosen == offered:
            self.models = set()
        elif chosen:
            self.models = chosen
        await self._changed()

    async def _changed(self) -> None:
        await self.refresh()
        state = {
            "question": self.experiment.key,
            "signal": self.signal,
            "part": self.part,
            "models": ",".join(sorted(self.models)),
        }
        query = urlencode({key: value for key, value in state.items() if value}, safe=",")
        ui.navigate.history.replace(f"/arena?{query}")

    async def _refresh(self) -> None:
        experiment, asked, part, models = self.experiment, self.signal, self.part, frozenset(self.models)
        self.trouble.clear()
        try:
            view = await to_thread.run_sync(_view, experiment, asked, part, models)
        except SeqzooError as error:
            with self.trouble:
                theme.problem(str(error))
            return
        except Exception:
            failures.exception("the arena's question %s failed", experiment.key)
            with self.trouble:
                theme.problem("This question failed; the server's log has the details. The others still work.")
            return
        if (self.experiment, self.signal, self.part) != (experiment, asked, part):
            return  # the visitor chose again meanwhile, and the next run shows that
        self.lead.set_content(notice(experiment.notice))
        self.experiments.mark({experiment.key})
        self.parts.rename(experiment.parts)
        theme.show(self.panels.holder, view is not None)
        if view is None:
            self.finding, self.signal, self.part = None, "", ""
            for chips in (self.signals, self.parts, self.names):
                chips.offer({}, self._ask)
        else:
            self._show(experiment, view)
        self.run_panel.describe()

    def _show(self, experiment: AnyExperiment, view: CommittedView) -> None:
        finding, offered = view.finding, {name: each.label for name, each in view.committed.items()}
        self.finding, self.signal, self.part = finding, view.name if len(offered) > 1 else "", finding.part
        self.signals.offer(offered if len(offered) > 1 else {}, self._choose_signal)
        self.signals.mark({view.name})
        self.parts.offer(finding.parts if len(finding.parts) > 1 else {}, self._choose_part)
        self.parts.mark({finding.part})
        self.names.offer({"": "all", **{name: name for name in finding.models}}, self._toggle)
        self.names.mark(self.models & set(finding.models) or {"", *finding.models})
        title = ", ".join(
            filter(None, (experiment.title, offered[view.name], finding.parts.get(finding.part, "")))
        )
        self.panels.show(title, finding, f"seqzoo {experiment.command} {view.committed[view.name].options}")

    def _choice(self) -> Choice:
        if self.finding is None:
            return Choice.of(self.experiment.key, "sine", "", ())
        models = self.finding.models
        chosen = [name for name in models if name in self.models] or models
        return Choice.of(self.experiment.key, self.signal or "sine", self.finding.part, chosen)


def _view(experiment: AnyExperiment, asked: str, part: str, models: frozenset[str]) -> CommittedView | None:
    """The finding from the committed results `asked`, or from the first ones; None if the experiment has none."""
    committed = {each.name: each for each in experiment.committed if (each.folder / experiment.file).exists()}
    if not committed:
        return None
    name = asked if asked in committed else next(iter(committed))
    return CommittedView(committed, name, experiment.summarise(experiment.read(committed[name].folder), part, models))
