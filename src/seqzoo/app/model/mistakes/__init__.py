"""The view *Mistakes* of a model of a measured series: its worst held-out forecasts, and what lay behind each."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ...._formats import short
from ....data.scaling import Scaling
from ....data.series import Series
from ....errors import SeqzooError
from ....evaluation import replay
from ....evaluation.holdout import LINEAR, rules_of_windows
from ....evaluation.replay import Neighbour
from ....evaluation.rolling import Entrant, always, rules_as_entrants
from ....forecasters.familiarity import Range
from ....forecasters.protocol import Forecaster, has_bundle, steps_of
from ....forecasters.table import label
from ...series import choosing
from ...ui import charts, controls, theme
from ...ui.cache import Cache
from ...ui.latest import Latest
from ..held_out import held_out_of
from ..visit import Visit, computed, identity
from ..window import HeldOutWindow, window_of
from . import kept

Array = NDArray[np.float64]

LISTED = 8  # mistakes
ALIKE = 3  # training windows
ORDERS = {"error": "Largest error", "rival": "Farthest behind a rival"}
COLOURS = {"drift": "olive", "mean": "brown"}  # of rivals without a role in the palette
ALIKE_COLOURS = ("teal", "indigo", "maroon")
_errors: Cache[tuple[str, int, bool], dict[str, Array]] = Cache(60)


class Replayed(NamedTuple):
    """One held-out window and what was forecast after it.

    Args:
        window: [L]
        observed: [H]
        forecasts: [H] by forecaster, the model first.
        alike: the nearest training windows; None if the series before the hold-out is not on this machine.
        outside: a sentence on whether the window, or what followed, lay outside training.
    """

    window: Array
    observed: Array
    forecasts: dict[str, Array]
    alike: list[Neighbour] | None
    outside: str


def is_for(model: Forecaster) -> bool:
    """Whether the model was trained on measured values, some of which its bundle holds."""
    return has_bundle(model) and model.process is None


class _Mistakes:
    """The state of one visitor; `first` is where the window begins in the held-out values."""

    def __init__(self, visit: Visit) -> None:
        known = visit.known
        assert has_bundle(known)
        self.held_out = held_out = held_out_of(known, visit.member)
        self.model = known
        self.visit, self.contract = visit, known.manifest.contract
        self.source = held_out.source
        self.length, self.horizon, self.last = held_out.length, held_out.horizon, held_out.last
        self.values, self.known = held_out.values, held_out.known
        self.apart = max(1, min(self.horizon, (self.last + 1) // LISTED))  # neighbours share what they forecast
        self.series = held_out.series
        order = visit.query.get("by", "")
        self.order = order if order in ORDERS else "error"
        window = window_of(visit)
        assert isinstance(window, HeldOutWindow)
        self.window = window
        self.first: int | None = held_out.nearest(window.first) if "window" in visit.query else None
        self.errors: dict[str, Array] = {}
        self.rows: dict[int, ui.element] = {}
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(
            "The held-out forecasts that went most wrong. Open one to see what each rival forecast, which training "
            "windows were most like it, and whether it lay outside training. The address holds the choice."
        )
        with ui.element("div").classes("split replay"):
            with ui.element("div").classes("stack"), ui.element("div").classes("panel"):
                theme.html("Worst forecasts", tag="h3")
                self.orders = controls.Choices("Order of the list", ORDERS, self._arrange)
                self.orders.mark(self.order)
                self.list = ui.element("ol").classes("mistakes")
                apart = f"Windows of the list begin at least {_steps(self.apart)} apart."
                count = len(self.held_out.starts)
                ranked = f"By mean absolute error over {_steps(self.horizon)}, of {count:,} windows."
                theme.html(f"{ranked} {apart}", "hint", "p")
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    self.title = theme.html("The forecast", tag="h3").props('aria-live="polite"')
                    self.chart = charts.chart({}, "Loading")
                    self.outside = theme.html("", "muted", "p").props('role="status"')
                    self.numbers = theme.html("").style("margin-top: 18px")
                    self.links = theme.html("", "buttons").style("margin-top: 18px")
                with ui.element("div").classes("panel"):
                    theme.html("Nearest training windows", tag="h3")
                    self.behind = ui.element("div")
        self.failure = theme.html("", "error-line").props('role="alert"')
        with self.behind:
            self._show_behind()
        self.window.follow("mistakes", self._moved)
        await self._measure()

    async def _moved(self) -> None:
        first = self.held_out.nearest(self.window.first)
        if self.errors and first != self.first:
            self.first = first
            self._mark()
            await self.refresh()

    def _show_behind(self) -> None:
        """The panel of the nearest training windows, or the request for the file that holds them."""
        if self.series is not None:
            self.alike = charts.chart({}, "Loading")
            self.distances = theme.html("")
            theme.html(_distance_words(self.contract.scaling), "hint", "p").style("margin-top: 12px")
            return
        theme.html(
            "The values before the hold-out are not kept on this machine. The nearest training windows and the best "
            f"linear forecast need them. Give the series {escape(self.source.name)!r} again; its SHA-256 must be "
            f"{self.source.sha256[:12]}….", "muted", "p",
        )  # fmt: skip
        with ui.element("label").classes("file"):
            theme.html("The file of the series: text, CSV, JSON lines, Parquet", tag="span")
            chooser = ui.element("input").props(f'type="file" accept="{choosing.KINDS}"')
            arrived = 'emit(["arrived", facts.sha256])'
            chooser.on("change", self._given, js_handler=choosing.sent("event.target", arrived))
        self.refused = theme.html("", "error-line", "p").props('role="alert"')

    async def _given(self, event: Any) -> None:
        what, words = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", "")
        words = words if isinstance(words, str) else ""
        self.refused.set_content(theme.sentence(words) if what == "failed" else "")
        if what != "arrived":
            return
        try:
            await to_thread.run_sync(self._keep, words)
        except SeqzooError as error:
            self.refused.set_content(theme.sentence(error))
            return
        self.behind.clear()
        with self.behind:
            self._show_behind()
        await self._measure()

    def _keep(self, sha256: str) -> None:
        kept.given_again(sha256, self.model.manifest, self.source)
        self.held_out = self.window.held_out = held_out_of(self.model, self.held_out.member)
        self.series = self.held_out.series

    async def _measure(self) -> None:
        """The errors of all held-out windows; then the list, and the window of the address or the worst one."""
        errors = await computed(self._all_errors, self.failure)
        if errors is None:
            return
        self.errors = errors
        self._list()
        await self.refresh()

    def _all_errors(self) -> dict[str, Array]:
        key = identity(self.visit.name, self.visit.model), self.held_out.member, self.series is not None
        return _errors.get(key) or _errors.put(
            key, replay.errors_of(self._entrants(), self.values, self.length, self.horizon)
        )

    def _entrants(self) -> list[Entrant]:
        """The model and its rivals; the best linear forecaster only where the values before the hold-out are."""
        model, horizon = self.visit.model, self.horizon
        linear = self.held_out.linear
        return [
            Entrant(self.visit.name, always(steps_of(model, horizon)), self.length, known=self.known),
            *rules_as_entrants(rules_of_windows(self.length, horizon, self.source.season), self.length),
            *([] if linear is None else [Entrant(LINEAR, always(linear), self.length)]),
        ]

    def _list(self) -> None:
        own = self.errors[self.visit.name]
        names = [name for name in self.errors if name != self.visit.name]
        best: Array = np.min([self.errors[name] for name in names], axis=0)
        ranked = own if self.order == "error" else own - best
        worst = replay.largest(ranked, self.apart, LISTED)
        if self.first is None:
            self.first = worst[0]
            if not self.window.is_own:  # else the values of the link would be gone
                self.window.turn(self.first)  # a link opens this window, whatever the worst one becomes
        self.list.clear()
        self.rows = {}
        with self.list:
            for first in worst:
                rival = min(names, key=lambda name: self.errors[name][first])
                with ui.element("li"):
                    row = ui.element("button").classes("choice").props('type="button"')
                    row.props["data-window"] = str(first)
                    beside = f"{escape(label(rival))} {short(self.errors[rival][first])}"
                    with row:
                        theme.html(f"<b>{escape(self._when(first))}</b><span>{short(own[first])}</span>", tag="span")
                        theme.html(beside, tag="small")
                    row.on("click", lambda first=first: self._open(first))
                self.rows[first] = row
        self._mark()

    def _mark(self) -> None:
        for first, row in self.rows.items():
            controls.press(row, first == self.first)

    async def _arrange(self, order: str) -> None:
        self.order = order
        self.orders.mark(order)
        self.visit.remember(by=None if order == "error" else order)
        if self.errors:
            self._list()

    async def _open(self, first: int) -> None:
        self.first = first
        self.window.turn(first)
        self._mark()
        await self.refresh()

    def _when(self, first: int) -> str:
        """The time of the first value that was forecast, or the position of the window where no times are known."""
        if self.series is None or self.series.times is None:
            return f"window {first:,}"
        return self.series.times.stamp(self.source.cutoff + first)

    async def _refresh(self) -> None:
        first, version = self.first, self.window.version
        if first is None:
            return
        shown = await computed(lambda: self._replay(first), self.failure)
        if shown is None or first != self.first:
            return
        self.window.shows("mistakes", version)
        self._draw(shown, first)
        if shown.alike is not None and self.series is not None:
            self._draw_alike(shown, shown.alike, self.series)

    def _replay(self, first: int) -> Replayed:
        window = self.values[first : first + self.length]
        observed = self.values[first + self.length :][: self.horizon]
        forecasts = replay.forecasts_from(self._entrants(), self.values, first + self.length, self.horizon)
        alike = None
        if self.series is not None:
            past = self.series.values[: self.source.cutoff]
            alike = replay.nearest(window, past, self.horizon, self.contract.scaling, ALIKE)
        return Replayed(window, observed, forecasts, alike, self._outside(window, observed))

    def _outside(self, window: Array, observed: Array) -> str:
        reach, scaling = self.contract.reach, self.contract.scaling
        if reach is not None:
            known = Range(scaling.center, scaling.scale, reach)
        elif self.series is not None:  # of a set, whose manifest states no reach of each series
            past = self.series.values[: self.source.cutoff]
            past = past[~np.isnan(past)]
            mean, sd = float(past.mean()), float(past.std()) or 1.0
            known = Range(mean, sd, float(np.abs(past - mean).max()) / sd)
        else:
            return "The bundle does not state how far the values of its training reach."
        sentences = []
        for what, values in (("window", window), ("values that followed", observed)):
            outside = known.find(values[None])
            far = float(np.abs(values - known.mean).max()) / known.sd
            where = "lay outside training" if outside else "lay inside the range of training"
            sentences.append(f"The {what} {where}: at most {short(far)} standard deviations from training's mean.")
        return " ".join([*sentences, f"Training reaches {short(known.value_reach)}."])

    def _draw(self, shown: Replayed, first: int) -> None:
        name = self.visit.name
        errors = {each: float(np.abs(ahead - shown.observed).mean()) for each, ahead in shown.forecasts.items()}
        series = [charts.dots("window", np.arange(1 - self.length, 1), shown.window, theme.light("seen"), size=5)]
        rivals = sorted((each for each in shown.forecasts if each != name), key=errors.__getitem__)
        lines = [(each, label(each), theme.light(COLOURS.get(each, each))) for each in reversed(rivals)]
        for each, words, colour in (*lines, (name, name, theme.light("model"))):
            series.append(self._ahead(words, shown.forecasts[each], colour, width=2.4 if each == name else 1.6))
        series.append(self._ahead("observed", shown.observed, theme.light("truth"), width=2.4))
        options = charts.axes("steps from now", "value", series)
        legend = ["window", "observed", name, *(label(each) for each in rivals)]
        when = self._when(first)
        self.title.set_content(f"The forecast from {escape(when)} on")
        said = ", ".join(f"{label(each)} {short(errors[each])}" for each in (name, *rivals))
        charts.redraw(
            self.chart, charts.legend_of(options, legend),
            f"The window before {when}, what followed, and each forecast. Mean absolute error: {said}.",
        )  # fmt: skip
        self.outside.set_content(escape(shown.outside))
        items = [
            controls.number(
                escape(label(each)), short(errors[each]),
                theme.variable("model" if each == name else COLOURS.get(each, each)),
                "mean absolute error" if each == name else _beside(errors[each], errors[name]),
            )
            for each in (name, *rivals)
        ]  # fmt: skip
        self.numbers.set_content(f'<div class="numbers">{"".join(items)}</div>')
        self.links.set_content(self._links(first))

    def _ahead(self, name: str, values: Array, colour: str, *, width: float) -> charts.Options:
        steps = np.arange(1, self.horizon + 1)
        if self.horizon == 1:
            return charts.dots(name, steps, values, colour, size=9)
        return charts.line(name, steps, values, colour, width=width)

    def _links(self, first: int) -> str:
        address = f"/models/{quote(self.visit.name)}"
        inside, predict = (f"{address}?view={view}&amp;window={first}" for view in ("inside", "predict"))
        return (
            f'<a class="button primary" href="{inside}">Look inside this window</a>'
            f'<a class="button" href="{predict}">Predict from this window</a>'
        )

    def _draw_alike(self, shown: Replayed, alike: list[Neighbour], series: Series) -> None:
        if not alike:
            self.distances.set_content("<p>No training window is as long as this one.</p>")
            return
        steps = np.arange(1 - self.length, self.horizon + 1)
        own = np.concatenate([shown.window, shown.observed])
        names = [self._began(each, series) for each in alike]
        lines = [
            charts.line(words, steps, each.values, theme.light(colour))
            for words, each, colour in zip(names, alike, ALIKE_COLOURS, strict=False)
        ]
        lines.append(charts.dots("this window and what followed", steps, own, theme.light("truth"), size=5))
        options = charts.axes("steps from now", "value", lines)
        said = ", ".join(f"{words} at {each.distance:.2f}" for words, each in zip(names, alike, strict=True))
        charts.redraw(
            self.alike, charts.legend_of(options, ["this window and what followed", *names]),
            f"This window, and the nearest training windows with what followed them: {said}.",
        )  # fmt: skip
        items = [
            controls.number(escape(words), f"{each.distance:.2f}", theme.variable(colour), "from this window")
            for words, each, colour in zip(names, alike, ALIKE_COLOURS, strict=False)
        ]
        self.distances.set_content(f'<div class="numbers">{"".join(items)}</div>')

    def _began(self, each: Neighbour, series: Series) -> str:
        """The time of the value after a training window, as for the window itself."""
        after = each.start + self.length
        return f"position {after:,}" if series.times is None else series.times.stamp(after)


def _distance_words(scaling: Scaling) -> str:
    scaled = (
        "each window without its own mean and divided by its own standard deviation"
        if scaling.kind != "series"
        else "both windows in standard deviations of the training part"
    )
    drawn = ", drawn at the level and the spread of this window" if scaling.kind != "series" else ""
    return (
        f"Named by the value that followed{drawn}. Distance: Euclidean, after scaling ({scaled}), divided by the "
        "square root of the window's length. No two of them overlap. The last fifth of the training part chose the "
        "weights; the rest fitted them."
    )


def _steps(horizon: int) -> str:
    return "one step" if horizon == 1 else f"{horizon} steps"


def _beside(error: float, own: float) -> str:
    if own == 0:
        return ""
    return f"{abs(1 - error / own):.0%} {'less' if error < own else 'more'} than the model"


async def build(visit: Visit) -> None:
    """Fill the view."""
    await (await to_thread.run_sync(_Mistakes, visit)).show()  # the series is read, and its SHA-256 compared
