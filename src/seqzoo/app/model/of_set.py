"""The choice of one series of a set, for every view that shows one: a field that searches, and its score."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

from nicegui import ui

from ..._formats import short
from ...bundles.manifest import SeriesScore
from ...forecasters.protocol import has_bundle
from ...forecasters.table import label
from ..ui import controls, theme
from .visit import Visit
from .window import KEYS

MOST_RIVALS = 3


class Choice:
    """The series of a set that a visitor looks at; the address holds its label.

    Args:
        turn: called after the address names another series.
    """

    def __init__(self, visit: Visit, turn: Callable[[], Awaitable[None]]) -> None:
        assert visit.of_set is not None and has_bundle(visit.known)
        self.visit, self.turn = visit, turn
        self.labels = visit.of_set.labels
        self.scores = [visit.known.manifest.score.series[each.name] for each in visit.of_set.members]
        self.ranks = _ranks(self.scores)

    def show(self) -> None:
        """Fill the current slot."""
        with ui.element("div").classes("of-set") as self.row:
            with ui.element("label"):
                theme.html("Series", tag="span")
                field = ui.element("input").props('type="text" list="of-set" spellcheck="false" autocomplete="off"')
            options = (
                f'<option value="{escape(name)}">{_mase(score)}</option>'
                for name, score in zip(self.labels, self.scores, strict=True)
            )
            theme.html("".join(options), tag="datalist").props('id="of-set"')
            field.props["data-knob"] = "series"
            field.props["^value"] = self.labels[self.visit.member]
            field.on("focus", js_handler="(event) => { event.target.value = ''; }")  # else the list has one entry
            field.on("blur", js_handler="(event) => { event.target.value ||= event.target.placeholder; }")
            field.on("change", self._asked, js_handler="(event) => emit(event.target.value)")
            field.on("input", self._asked, js_handler=_PICKED)
            self.field = field
            with ui.element("div").classes("buttons"):
                self.before = controls.button("Previous", lambda: self._open(self.visit.member - 1))
                self.after = controls.button("Next", lambda: self._open(self.visit.member + 1))
            self.told = theme.html("", "facts").props('role="status"')
        self._tell()

    async def _asked(self, event: Any) -> None:
        asked = event.args if isinstance(event.args, str) else ""
        if asked in self.labels:
            await self._open(self.labels.index(asked))
        elif asked:
            self.told.set_content(
                f'<span class="error-line">No series is called {escape(repr(asked[:80]))}; the set has '
                f"{len(self.labels):,}, from {escape(self.labels[0])} to {escape(self.labels[-1])}.</span>"
            )

    async def _open(self, member: int) -> None:
        if 0 <= member < len(self.labels) and member != self.visit.member:
            self.visit.remember(series=self.labels[member], **dict.fromkeys(KEYS))
            self.visit.window = None
            self.follow()
            await self.turn()
        else:
            self._tell()

    def follow(self) -> None:
        """Show the series that the address names."""
        label = json.dumps(self.labels[self.visit.member])
        ui.run_javascript(f"getHtmlElement({self.field.id}).value = {label}")
        self._tell()

    def _tell(self) -> None:
        member = self.visit.member
        self.field.props["placeholder"] = self.labels[member]
        controls.allow(self.before, member > 0)
        controls.allow(self.after, member + 1 < len(self.labels))
        self.told.set_content(_words(member, len(self.labels), self.scores[member], self.ranks[member]))


def _ranks(scores: list[SeriesScore]) -> list[int | None]:
    """The place of each series by the model's MASE, 1 for the lowest; None where it has none."""
    ordered = sorted(score.mase["model"] for score in scores if score.mase)
    return [bisect_left(ordered, score.mase["model"]) + 1 if score.mase else None for score in scores]


def _mase(score: SeriesScore) -> str:
    return f"MASE {score.mase['model']:.3f}" if score.mase else ""


def _words(member: int, count: int, score: SeriesScore, rank: int | None) -> str:
    """The place of a series in its set, and the score on it beside the best rivals, as HTML."""
    items = [f"<b>{member + 1:,}</b> of {count:,} series"]
    errors, kind = (score.mase, "MASE") if score.mase else (score.mse, "MSE")
    rivals = sorted((value, label(name)) for name, value in errors.items() if name != "model")[:MOST_RIVALS]
    beside = ", ".join(f"{name} {short(value)}" for value, name in rivals)
    place = "" if rank is None else f", rank {rank:,} from the lowest"
    items.append(f"{kind} <b>{short(errors['model'])}</b>{place}; best rivals: {escape(beside)}")
    items.append(f"over {score.cutoffs:,} cutoffs")
    return "".join(f"<span>{item}</span>" for item in items)


_PICKED = """(event) => {  // of the list; what is typed counts once it is complete
  if (!event.inputType || event.inputType === "insertReplacementText") emit(event.target.value);
}"""
