"""The view *Roll out* of a model of a measured series: forecasts with intervals along the hold-out, and coverage."""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ...._arrays import with_known
from ...._formats import short, within
from ....bundles import intervals as stored
from ....data.gaps import unmissing
from ....data.times import TimeIndex
from ....evaluation import adaptive
from ....evaluation.backtest import forecasts_at
from ....evaluation.holdout_intervals import absolute_errors, spreads_at
from ....evaluation.intervals import highest_level, radius_of
from ....forecasters.protocol import Bundled, Forecaster, has_bundle
from ....pages.roll_out import told_of_width, usual_width
from ....runtime.intervals import held_out_times, standings
from ...ui import charts, controls, theme
from ...ui.cache import Cache
from ...ui.latest import Latest
from ...ui.theme import LEVEL
from ..held_out import HeldOutValues, held_out_of
from ..visit import Visit, computed, identity
from ..window import HeldOutWindow, window_of
from ..window_panel import WindowPanel

METHODS = {"adaptive": "Adaptive", "split": "Split conformal"}
_LEAD = (
    "Notice how the band changes as the cutoff moves along the hold-out: the adaptive one widens after misses and "
    f"narrows after hits, once they are known. That of {theme.term('split conformal')} keeps its width."
)
_LEAD_WITHOUT = "Move the cutoff along the hold-out, and compare forecast and observed values."
MOST_SHOWN = 400  # values before the cutoff
_known: Cache[tuple[str, int, bool], Along] = Cache(60)


class Along(NamedTuple):
    """Forecasts of a model at every cutoff of its hold-out, the last at the end of the series, with intervals.

    Args:
        values: [T], the held-out values after a window of L.
        forecast: [N, H]; NaN where the window before the cutoff holds a missing value.
        radius: [N, H] each, by method; empty where the bundle allows no interval of LEVEL.
        clock: [T + H], what a clock showed at the values and at the steps after them, as `charts.clock` gives it;
            None if that is not known.
    """

    values: NDArray[np.float64]
    forecast: NDArray[np.float64]
    radius: dict[str, NDArray[np.float64]]
    clock: NDArray[np.int64] | None


class Shown(NamedTuple):
    """What is drawn at a cutoff: the values before it [T], the forecast [H], what was observed [up to H], the radius
    of the interval [H] or None, and what a clock showed at history and forecast [T + H] or None."""

    history: NDArray[np.float64]
    forecast: NDArray[np.float64]
    observed: NDArray[np.float64]
    radius: NDArray[np.float64] | None
    clock: NDArray[np.int64] | None


def along(model: Bundled, held_out: HeldOutValues) -> Along:
    """The forecasts and intervals of a model along its hold-out.

    Raises:
        BundleError: the bundle is damaged.
    """
    values, length, horizon = held_out.values, model.context_length, model.horizon
    cutoffs = np.arange(length, len(values) + 1)
    is_read = unmissing(values, length)
    forecast = np.full((len(cutoffs), horizon), np.nan)
    forecast[is_read] = forecasts_at(
        model.predict, values, cutoffs[is_read], length, horizon, held_out.known, ahead=False
    )
    radius: dict[str, NDArray[np.float64]] = {}
    facts = model.manifest.intervals
    if facts is not None and LEVEL <= highest_level(facts.windows):
        unit = np.ones(len(cutoffs))
        if facts.unit == "window":
            unit = spreads_at(model.manifest.contract.scaling, values, cutoffs, length)
        errors = absolute_errors(forecast, values, cutoffs) / unit[:, None]
        start = np.asarray(radius_of(stored.of(model.bundle), LEVEL))
        radius["adaptive"] = unit[:, None] * adaptive.follow(errors, start, LEVEL, rate=facts.rate)
        radius["split"] = unit[:, None] * start
    return Along(values, forecast, radius, _clock(model, held_out))


def _clock(model: Bundled, held_out: HeldOutValues) -> NDArray[np.int64] | None:
    """The times of the held-out values with the window before them: of the series if it is here, else as stated."""
    times: TimeIndex | None = None
    begin = -held_out.length
    if held_out.series is not None:
        times, begin = held_out.series.times, held_out.source.cutoff - held_out.length
    elif not (model.manifest.contract.frequency or "").endswith("B"):  # holidays are not stated
        times = held_out_times(model.manifest)
    return None if times is None else charts.clock(times, len(held_out.values) + model.horizon, begin)


