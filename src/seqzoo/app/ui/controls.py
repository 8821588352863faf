"""Controls that a keyboard and a screen reader can use: the browser's own."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import escape
from typing import Any

from nicegui import ui

from ..model.scenes import Knob
from . import theme


class Slider:
    """A labelled range; `on_change` is called with each value while it is dragged."""

    def __init__(
        self,
        knob: Knob,
        value: float,
        on_change: Callable[[float], Any],
        shown: Callable[[float], str] = "{:g}".format,
    ) -> None:
        self.value, self._knob, self._shown = value, knob, shown
        with ui.element("div").classes("control"):
            theme.html(escape(knob.label), tag="span").props('aria-hidden="true"')
            self._text = theme.html(shown(value), "value", "span")
            made = ui.element("input").props(f'type="range" min="{knob.low}" max="{knob.high}" step="{knob.step}"')
            made.props["^value"] = value  # the attribute: where it starts, never where it is dragged to
            made.props["aria-label"] = knob.label
            made.props["data-knob"] = knob.key
            self._input = made

        def changed(event: Any) -> Any:
            try:
                value = float(event.args)
            except (TypeError, ValueError, OverflowError):
                return None
            if math.isnan(value):
                return None
            self.value = min(max(value, knob.low), knob.high)
            self.restate()
            return on_change(self.value)

        made.on("input", changed, throttle=0.03, js_handler="(event) => emit(event.target.value)")

    def follow(self, value: float) -> None:
        """Show a value that was set elsewhere."""
        self.value = value
        self._text.set_content(self._shown(value))
        ui.run_javascript(f"getHtmlElement({self._input.id}).value = {value:f}")

    def restate(self) -> None:
        """Say the value again, where what is shown of it depends on more."""
        self._text.set_content(self._shown(self.value))


def button(label: str, act: Callable[[], Awaitable[None] | None], classes: str = "button") -> ui.element:
    """A button that does something."""
    made = ui.element("button").classes(classes).props('type="button"')
    with made:
        theme.html(escape(label), tag="span")
    made.on("click", lambda: act())
    return made


def allow(made: ui.element, allowed: bool) -> None:
    """Say whether a button can be pressed; what it was before is not sent again."""
    made.props(remove="disabled") if allowed else made.props("disabled")


def press(made: ui.element, pressed: bool) -> None:
    """Say whether a toggle is on."""
    made.props(f'aria-pressed="{str(pressed).lower()}"')


def select(label: str, key: str, options: Mapping[str, str], value: str, on_change: Callable[[str], Any]) -> None:
    """A labelled choice of one: `options` are what is shown, by value; `on_change` is called with the value."""
    with ui.element("label").classes("control"):
        theme.html(escape(label), tag="span")
        with ui.element("select") as made:
            for name, shown in options.items():
                option = theme.html(escape(shown), tag="option")
                option.props["value"] = name
                if name == value:
                    option.props["selected"] = True
        made.props["data-knob"] = key

        def changed(event: Any) -> Any:
            return on_change(event.args) if isinstance(event.args, str) and event.args in options else None

        made.on("change", changed, js_handler="(event) => emit(event.target.value)")


def number(label: str, value: str, colour: str, detail: str = "") -> str:
    """A value under its name, as HTML. `label` may hold markup of this package."""
    return (
        f'<div class="number" style="--c:{colour}"><div class="k"><span>{label}</span></div>'
        f'<div class="v">{escape(value)}</div><div class="d">{detail}</div></div>'
    )


class Chips:
    """A labelled row of toggles, as many as are offered; without any it is hidden."""

    def __init__(self, label: str) -> None:
        with ui.element("div").classes("filter").props('role="group"') as self._row:
            self._label = theme.html(escape(label), "label", "span")
            self._holder = ui.element("div").classes("filter")
        self._row.props["aria-label"] = label
        self._offered: dict[str, str] | None = None
        self._made: dict[str, ui.element] = {}

    def rename(self, label: str) -> None:
        """Label the row anew."""
        self._label.set_content(escape(label))
        self._row.props["aria-label"] = label

    def offer(self, offered: dict[str, str], choose: Callable[[str], Any]) -> None:
        """Have these, as {key: label}. Those that are there already are kept, and with them the focus."""
        if offered == self._offered:
            return
        self._offered = dict(offered)
        theme.show(self._row, bool(offered))
        self._holder.clear()
        self._made = {}
        with self._holder:
            for key, label in offered.items():
                with ui.element("button").classes("chip").props('type="button"') as chip:
                    theme.html(escape(label), tag="span")
                chip.props["data-key"] = key
                chip.on("click", lambda key=key: choose(key))
                self._made[key] = chip

    def mark(self, pressed: set[str]) -> None:
        """Press these and no others."""
        for key, chip in self._made.items():
            press(chip, key in pressed)


class Choices:
    """Buttons of which one is pressed, in a labelled row.

    Args:
        offered: as {key: label}.
        choose: called with a key; `mark` is left to it.
    """

    def __init__(self, label: str, offered: Mapping[str, str], choose: Callable[[str], Any]) -> None:
        self._made: dict[str, ui.element] = {}
        with ui.element("div").classes("buttons").props('role="group"') as row:
            for key, shown in offered.items():
                self._made[key] = button(shown, partial(choose, key), "choice")
                self._made[key].props["data-key"] = key
        row.props["aria-label"] = label

    def mark(self, pressed: str) -> None:
        """Press this one and no other."""
        for key, made in self._made.items():
            press(made, key == pressed)
