"""The view *Roll out*: many steps ahead, with a band, and the error by step beside the floor."""

from __future__ import annotations

import math
import threading
import weakref
from html import escape
from typing import Any, NamedTuple

import numpy as np
from anyio import CapacityLimiter, to_thread
from nicegui import ui
from numpy.typing import NDArray

from ..errors import SeqzooError
from ..floors import best_linear, linear_mse
from ..intervals import calibrate
from ..runtime import ClosedForm
from ..runtime.repository import Model
from . import charts, controls, theme
from .scenes import Knob
from .visit import Latest, Visit

FloatArray = NDArray[np.floating]

LEVEL = 0.9
LEAST, MOST = 20, 1000
FIRST_SEED = 5
MOST_ROWS = 40_000  # windows times steps that errors are measured on
MOST_DEAR_ROWS = 4_000  # where the posterior is dear
_limiter = CapacityLimiter(1)
_alone, _keeping = threading.Lock(), threading.Lock()
_measurements: weakref.WeakKeyDictionary[Model, dict[int, Measurement]] = weakref.WeakKeyDictionary()


class Measurement(NamedTuple):
    """By step ahead, [H] each: radius of the band, error of the model, of Bayes, of the best linear forecaster.

    `coverage` is of windows that the band was not made from.
    """

    radius: FloatArray
    mse: FloatArray
    bayes: FloatArray
    linear: FloatArray
    coverage: float
    windows: int


class _Rollout:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.horizon = int(visit.number("horizon", 100, LEAST, MOST))
        self.seed = int(visit.number("window", FIRST_SEED, 0, 2**31 - 1))
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        fed_back = (
            f"Notice how the error of the {theme.term('recursive')} forecast leaves the {theme.term('floor')} that "
            f"{theme.term('Bayes')} stays on: each forecast that is fed back brings its own error along."
        )
        direct = (
            f"Notice that nothing is fed back: each step is forecast {theme.term('direct', 'directly')}, and "
            f"the error stands beside the {theme.term('floor')} that {theme.term('Bayes')} sets."
        )
        theme.lead(direct if isinstance(self.visit.model, ClosedForm) else fed_back)
        with ui.element("div").classes("stack"):
            with ui.element("div").classes("panel"):
                knob = Knob("horizon", "Steps ahead", LEAST, MOST, 10, 100)
                controls.Slider(knob, self.horizon, self._turn, lambda value: f"{value:,.0f}")
                with ui.element("div").classes("buttons"):
                    controls.button("New window", self._new_window)
                    self.status = theme.html("", "hint", "span").props('aria-live="polite"')
            with ui.element("div").classes("panel"):
                theme.html("The forecast", tag="h3")
                self.forecast = charts.chart({}, "Loading")
            with ui.element("div").classes("panel"):
                theme.html("Error by step ahead", tag="h3")
                self.errors = charts.chart({}, "Loading")
                self.numbers = theme.html("", "numbers").style("margin-top: 18px")
        await self.refresh()

    async def _turn(self, value: float) -> None:
        self.horizon = int(value)
        self.visit.remember(horizon=self.horizon)
        await self.refresh()

    async def _new_window(self) -> None:
        self.seed += 1
        self.visit.remember(window=self.seed)
        await self.refresh()

    async def _refresh(self) -> None:
        model, horizon, seed = self.visit.model, self.horizon, self.seed
        try:
            drawn = await to_thread.run_sync(_case, model, horizon, seed)
            ready = _reach(horizon) in _kept(model)
            if not ready:
                self._draw(drawn, None)
                self.status.set_content("Measuring the error on fresh windows…")
            found = await to_thread.run_sync(_measured, model, _reach(horizon), limiter=None if ready else _limiter)
        except SeqzooError as error:
            self.status.set_content(escape(str(error)))
            return
        self.status.set_content("")
        if horizon == self.horizon:
            self._draw(drawn, found)
            self._show_errors(found, horizon)

    def _draw(self, drawn: tuple[FloatArray, ...], found: Measurement | None) -> None:
        history, clean, ahead, bayes = drawn
        name, steps = self.visit.name, np.arange(1, len(ahead) + 1)
        past = np.arange(1 - len(history), 1)
        series, names = [], ["history", "truth", "Bayes", name]
        if found is not None:
            radius = found.radius[: len(ahead)]
            series += charts.band(f"{LEVEL:.0%} band", steps, ahead - radius, ahead + radius, theme.BLUE)
            names.insert(0, f"{LEVEL:.0%} band")
        series += [
            charts.dots("history", past, history, theme.GREY, size=4),
            charts.line("truth", steps, clean, theme.INK, width=1.2),
            charts.line("Bayes", steps, bayes, theme.ORANGE, style="dashed"),
            charts.line(name, steps, ahead, theme.BLUE, width=2.4),
        ]
        options = charts.legend_of(charts.axes("steps from now", "value", series), names)
        far = abs(float(ahead[-1] - clean[-1]))
        said = f"Forecast of {len(ahead)} steps; at the last it is {far:.3f} from the truth."
        charts.redraw(self.forecast, options, said)

    def _show_errors(self, found: Measurement, horizon: int) -> None:
        name, steps = self.visit.name, np.arange(1, horizon + 1)
        mse, bayes, linear = found.mse[:horizon], found.bayes[:horizon], found.linear[:horizon]
        way = self._way()
        noise = self.visit.model.signal.sigma**2
        series = [
            charts.line("noise alone", steps, np.full(horizon, noise), theme.GREY, width=1.2, style="dotted"),
            charts.line("Bayes", steps, bayes, theme.ORANGE, style="dashed"),
            charts.line("best linear, direct", steps, linear, theme.GREEN, style="dashed"),
            charts.line(name, steps, mse, theme.BLUE, width=2.4),
        ]
        options = charts.axes("steps ahead", "mean squared error", series, logarithmic=True)
        options["yAxis"]["min"] = float(f"{min(noise, float(mse.min())) / 1.5:.1g}") or None
        options["yAxis"]["axisLabel"] = {**options["yAxis"]["axisLabel"], "showMinLabel": False}
        own, best = (f"from {part[0]:.4g} to {part[-1]:.4g}" for part in (mse, bayes))
        options = charts.legend_of(options, [made["name"] for made in series])
        charts.redraw(self.errors, options, f"Mean squared error by step: {name} {own}, Bayes {best}.")
        self.numbers.set_content(
            controls.number(f"{escape(name)}, {way}", f"{mse.mean():.4g}", "var(--blue)", "mean squared error")
            + controls.number(theme.term("Bayes"), f"{bayes.mean():.4g}", "var(--bayes)", "the floor")
            + controls.number(theme.term("best linear"), f"{linear.mean():.4g}", "var(--green)", theme.term("direct"))
            + controls.number(
                f"{theme.term('coverage')} of the band",
                f"{found.coverage:.1%}",
                "var(--muted)",
                f"of {found.windows:,} further windows; {LEVEL:.0%} ± {_spread(found.windows):.1%} is expected",
            )
        )

    def _way(self) -> str:
        model = self.visit.model
        if isinstance(model, ClosedForm) or model.horizon >= self.horizon:
            return theme.term("direct")
        return theme.term("recursive") if model.horizon == 1 else f"{model.horizon} steps at once, then fed back"


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Rollout(visit).show()