class _Measured:
    """The state of one visitor; `at` is the cutoff, from 0 at the first held-out value to N - 1 at the end."""

    def __init__(self, visit: Visit, model: Bundled, known: Along) -> None:
        self.visit, self.model, self.known = visit, model, known
        window = window_of(visit)
        assert isinstance(window, HeldOutWindow)
        self.window, self.last = window, len(known.forecast) - 1
        asked = visit.query.get("intervals", "")
        self.method = asked if asked in METHODS else "adaptive"
        self.refresh = Latest(self._refresh)
        self.panel = WindowPanel(window, self.refresh)

    @property
    def at(self) -> int:
        """The cutoff: the window begins as many values before the hold-out's first as it is long."""
        return self.window.first

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(_LEAD if self.known.radius else _LEAD_WITHOUT)
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    theme.html("The forecast", tag="h3")
                    self.chart = charts.chart({}, "Loading")
                    self.numbers = theme.html("", "numbers").style("margin-top: 18px").props('aria-live="polite"')
                    self.wide = theme.html("", "hint kept", "p")
                if self.model.manifest.intervals is not None:
                    self._show_coverage()
            with ui.element("div").classes("stack"):
                self.panel.show()
                if self.known.radius:
                    with ui.element("div").classes("panel"):
                        theme.html("Intervals", tag="h3")
                        self.choices = controls.Choices("Intervals", METHODS, self._choose)
        self.failure = theme.html("", "error-line")
        self.window.follow("rollout", self.panel.changed)
        await self.refresh()

    def _where(self, at: int) -> str:
        if self.window.pasted is not None:
            return "the end of your own values"
        if at == self.last:
            return "end of the series"
        clock = self.known.clock
        if clock is None:
            return f"{at:,} values into the hold-out"
        return _stamp(clock[self.model.context_length + at])

    async def _choose(self, method: str) -> None:
        self.method = method
        self.visit.remember(intervals=method)
        await self.refresh()

    async def _refresh(self) -> None:
        if self.known.radius:
            self.choices.mark(self.method)
        version = self.window.version
        shown = await computed(self._compute, self.failure)
        if shown is None:
            return
        self.window.shows("rollout", version)
        known, at, horizon = self.known, self.at, self.model.horizon
        history, ahead, observed, width, clock = shown
        if clock is None:
            places = np.arange(1 - len(history), horizon + 1).astype(float)
        else:
            places = clock.astype(float)
        past, future = places[: len(history)], places[len(history) :]
        name, band = self.visit.name, f"{LEVEL:.0%} interval"
        series, names = [], ["history", *(["observed"] if len(observed) else []), name]
        inside = wide = ""
        if width is not None:
            low, high = ahead - width, ahead + width
            series += charts.band(band, future, low, high, theme.light("model"))
            names.insert(0, band)
            hits = int((np.abs(observed - ahead[: len(observed)]) <= width[: len(observed)]).sum())
            count = int((~np.isnan(observed)).sum())
            inside = f"; {hits} of {count} observed values lie inside" if count else ""
            wide = told_of_width(width, usual_width(known.values), "of the held-out values")
        series.append(charts.dots("history", past, history, theme.light("seen"), size=4))
        if len(observed):
            series.append(charts.line("observed", future[: len(observed)], observed, theme.light("truth"), width=1.4))
        series.append(charts.line(name, future, ahead, theme.light("model"), width=2.4))
        if horizon == 1:  # a line of one point is not seen
            series[-1] = charts.dots(name, future, ahead, theme.light("model"), size=9)
        options = charts.axes("steps from now", "value", series)
        if clock is not None:
            options = charts.over_time(options)
        sentence = f"Forecast of {horizon} steps from {self._where(at)}"
        if known.radius:
            sentence += f" with {band}, {METHODS[self.method].lower()}{inside}"
        charts.redraw(self.chart, charts.legend_of(options, names), f"{sentence}.")
        self.numbers.set_content(self._numbers(shown))
        self.wide.set_content(escape(wide))

    def _compute(self) -> Shown:
        """The forecast of the window; what followed it is unknown where the visitor gave or changed values."""
        known, at, length, horizon = self.known, self.at, self.model.context_length, self.model.horizon
        end = at + length  # index of the first step ahead
        first = max(0, end - max(length, min(MOST_SHOWN, 4 * horizon)))
        width = known.radius[self.method][at] if known.radius else None
        clock = None if known.clock is None else known.clock[first : end + horizon]
        if not self.window.is_own:
            return Shown(known.values[first:end], known.forecast[at], known.values[end : end + horizon], width, clock)
        window = self.window.window()
        history = np.asarray(window.context, np.float64)
        if self.window.pasted is None:
            history = np.concatenate([known.values[first:at], history])
        else:
            clock = None if window.times is None else charts.clock(window.times, length + horizon)
        read = with_known(window.context[None], None if window.known is None else window.known[None])
        ahead = np.asarray(self.model.predict(read)[0], np.float64)
        facts = self.model.manifest.intervals
        if width is not None and facts is not None and facts.unit == "window":
            scaling, own = self.model.manifest.contract.scaling, np.array([length])
            before = spreads_at(scaling, known.values, own + at, length)[0]
            width = width * spreads_at(scaling, np.asarray(window.context, np.float64), own, length)[0] / before
        return Shown(history, ahead, np.empty(0), width, clock)

    def _numbers(self, shown: Shown) -> str:
        ahead, observed = shown.forecast, shown.observed
        unknown = "not known" if self.window.is_own else "not observed yet"
        steps = {0: "first step", len(ahead) - 1: "last step"}
        items = []
        for step, words in steps.items():
            detail = f"observed {short(observed[step], 6)}" if step < len(observed) else unknown
            detail = "missing" if step < len(observed) and np.isnan(observed[step]) else detail
            value = short(ahead[step], 6)
            if shown.radius is not None:
                value = within(ahead[step], shown.radius[step])
            items.append(controls.number(f"forecast, {words}", value, theme.variable("model"), detail))
        return "".join(items[: len(ahead)])

    def _show_coverage(self) -> None:
        facts, windows = self.model.manifest.intervals, self.model.manifest.score.windows
        assert facts is not None
        with ui.element("div").classes("panel"):
            whose = "" if self.visit.of_set is None else ", of all series of the set"
            theme.html(f"Coverage by step ahead{whose}", tag="h3")
            level = next((each for each in facts.levels if each.level == LEVEL), None)
            if level is None:
                possible = highest_level(facts.windows)
                theme.html(
                    f"{facts.windows:,} calibration errors are too few for a {LEVEL:.0%} interval; levels up to "
                    f"{possible:g} are possible.", "hint", "p",
                )  # fmt: skip
                return
            steps = np.arange(1, self.model.horizon + 1)
            measured = {"adaptive": level.adaptive.steps, "split conformal": level.split.steps}
            colours = {"adaptive": theme.light("model"), "split conformal": theme.light("partner")}
            series = [
                charts.line(method, steps, 100 * np.array(shares), colours[method])
                if len(steps) > 1 else charts.dots(method, steps, 100 * np.array(shares), colours[method], size=9)
                for method, shares in measured.items()
            ]  # fmt: skip
            goal = charts.line(f"{LEVEL:.0%}", steps, np.full(len(steps), 100 * LEVEL), theme.light("noise"),
                               width=1.2, style="dotted")  # fmt: skip
            options = charts.axes("steps ahead", "targets covered, %", [goal, *series])
            least = 100 * min(min(shares) for shares in measured.values())
            options["yAxis"] |= {"max": 100, "min": max(0, min(80, 10 * math.floor(least / 10))), "minInterval": 5}
            told = ", ".join(f"{method} {100 * min(shares):.0f}% to {100 * max(shares):.0f}%"
                             for method, shares in measured.items())  # fmt: skip
            element = charts.chart({}, "Loading")
            charts.redraw(
                element, charts.legend_of(options, [f"{LEVEL:.0%}", *measured]), f"Targets covered by step: {told}."
            )
            theme.html(_coverage_numbers(self.model), "numbers").style("margin-top: 18px")
            theme.html(
                f"At {windows:,} cutoffs of the hold-out; ± is a standard error of a coverage that equals its level. "
                f"{escape(_misses(self.model))}", "hint", "p",
            ).style("margin-top: 12px")  # fmt: skip


