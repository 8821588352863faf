"""The page /arena: a question, models, what was found; and the small version of it, run here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Request
from nicegui import app, ui

from ...errors import SeqzooError
from ..model.visit import Latest
from ..ui import controls, theme
from .finding import Shown
from .live import live
from .run_panel import RunPanel

if TYPE_CHECKING:
    from ...arena.report.findings import Answer
    from ...arena.small import Small

failures = logging.getLogger("seqzoo.app")


class Question(NamedTuple):
    """A question with its name on the page, what to notice in the answer, as HTML, and what its parts are called."""

    key: str
    label: str
    notice: str
    parts: str = "Part"


QUESTIONS = [
    Question(
        "one-step", "One step",
        f"Notice which neighbours cannot be told apart: a smaller mean {theme.term('excess')} is no verdict until "
        "the differences over seeds show it.",
        "Series",
    ),
    Question(
        "roll-out", "Roll-out",
        "Notice how models that are nearly alike one step ahead come to lie far apart at a hundred: feeding "
        f"forecasts back magnifies what one step hides, while the {theme.term('floor')} hardly moves.",
    ),
    Question(
        "off-distribution", "Off-distribution",
        f"Notice that away from its training signal a network mostly errs about as much as the {theme.term('Bayes')} "
        "forecaster that was not told of the change, and sometimes far more: it has learned that signal alone, while "
        "a weighted sum (linear) bears a larger amplitude well.",
        "Moved",
    ),
    Question(
        "time-against-picture", "Time against picture",
        "Notice who gets worse when one fixed order scatters the neighbours (permuted), and how everybody fails when "
        "each input comes in an order of its own (shuffled).",
        "Reading",
    ),
    Question(
        "sample-efficiency", "Sample efficiency",
        f"Notice where each curve comes to stay below the {theme.term('best linear')} forecaster: most networks need "
        "a thousand points or more before they are worth more than twenty fixed weights.",
    ),
]  # fmt: skip
SIGNALS = {"sine": "plain sine", "recall": "recall", "sine_any": "sine of any frequency"}


def enter() -> None:
    """Register the page; a run ends with the server."""

    @ui.page("/arena", response_timeout=30)
    async def show(request: Request) -> None:
        with theme.frame("Arena"):
            theme.html(
                "<h1>The arena</h1>"
                '<p class="intro">Every model on the same data, beside the best forecaster there can be, with '
                "intervals: what is shown to be better, and what cannot be told apart.</p>"
            )
            await _Arena(dict(request.query_params)).run()

    app.on_shutdown(lambda: to_thread.run_sync(live.close))


class _Arena:
    """The state of one visitor."""

    def __init__(self, query: dict[str, str]) -> None:
        self.question = next((q for q in QUESTIONS if q.key == query.get("question")), QUESTIONS[0])
        self.signal, self.part = query.get("signal", ""), query.get("part", "")
        self.models = {name for name in query.get("models", "").split(",") if name}
        self.answer: Answer | None = None
        self.refresh = Latest(self._refresh)

    async def run(self) -> None:
        """Fill the page."""
        with ui.element("div").classes("filters"):
            self.questions = controls.Chips("Question")
            self.questions.offer({q.key: q.label for q in QUESTIONS}, self._ask)
            self.signals, self.parts = controls.Chips("Signal"), controls.Chips("Part")
            self.names = controls.Chips("Models")
        self.lead = theme.html("", "lead", "p").style("margin-top: 26px")
        self.trouble = ui.element("div")
        self.shown = Shown("", "committed")
        self.run_panel = RunPanel(self._small, _label)
        await self.refresh()
        await self.run_panel.start()

    async def _ask(self, key: str) -> None:
        self.question = next(q for q in QUESTIONS if q.key == key)
        self.part = ""
        await self._changed()

    async def _choose_signal(self, key: str) -> None:
        self.signal = key
        await self._changed()

    async def _choose_part(self, key: str) -> None:
        self.part = key
        await self._changed()

    async def _toggle(self, name: str) -> None:
        assert self.answer is not None
        known = set(self.answer.models)
        now = (self.models & known or known) ^ {name}
        if not name or now == known:
            self.models = set()
        elif now:
            self.models = now
        await self._changed()

    async def _changed(self) -> None:
        await self.refresh()
        state = {
            "question": self.question.key,
            "signal": self.signal,
            "part": self.part,
            "models": ",".join(sorted(self.models)),
        }
        ui.navigate.history.replace(f"/arena?{urlencode({key: value for key, value in state.items() if value})}")

    async def _refresh(self) -> None:
        question, asked, part, models = self.question, self.signal, self.part, frozenset(self.models)
        self.trouble.clear()
        try:
            signal, offered, answer, command = await to_thread.run_sync(_answer, question.key, asked, part, models)
        except SeqzooError as error:
            with self.trouble:
                theme.problem(str(error))
            return
        except Exception:
            failures.exception("the arena's question %s failed", question.key)
            with self.trouble:
                theme.problem("This question failed; the server's log says how. The others still work.")
            return
        self.answer, self.signal, self.part = answer, signal if len(offered) > 1 else "", answer.part
        self.lead.set_content(question.notice)
        self.questions.mark({question.key})
        self.signals.offer(offered if len(offered) > 1 else {}, self._choose_signal)
        self.signals.mark({signal})
        self.parts.rename(question.parts)
        self.parts.offer(answer.parts if len(answer.parts) > 1 else {}, self._choose_part)
        self.parts.mark({answer.part})
        self.names.offer({"": "all", **{name: name for name in answer.models}}, self._toggle)
        chosen = self.models & set(answer.models)
        self.names.mark(chosen or {"", *answer.models})
        title = ", ".join(filter(None, (_label(question.key), offered[signal], answer.parts.get(answer.part, ""))))
        self.shown.show(title, answer, command)
        self.run_panel.describe()

    def _small(self) -> Small | None:
        if self.answer is None:
            return None
        from ...arena.small import Small

        chosen = tuple(name for name in self.answer.models if name in self.models) or tuple(self.answer.models)
        return Small(self.question.key, self.signal or "sine", self.answer.part, chosen)


def _label(key: str) -> str:
    return next(question.label for question in QUESTIONS if question.key == key)


def _answer(
    question: str, asked: str, part: str, models: frozenset[str]
) -> tuple[str, dict[str, str], Answer, str]:
    """The signal shown, those there are, the answer, and the command behind it."""
    from ...arena.committed import COMMANDS
    from ...arena.questions import ANSWERS, committed

    folders = committed(question)
    signal = asked if asked in folders else next(iter(folders))
    offered = {name: SIGNALS.get(name, "") for name in folders}
    return signal, offered, ANSWERS[question](folders[signal], part, models), COMMANDS[signal]
