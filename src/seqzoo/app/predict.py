"""The view *Predict*: a window made by hand, the model's forecast of it, and the best that could be said."""

from __future__ import annotations

import functools
from html import escape
from typing import Any, NamedTuple

import numpy as np
from anyio import to_thread
from nicegui import ui
from numpy.typing import NDArray

from .. import intervals
from ..errors import SeqzooError
from ..floors import best_linear
from ..number_text import rows_of
from ..windows import last_window
from . import charts, controls, engines_panel, scenes, theme
from .visit import Latest, Visit

FloatArray = NDArray[np.floating]

LEVEL = 0.9
MOST_CHARACTERS = 100_000
FIRST_SEED = 3


class Shown(NamedTuple):
    """Context [L], forecasts [H] each, the clean values [L + H] where they are known, radius [H]."""

    context: FloatArray
    model: FloatArray
    bayes: FloatArray
    linear: FloatArray
    clean: FloatArray | None
    radius: FloatArray


class _Predict:
    """The state of one visitor."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.length, self.horizon = visit.model.context_length, visit.model.horizon
        self.scene = scenes.of(visit.model.signal, self.length)
        self.values = {
            knob.key: visit.number(knob.key, knob.start, knob.low, knob.high) for knob in self.scene.knobs
        }
        self.seed = int(visit.number("seed", FIRST_SEED, 0, 2**31 - 1))
        self.pasted: FloatArray | None = None
        self.radius: FloatArray | None = None
        self.engines = engines_panel.Engines(visit)
        self.refresh = Latest(self._refresh)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(
            f"Watch the distance between the model and {theme.term('Bayes')} as you change the signal: where it was "
            "trained they all but coincide, and away from there they part."
        )
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                with ui.element("div").classes("panel"):
                    self.chart = charts.chart({}, "Loading")
                with ui.element("div").classes("panel"):
                    self.numbers = theme.html("").props('aria-live="polite"')
            with ui.element("div").classes("stack"):
                self._knobs()
                self._paste()
                if self.engines.names:
                    with ui.element("div").classes("panel"):
                        self.engines.show(self.refresh)
        self.failure = theme.html("", "error-line")
        await self.refresh()

    def _knobs(self) -> None:
        with ui.element("div").classes("panel"):
            theme.html("The signal", tag="h3")
            for knob in self.scene.knobs:
                controls.Slider(knob, self.values[knob.key], functools.partial(self._turn, knob.key))
            with ui.element("div").classes("buttons"):
                controls.button("New noise", self._new_noise)

    async def _turn(self, key: str, value: float) -> None:
        self.values[key], self.pasted = value, None
        self.visit.remember(**{key: value})
        await self.refresh()

    async def _new_noise(self) -> None:
        self.seed, self.pasted = self.seed + 1, None
        self.visit.remember(seed=self.seed)
        await self.refresh()

    def _paste(self) -> None:
        with ui.element("div").classes("panel"):
            theme.html("Your own values", tag="h3")
            self.text = ui.element("textarea").props('rows="3" spellcheck="false"')
            self.text.props["placeholder"] = f"{self.length} numbers"
            self.text.props["aria-label"] = f"Your own values: {self.length} numbers, or drop a text file here"
            self.text.on("change", self._read, js_handler="(event) => emit(event.target.value)")
            self.text.on("drop", self._read, js_handler=_DROP)
            theme.html("Paste numbers or drop a text or CSV file; the last "
                       f"{self.length} are read.", "hint", "p")  # fmt: skip
            self.error = theme.html("", "error-line", "p").props('role="alert"')

    async def _read(self, event: Any) -> None:
        text = event.args if isinstance(event.args, str) else ""
        self.error.set_content("")
        try:
            rows = rows_of(text, "the text", MOST_CHARACTERS)
            flat = [value for row in rows for value in row]
            if not flat:
                self.pasted = None
            elif len(flat) < self.length:
                raise SeqzooError(f"Expected at least {self.length} numbers, got {len(flat)}.")
            else:
                self.pasted = last_window(flat, self.length)[0, :, 0].astype(np.float64)
        except SeqzooError as error:
            self.error.set_content(escape(_sentence(str(error))))
            return
        await self.refresh()

    async def _refresh(self) -> None:
        try:
            found = await to_thread.run_sync(self._compute)
        except SeqzooError as error:
            self.failure.set_content(escape(_sentence(str(error))))
            return
        self.failure.set_content("")
        charts.redraw(self.chart, _options(found, self.visit.name), _described(found, self.visit.name))
        self.numbers.set_content(_numbers(found, self.visit.name))

    def _compute(self) -> Shown:
        model, length, ahead = self.engines.model, self.length, self.horizon
        if self.radius is None:
            loaded = self.visit.model
            self.radius = intervals.calibrate_on_signal(
                lambda windows: loaded.forecast(windows, ahead), loaded.signal, length, ahead, LEVEL
            ).radius
        clean, signal = None, self.visit.model.signal
        if self.pasted is None:
            context, clean = self.scene.window(self.values, length, ahead, self.seed)
            signal = self.scene.signal(self.values)
        else:
            context = self.pasted
        seen = context.astype(np.float32)
        bayes = signal.posterior(seen[None].astype(np.float64), ahead)[0][0]
        linear = best_linear(signal, length, ahead)(seen[None].astype(np.float64))[0]
        return Shown(context, model.predict(seen)[0].astype(np.float64), bayes, linear, clean, self.radius)


async def build(visit: Visit) -> None:
    """Fill the view."""
    await _Predict(visit).show()


def _options(found: Shown, name: str) -> charts.Options:
    length, ahead = len(found.context), len(found.model)
    past, future = np.arange(1 - length, 1), np.arange(1, ahead + 1)
    interval, series = f"{LEVEL:.0%} interval", []
    lower, upper = found.model - found.radius, found.model + found.radius
    if ahead == 1:
        bar = charts.line(interval, [1, 1], [lower[0], upper[0]], theme.BLUE, width=9)
        bar["lineStyle"]["opacity"] = 0.25
        series.append(bar)
    else:
        series += charts.band(interval, future, lower, upper, theme.BLUE)
    if found.clean is not None:
        series.append(charts.line("truth", np.arange(1 - length, ahead + 1), found.clean, theme.INK, width=1.2))
    series.append(charts.dots("window", past, found.context, theme.GREY, size=7))
    forecasts = (
        ("best linear", found.linear, theme.GREEN, "triangle", 17),
        ("Bayes", found.bayes, theme.ORANGE, "diamond", 15),
        (name, found.model, theme.BLUE, "circle", 8),
    )
    for label, values, colour, shape, size in forecasts:
        if ahead == 1:
            series.append(charts.dots(label, future, values, colour, size=size, shape=shape))
        else:
            series.append(charts.line(label, future, values, colour, style="solid" if label == name else "dashed"))
    options = charts.axes("steps from now", "value", series)
    options["xAxis"]["max"] = ahead + (1 if ahead == 1 else 0)
    names = [interval, *([] if found.clean is None else ["truth"]), "window", "best linear", "Bayes", name]
    return charts.legend_of(options, names)


def _numbers(found: Shown, name: str) -> str:
    last = found.bayes[0]

    def against(value: float) -> str:
        return f"{value - last:+.4f} from Bayes"

    step = "" if len(found.model) == 1 else ", step 1"
    own = found.model[0]
    best = "the best possible" if found.clean is not None else "the best for its signal"
    items = [controls.number(f"{escape(name)}{step}", f"{own:.4f}", "var(--blue)", against(own))]
    items.append(controls.number(theme.term("Bayes"), f"{last:.4f}", "var(--bayes)", best))
    if found.clean is not None:
        truth = found.clean[len(found.context)]
        items.append(controls.number(theme.term("truth"), f"{truth:.4f}", "var(--ink)", against(truth)))
    linear = found.linear[0]
    items.append(controls.number(theme.term("best linear"), f"{linear:.4f}", "var(--green)", against(linear)))
    items.append(
        controls.number(
            theme.term("90% interval"), f"±{found.radius[0]:.3f}", "var(--muted)", "for the trained signal"
        )
    )
    return f'<div class="numbers">{"".join(items)}</div>' + _number_line(found, name)


def _number_line(found: Shown, name: str) -> str:
    """The forecasts of the next value on one line, as far apart as the page allows."""
    marks = [(name, found.model[0], "var(--blue)"), ("Bayes", found.bayes[0], "var(--bayes)"),
             ("best linear", found.linear[0], "var(--green)")]  # fmt: skip
    if found.clean is not None:
        marks.append(("truth", found.clean[len(found.context)], "var(--ink)"))
    values = [float(value) for _, value, _ in marks]
    low, high = min(values), max(values)
    margin = max(0.12 * (high - low), 1e-4)
    low, high = low - margin, high + margin
    ticks = "".join(
        f'<span style="left:{100 * (value - low) / (high - low):.2f}%;--c:{colour}" '
        f'title="{escape(label)} {value:.4f}"></span>'
        for label, value, colour in marks
    )
    return (
        f'<div class="number-line" aria-hidden="true"><div>{ticks}</div>'
        f"<p><span>{low:.4f}</span><span>the next value, close up</span><span>{high:.4f}</span></p></div>"
    )


def _described(found: Shown, name: str) -> str:
    truth = "" if found.clean is None else f", truth {found.clean[len(found.context)]:.4f}"
    return (
        f"The last {len(found.context)} values and the next: {name} {found.model[0]:.4f}, "
        f"Bayes {found.bayes[0]:.4f}, best linear {found.linear[0]:.4f}{truth}."
    )


def _sentence(message: str) -> str:
    """One sentence's worth of a message, with a capital."""
    shown = message if len(message) <= 240 else message[:238] + "…"
    return shown[:1].upper() + shown[1:]


_DROP = """async (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files?.[0];
  if (!file) return;
  // A file that is too large is cut just beyond the limit: the server then says so, and no more is sent.
  const text = await file.slice(0, 100001).text();
  event.target.value = text.slice(0, 2000);
  emit(text);
}"""