def _coverage_numbers(model: Bundled) -> str:
    facts = model.manifest.intervals
    assert facts is not None
    unit = " standard deviations of the window" if facts.unit == "window" else ""
    return "".join(
        controls.number(
            f"covered by {each.level:.0%}, {escape(each.method)}", each.overall,
            theme.variable("model" if each.method == "adaptive" else "partner"),
            f"mean width {short(each.width)}{unit}",
        )
        for each in standings(facts) if each.level == LEVEL
    )  # fmt: skip


def _misses(model: Bundled) -> str:
    """Sentences on which intervals of LEVEL miss it on the hold-out."""
    facts = model.manifest.intervals
    assert facts is not None
    wrong = [
        f"{each.method.capitalize()} intervals miss their level: {each.misses}."
        for each in standings(facts) if each.misses and each.level == LEVEL
    ]  # fmt: skip
    return " ".join(wrong) or "Neither is shown to miss its level."


def _stamp(milliseconds: np.int64) -> str:
    """A time as "2024-02-11 16:00", or only the day at midnight."""
    moment = np.datetime64(int(milliseconds), "ms").astype("datetime64[m]")
    return str(moment).replace("T", " ").removesuffix(" 00:00")


def is_for(model: Forecaster) -> bool:
    """Whether a model was trained on measured series, which its bundle holds a part of."""
    return has_bundle(model) and model.process is None


async def build(visit: Visit) -> None:
    """Fill the view."""
    model = visit.model
    assert has_bundle(model)
    held_out = await to_thread.run_sync(held_out_of, model, visit.member)
    key = identity(visit.name, model), visit.member, held_out.series is not None  # whose times differ
    known = _known.get(key)
    if known is None:
        known = _known.put(key, await to_thread.run_sync(along, model, held_out))
    await _Measured(visit, model, known).show()
