"""The view *Roll out*: a forecast of many steps with a band, and the error by step beside the floor."""

from __future__ import annotations

from html import escape

import numpy as np
from anyio import CapacityLimiter, to_thread
from nicegui import background_tasks, ui
from numpy.typing import ArrayLike

from ...._arrays import FloatArray
from ....errors import SeqzooError
from ....forecasters.exact import best_linear
from ....forecasters.floors import standing
from ....forecasters.protocol import Forecaster, has_bundle
from ....forecasters.rollout import largest_root
from ....signals.scene import Knob
from ...ui import charts, controls, theme
from ...ui.theme import LEVEL
from ..visit import Latest, Visit
from ..window import SignalWindow, window_of
from ..window_panel import WindowPanel
from . import errors
from .errors import DrawnForecasts, Measurement, StepErrors

LEAST, MOST = 20, 1000
_limiter = CapacityLimiter(1)


class _Rollout:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.horizon = int(visit.number("horizon", 100, LEAST, MOST))
        window = window_of(visit)
        assert isinstance(window, SignalWindow)
        self.window = window
        self.drawn: tuple[tuple[Forecaster, int, int], DrawnForecasts] | None = None
        self.refresh, self.measure = Latest(self._refresh), Latest(self._measure)
        self.panel = WindowPanel(window, self.refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(_lead(self.visit.model))
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    theme.html("The forecast", tag="h3")
                    self.forecast = charts.chart({}, "Loading")
                    self.ending = theme.html("", "hint kept", "p").style("margin-top: 12px")
                with ui.element("div").classes("panel"):
                    theme.html("Error by step ahead, on fresh windows of the training signal", tag="h3")
                    self.errors = charts.chart({}, "Loading")
                    self.bands = theme.html("", "hint", "p").style("margin-top: 12px")
                    self.numbers = theme.html("", "numbers").style("margin-top: 18px")
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    knob = Knob("horizon", "Steps ahead", LEAST, MOST, 10, 100)
                    controls.Slider(knob, self.horizon, self._turn, lambda value: f"{value:,.0f}")
                    self.status = theme.html("", "hint status", "p").props('aria-live="polite"')
                self.panel.show()
        self.window.follow("rollout", self.panel.changed)
        await self.refresh()

    async def _turn(self, value: float) -> None:
        self.horizon = int(value)
        self.visit.remember(horizon=self.horizon)
        await self.refresh()

    async def _refresh(self) -> None:
        name, inputs = self.visit.name, (self.visit.model, self.horizon, self.window.version)
        model, horizon, version = inputs
        try:
            if self.drawn is None or self.drawn[0] != inputs:  # not computed again once the errors are measured
                self.drawn = inputs, await to_thread.run_sync(self._case, model, horizon)
        except SeqzooError as error:
            self.status.set_content(theme.sentence(error))
            return
        self.window.shows("rollout", version)
        measurement = errors.cached(name, model, horizon)
        self._draw(self.drawn[1], measurement)
        if measurement is None:
            self.status.set_content("Measuring the error on fresh windows…")
            background_tasks.create(self.measure(), name="measure")  # so that the slider still responds
        else:
            self.status.set_content("")
            self._show_errors(measurement, horizon)

    def _case(self, model: Forecaster, horizon: int) -> DrawnForecasts:
        window = self.window
        return errors.case(
            self.visit.name, model, horizon, window.context(), window.clean(horizon), window.signal()
        )

    async def _measure(self) -> None:
        visit, horizon = self.visit, self.horizon
        try:
            await to_thread.run_sync(errors.measured, visit.name, visit.model, horizon, limiter=_limiter)
        except SeqzooError as error:
            self.status.set_content(theme.sentence(error))
            return
        await self.refresh()

    def _draw(self, drawn: DrawnForecasts, measurement: Measurement | None) -> None:
        name, steps = self.visit.name, np.arange(1, len(drawn.model) + 1)
        past = np.arange(1 - len(drawn.history), 1)
        beside = self._beside(drawn.rolled_linear, drawn.partner)
        truth = []
        if drawn.clean is not None:
            truth = [charts.line("truth", steps, drawn.clean, theme.light("truth"), width=1.2)]
        bayes = self._bayes()
        lines = [*truth, charts.line(bayes, steps, drawn.bayes, theme.light("bayes"), style="dashed"), *beside]
        series, names = [], ["window", *(line["name"] for line in lines), name]
        if measurement is not None:
            radius = measurement.radius[: len(steps)]
            low, high = drawn.model - radius, drawn.model + radius
            series += charts.band(f"{LEVEL:.0%} band", steps, low, high, theme.light("model"))
            names.insert(0, f"{LEVEL:.0%} band")
        series += [
            charts.dots("window", past, drawn.history, theme.light("seen"), size=5),
            *lines,
            charts.line(name, steps, drawn.model, theme.light("model"), width=2.4),
        ]
        options = charts.legend_of(charts.axes("steps from now", "value", series), names)
        sentence = f"Forecast of {len(steps)} steps after a window that ends at {drawn.history[-1]:.4f}; "
        if drawn.clean is None:
            sentence += f"the first is {drawn.model[0]:.4f}."
        else:
            far = abs(float(drawn.model[-1] - drawn.clean[-1]))
            sentence += f"the first is {drawn.model[0]:.4f}, the last one is {far:.3f} from the truth."
        charts.redraw(self.forecast, options, sentence)

    def _bayes(self) -> str:
        """What the line of Bayes is called."""
        window = self.window
        return theme.bayes(standing(window.signal(), own=window.is_own), is_best=not window.is_own)

    def _beside(self, rolled: FloatArray, partner: FloatArray | None) -> list[charts.Options]:
        """The lines of the best linear forecaster, fed back, and of the partner with another horizon."""
        other = errors.partner_of(self.visit.name, self.visit.model)
        colour, steps = theme.light("best_linear"), np.arange(1, len(rolled) + 1)
        lines = [charts.line("best linear, recursive", steps, rolled, colour, style="dotted")]
        if partner is not None and other is not None:
            label, steps = f"{other.name}, {other.way}", np.arange(1, len(partner) + 1)
            lines.append(charts.line(label, steps, partner, theme.light("partner")))
        return lines

    def _show_errors(self, measurement: Measurement, horizon: int) -> None:
        name, steps = self.visit.name, np.arange(1, horizon + 1)
        own, bayes, linear, rolled = (
            part.first(horizon)
            for part in (measurement.model, measurement.bayes, measurement.linear, measurement.rolled_linear)
        )
        partner = None if measurement.partner is None else measurement.partner.first(horizon)
        noise = self.visit.model.signal.sigma**2
        lines = [
            charts.line(
                "noise floor", steps, np.full(horizon, noise), theme.light("noise"), width=1.2, style="dotted"
            ),
            charts.line("Bayes", steps, bayes.mse, theme.light("bayes"), style="dashed"),
            charts.line("best linear, direct", steps, linear.mse, theme.light("best_linear"), style="dashed"),
            *self._beside(rolled.mse, None if partner is None else partner.mse),
            charts.line(name, steps, own.mse, theme.light("model"), width=2.4),
        ]
        series = [
            *lines, *_within("Bayes", steps, bayes, noise, "bayes"), *_within(name, steps, own, noise, "model")
        ]  # fmt: skip
        options = charts.axes("steps ahead", "mean squared error", series, logarithmic=True)
        options["yAxis"]["min"] = float(f"{min(noise, float(own.mse.min())) / 1.5:.1g}") or None
        options["yAxis"]["axisLabel"] = {**options["yAxis"]["axisLabel"], "showMinLabel": False}
        courses = (_course(part.mse) for part in (own, bayes, rolled))
        told = "Mean squared error by step: {} {}, Bayes {}, best linear, recursive {}".format(name, *courses)
        if partner is not None:
            told += f", {lines[-2]['name']} {_course(partner.mse)}"
        options = charts.legend_of(options, [line["name"] for line in lines])
        charts.redraw(self.errors, options, f"{told}.")
        self.bands.set_content(
            f"Each error is the floor of Bayes plus the mean squared distance from Bayes, over the same "
            f"{measurement.windows:,} windows. Bands: two standard errors."
        )
        self.numbers.set_content(self._numbers(measurement, horizon))
        wide = errors.told_of_width(measurement.radius[:horizon], measurement.usual, "of the signal's values")
        self.ending.set_content(escape(f"{errors.ending(self.visit.name, measurement, horizon)} {wide}"))

    def _numbers(self, measurement: Measurement, horizon: int) -> str:
        model, bayes, linear = (
            str(part.first(horizon).overall) for part in (measurement.model, measurement.bayes, measurement.linear)
        )
        own = f"{escape(self.visit.name)}, {self._way()}"
        spread = errors.spread(measurement.windows)
        return (
            controls.number(own, model, theme.variable("model"), "mean squared error, all steps")
            + controls.number(theme.best(), bayes, theme.variable("bayes"), "the floor")
            + controls.number(
                theme.term("best linear"), linear, theme.variable("best_linear"), theme.term("direct")
            )
            + controls.number(
                f"{theme.term('coverage')} of the band",
                f"{measurement.coverage:.1%}",
                "var(--muted)",
                f"of {measurement.windows:,} further windows; {LEVEL:.0%} ± {spread:.1%} is expected",
            )
        )

    def _way(self) -> str:
        model = self.visit.model
        if model.reach >= self.horizon:
            return theme.term("direct")
        return theme.term("recursive") if model.horizon == 1 else f"{model.horizon} steps at once, then fed back"


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Rollout(visit).show()


def _lead(model: Forecaster) -> str:
    """What to notice, as HTML."""
    floor, bayes = theme.term("floor"), theme.best()
    direct = theme.term("direct", "directly")
    if not has_bundle(model):
        return (
            f"Notice that this reference forecasts each step {direct}, without feedback. Compare its error with the "
            f"{floor} that the {bayes} sets."
        )
    if model.horizon > 1:
        return (
            f"Notice how close the error stays to the {floor} that the {bayes} sets over the first {model.horizon} "
            f"steps, which are forecast {direct}. The steps after them are {theme.term('recursive')}."
        )
    own = "a network may end elsewhere"
    if model.manifest.architecture == "linear":
        own = "this model, also a weighted sum, behaves much the same"
    return (
        f"Notice how the error of a {theme.term('recursive')} forecast leaves the {floor} that the {bayes} sets: "
        f"{_fate(model)}; {own}."
    )


def _fate(model: Forecaster) -> str:
    """What the roll-out of the best linear forecaster of the model's signal does, as HTML."""
    root = largest_root(best_linear(model.signal, model.context_length))
    if root < 1:
        return f"the {theme.term('best linear')} one fades towards the mean, because each step shrinks it again"
    return f"the {theme.term('best linear')} one grows without bound"


def _within(name: str, steps: ArrayLike, errors: StepErrors, noise: float, role: str) -> list[charts.Options]:
    """The area of two standard errors around the errors of a forecaster; none lies below the noise."""
    least = np.maximum(noise, errors.mse / 10)  # a logarithmic axis has no zero, which noise can be
    low, high = np.maximum(errors.mse - 2 * errors.se, least), errors.mse + 2 * errors.se
    return charts.band(f"{name}, two standard errors", steps, low, high, theme.light(role))


def _course(values: FloatArray) -> str:
    return f"from {values[0]:.4g} to {values[-1]:.4g}"
