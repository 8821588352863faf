"""The view *Roll out* of a model of a measured series: forecasts with intervals along the hold-out, and coverage."""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from ...._formats import short, within
from ....bundles import intervals as stored
from ....data.gaps import unmissing
from ....data.times import TimeIndex
from ....evaluation import adaptive
from ....evaluation.backtest import forecasts_at
from ....evaluation.holdout_intervals import absolute_errors, spreads_at
from ....evaluation.intervals import highest_level, radius_of
from ....forecasters.protocol import Bundled, Forecaster, has_bundle
from ....runtime.intervals import held_out_times, standings
from ....signals.scene import Knob
from ...ui import charts, controls, theme
from ...ui.cache import Cache
from ...ui.theme import LEVEL
from ..held_out import HeldOutValues, held_out_of
from ..visit import Latest, Visit, identity
from .errors import told_of_width, usual_width

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
        self.last = len(known.forecast) - 1
        self.at = self._nearest(int(visit.number("cutoff", self.last, 0, self.last)))
        asked = visit.query.get("intervals", "")
        self.method = asked if asked in METHODS else "adaptive"
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(_LEAD if self.known.radius else _LEAD_WITHOUT)
        with ui.element("div").classes("stack"):
            with ui.element("div").classes("panel"):
                knob = Knob("cutoff", "Cutoff", 0, max(self.last, 1), 1, self.last)
                controls.Slider(knob, self.at, self._turn, self._where)
                if self.known.radius:
                    self.choices = controls.Choices("Intervals", METHODS, self._choose)
            with ui.element("div").classes("panel"):
                theme.html("The forecast", tag="h3")
                self.chart = charts.chart({}, "Loading")
                self.numbers = theme.html("", "numbers").style("margin-top: 18px").props('aria-live="polite"')
                self.wide = theme.html("", "hint", "p")
            if self.model.manifest.intervals is not None:
                self._show_coverage()
        await self.refresh()

    def _where(self, at: float) -> str:
        place = self._nearest(min(round(at), self.last))
        if place == self.last:
            return "end of the series"
        clock = self.known.clock
        if clock is None:
            return f"{place:,} values into the hold-out"
        return _stamp(clock[self.model.context_length + place])

    def _nearest(self, at: int) -> int:
        """The same cutoff, or the next one with a window that does not cross a gap; else the last one."""
        known = np.flatnonzero(~np.isnan(self.known.forecast[:, 0]))
        return int(known[min(int(np.searchsorted(known, at)), len(known) - 1)])

    async def _turn(self, at: float) -> None:
        self.at = self._nearest(min(round(at), self.last))
        self.visit.remember(cutoff=self.at)
        await self.refresh()

    async def _choose(self, method: str) -> None:
        self.method = method
        self.visit.remember(intervals=method)
        await self.refresh()

    async def _refresh(self) -> None:
        if self.known.radius:
            self.choices.mark(self.method)
        known, at, length, horizon = self.known, self.at, self.model.context_length, self.model.horizon
        end = at + length  # index of the first step ahead
        first = max(0, end - max(length, min(MOST_SHOWN, 4 * horizon)))
        ahead = known.forecast[at]
        observed = known.values[end : end + horizon]
        if known.clock is None:
            places = np.arange(first - end + 1, horizon + 1).astype(float)
        else:
            places = known.clock[first : end + horizon].astype(float)
        past, future = places[: end - first], places[end - first :]
        name, band = self.visit.name, f"{LEVEL:.0%} interval"
        series, names = [], ["history", *(["observed"] if len(observed) else []), name]
        inside = wide = ""
        if known.radius:
            radius = known.radius[self.method][at]
            low, high = ahead - radius, ahead + radius
            series += charts.band(band, future, low, high, theme.light("model"))
            names.insert(0, band)
            hits = int((np.abs(observed - ahead[: len(observed)]) <= radius[: len(observed)]).sum())
            count = int((~np.isnan(observed)).sum())
            inside = f"; {hits} of {count} observed values lie inside" if count else ""
            wide = told_of_width(radius, usual_width(known.values), "of the held-out values")
        series.append(charts.dots("history", past, known.values[first:end], theme.light("seen"), size=4))
        if len(observed):
            series.append(charts.line("observed", future[: len(observed)], observed, theme.light("truth"), width=1.4))
        series.append(charts.line(name, future, ahead, theme.light("model"), width=2.4))
        if horizon == 1:  # a line of one point is not seen
            series[-1] = charts.dots(name, future, ahead, theme.light("model"), size=9)
        options = charts.axes("steps from now", "value", series)
        if known.clock is not None:
            options = charts.over_time(options)
        sentence = f"Forecast of {horizon} steps from {self._where(at)}"
        if known.radius:
            sentence += f" with {band}, {METHODS[self.method].lower()}{inside}"
        charts.redraw(self.chart, charts.legend_of(options, names), f"{sentence}.")
        self.numbers.set_content(self._numbers(ahead, observed))
        self.wide.set_content(escape(wide))

    def _numbers(self, ahead: NDArray[np.float64], observed: NDArray[np.float64]) -> str:
        steps = {0: "first step", len(ahead) - 1: "last step"}
        items = []
        for step, words in steps.items():
            detail = f"observed {short(observed[step], 6)}" if step < len(observed) else "not observed yet"
            detail = "missing" if step < len(observed) and np.isnan(observed[step]) else detail
            value = short(ahead[step], 6)
            if self.known.radius:
                value = within(ahead[step], self.known.radius[self.method][self.at][step])
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
