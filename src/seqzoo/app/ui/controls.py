"""Controls built from native HTML elements, so that keyboards and screen readers can use them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import escape
from inspect import isawaitable
from typing import Any

from nicegui import ui

from ..._formats import typeset
from ...signals.scene import Knob
from . import theme

PATIENCE = 0.1  # seconds after which a slider states its value before what it changes is there


class Slider:
    """A labelled slider; `on_change` is called with each value during a drag."""

    def __init__(
        self,
        knob: Knob,
        value: float,
        on_change: Callable[[float], Any],
        as_text: Callable[[float], str] = "{:g}".format,
    ) -> None:
        self.value, self._as_text = value, as_text
        with ui.element("div").classes("control"):
            theme.html(escape(knob.label), tag="span").props('aria-hidden="true"')
            self._text = theme.html(typeset(as_text(value)), "value", "span")
            field = ui.element("input").props(f'type="range" min="{knob.low}" max="{knob.high}" step="{knob.step}"')
            field.props["^value"] = value  # sets the HTML attribute: only the initial value
            field.props["aria-label"] = knob.label
            field.props["data-knob"] = knob.key
            self._input = field

        async def changed(event: Any) -> None:
            try:
                value = float(event.args)
            except (TypeError, ValueError, OverflowError):
                return
            if math.isnan(value):
                return
            self.value = min(max(value, knob.low), knob.high)
            # In one message with what it changes, as each renders the page; but it does not wait for a slow answer.
            late = asyncio.get_running_loop().call_later(PATIENCE, self.restate)
            answer = on_change(self.value)
            if isawaitable(answer):
                await answer
            late.cancel()
            self.restate()

        field.on("input", changed, throttle=0.03, js_handler="(event) => emit(event.target.value)")

    def follow(self, value: float) -> None:
        """Show a value that another control has set."""
        self.value = value
        self._text.set_content(typeset(self._as_text(value)))
        ui.run_javascript(f"getHtmlElement({self._input.id}).value = {float(value)!r}")

    def restate(self) -> None:
        """Write the value again, for a text that depends on more than the value."""
        self._text.set_content(typeset(self._as_text(self.value)))


def button(label: str, act: Callable[[], Awaitable[None] | None], classes: str = "button") -> ui.element:
    """A button that calls `act` at a click."""
    element = ui.element("button").classes(classes).props('type="button"')
    with element:
        theme.html(escape(label), tag="span")
    element.on("click", lambda: act())
    return element


async def copied(expression: str) -> bool:
    """Copy what a JavaScript expression gives to the clipboard; False if the browser refuses.

    Browsers allow it on localhost and over HTTPS only.
    """
    write = f"navigator.clipboard.writeText({expression}).then(() => true, () => false)"
    try:
        return bool(await ui.run_javascript(f"return navigator.clipboard ? await {write} : false", timeout=5))
    except TimeoutError:
        return False


def allow(element: ui.element, allowed: bool) -> None:
    """Set whether a button can be pressed; an unchanged state is not sent again."""
    element.props(remove="disabled") if allowed else element.props("disabled")


def press(element: ui.element, pressed: bool) -> None:
    """Set whether a toggle is on."""
    element.props(f'aria-pressed="{str(pressed).lower()}"')


def select(label: str, key: str, options: Mapping[str, str], value: str, on_change: Callable[[str], Any]) -> None:
    """A labelled drop-down list. `options` maps values to their texts; `on_change` is called with a value."""
    with ui.element("label").classes("control"):
        theme.html(escape(label), tag="span")
        with ui.element("select") as field:
            for name, words in options.items():
                option = theme.html(escape(words), tag="option")
                option.props["value"] = name
                if name == value:
                    option.props["selected"] = True
        field.props["data-knob"] = key

        def changed(event: Any) -> Any:
            return on_change(event.args) if isinstance(event.args, str) and event.args in options else None

        field.on("change", changed, js_handler="(event) => emit(event.target.value)")


def text(label: str, key: str, value: str, on_change: Callable[[str], Any], hint: str = "") -> None:
    """A labelled line of text; `on_change` is called with it, stripped, when the visitor leaves it."""
    with ui.element("label").classes("control"):
        theme.html(escape(label), tag="span")
        field = ui.element("input").props('type="text" spellcheck="false" autocomplete="off" maxlength="100"')
        field.props["^value"] = value
        field.props["placeholder"] = hint
        field.props["data-knob"] = key

        def changed(event: Any) -> Any:
            return on_change(event.args[:100].strip()) if isinstance(event.args, str) else None

        field.on("change", changed, js_handler="(event) => emit(event.target.value)")


def number(label: str, value: str, colour: str, detail: str = "") -> str:
    """A value under its name, as HTML. `label` may hold markup of this package."""
    return (
        f'<div class="number" style="--c:{colour}"><div class="k"><span>{label}</span></div>'
        f'<div class="v">{escape(typeset(value))}</div><div class="d">{typeset(detail)}</div></div>'
    )


class Chips:
    """A labelled row of toggles; an empty row is hidden."""

    def __init__(self, label: str) -> None:
        with ui.element("div").classes("filter").props('role="group"') as self._row:
            self._label = theme.html(escape(label), "label", "span")
            self._holder = ui.element("div").classes("filter")
        self._row.props["aria-label"] = label
        self._offered: dict[str, str] | None = None
        self._made: dict[str, ui.element] = {}

    def rename(self, label: str) -> None:
        """Change the label of the row."""
        self._label.set_content(escape(label))
        self._row.props["aria-label"] = label

    def offer(self, offered: dict[str, str], choose: Callable[[str], Any]) -> None:
        """Show toggles for {key: label}. An unchanged row is not rebuilt, so that it keeps the focus."""
        if offered == self._offered:
            return
        self._offered = dict(offered)
        theme.show(self._row, bool(offered))
        self._holder.clear()
        self._made = {}
        with self._holder:
            for key, label in offered.items():
                chip = theme.html(escape(label), "chip", "button").props('type="button"')
                chip.props["data-key"] = key
                chip.on("click", lambda key=key: choose(key))
                self._made[key] = chip

    def mark(self, pressed: set[str]) -> None:
        """Switch exactly these toggles on."""
        for key, chip in self._made.items():
            press(chip, key in pressed)


class Choices:
    """A labelled row of buttons, of which one is pressed.

    Args:
        offered: as {key: label}.
        choose: called with the key of a clicked button; it must call `mark`.
    """

    def __init__(self, label: str, offered: Mapping[str, str], choose: Callable[[str], Any]) -> None:
        self._made: dict[str, ui.element] = {}
        with ui.element("div").classes("buttons").props('role="group"') as self.row:
            for key, words in offered.items():
                self._made[key] = button(words, partial(choose, key), "choice")
                self._made[key].props["data-key"] = key
        self.row.props["aria-label"] = label

    def mark(self, pressed: str) -> None:
        """Show this button as pressed, and no other."""
        for key, element in self._made.items():
            press(element, key == pressed)