def _case(model: Model, horizon: int, seed: int) -> tuple[FloatArray, ...]:
    """History [T]; clean, forecast and Bayes forecast, [H] each."""
    length, signal = model.context_length, model.signal
    drawn = signal.draw(1, length if signal.episodic else 3 * length, horizon, np.random.default_rng(seed))
    history = drawn.context[0]
    bayes = signal.posterior(history[None, -length:], horizon)[0][0]
    return history, drawn.clean[0], model.forecast(history, horizon)[0].astype(np.float64), bayes


def _spread(windows: int) -> float:
    """Standard error of a coverage: that of as many windows to measure, and as many to calibrate, on it."""
    return math.sqrt(2 * LEVEL * (1 - LEVEL) / windows)


def _reach(horizon: int) -> int:
    """The horizon that is measured for a shorter one, so that a dragged slider seldom waits."""
    return next(step for step in (50, 100, 200, 400, MOST) if horizon <= step)


def _kept(model: Model) -> dict[int, Measurement]:
    with _keeping:
        return _measurements.setdefault(model, {})


def _measured(model: Model, horizon: int) -> Measurement:
    """Errors and band of a model, measured once on fresh windows and kept."""
    kept = _kept(model)
    with _alone:
        if horizon not in kept:
            kept[horizon] = _measure(model, horizon)
        return kept[horizon]


def _measure(model: Model, horizon: int) -> Measurement:
    length, signal = model.context_length, model.signal
    windows = max(60, min(600, MOST_ROWS // horizon))
    rng = np.random.default_rng(2**31 + horizon)
    draw = signal.draw(2 * windows, length, horizon, rng)

    def run(context: NDArray[np.float32]) -> Any:
        return model.forecast(context, horizon)

    made = calibrate(run, draw.context[:windows], draw.target[:windows], LEVEL)
    ahead = model.forecast(draw.context[windows:, :, None].astype(np.float32), horizon).astype(np.float64)
    missed = ahead - draw.target[windows:]
    few = max(8, min(windows, math.ceil(MOST_DEAR_ROWS / horizon) if signal.windows_to_score < 200_000 else windows))
    spread = signal.posterior(draw.context[windows : windows + few], horizon)[1].mean(axis=0)
    made_linear = best_linear(signal, length, horizon)
    return Measurement(
        radius=made.radius,
        mse=(missed**2).mean(axis=0),
        bayes=signal.sigma**2 + spread,
        linear=linear_mse(signal, *made_linear),
        coverage=float((np.abs(missed) <= made.radius).mean()),
        windows=windows,
    )
