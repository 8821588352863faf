"""The controls that correct how a file was read; each correction is a key of the address."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nicegui import ui

from ...data.measured import Choices
from ...data.numerals import number
from ...data.series import GAPS
from ...data.times import ZONES
from ...errors import InputError
from ..ui import controls, theme
from ..ui.address import Address
from .understanding import Understood

READ = tuple(item.name for item in dataclasses.fields(Choices))
KEYS = (*READ, "gaps")
LISTS = ("missing", "keep")
LONGEST = 200  # characters of one correction
MOST_COLUMNS = 200  # that a list offers
LABELS = {
    "time": "Times in", "value": "Values in", "id": "Series named in", "only": "Series", "frequency": "Frequency",
    "gaps": "Missing values", "decimal": "Decimal mark", "dates": "Order of dates", "zone": "Time zone",
    "missing": "Words for a missing value", "keep": "Numbers that are values",
}  # fmt: skip
FREQUENCIES = {
    "s": "a second", "min": "a minute", "5min": "5 minutes", "15min": "15 minutes", "30min": "30 minutes",
    "h": "an hour", "D": "a day", "B": "a working day", "W-SUN": "a week, ending on Sunday",
    "W-MON": "a week, ending on Monday", "MS": "a month", "QS": "a quarter", "YS": "a year",
}  # fmt: skip
WORDS = {
    ("decimal", "."): "a point", ("decimal", ","): "a comma", ("dates", "day-first"): "day first",
    ("dates", "month-first"): "month first", ("dates", "year-first"): "year first", ("time", "none"): "no times",
    ("gaps", "interpolate"): "a straight line", ("gaps", "last"): "the last value before",
}  # fmt: skip
_OPTION = re.compile(r"(?<![\w-])--(?=[a-z])")


def choices(query: Mapping[str, str]) -> Choices:
    """What the address states of how the file is read; unusable values are ignored."""
    stated = {key: query[key][:LONGEST] for key in READ if query.get(key)}
    lists = {key: tuple(word.strip() for word in stated.pop(key).split(",")) for key in LISTS if key in stated}
    if "keep" in lists:
        lists["keep"] = tuple(word for word in lists["keep"] if number(word) is not None)
    usable = {}
    for key, value in stated.items():
        with contextlib.suppress(InputError):
            Choices(**{key: value})  # type: ignore[arg-type]
            usable[key] = value
    return Choices(**usable, **lists)  # type: ignore[arg-type]


def rule_for_gaps(query: Mapping[str, str]) -> str:
    """How missing values are filled: "interpolate", "last", or empty."""
    given = query.get("gaps", "")
    return given if given in GAPS[:2] else ""


def remedies(problem: str) -> list[tuple[str, str]]:
    """The corrections that a message of the reader offers, as (key, value), in order of the message."""
    found = re.findall(rf"--({'|'.join(KEYS)})[ =]('[^']+'|\"[^\"]+\"|[^\s;]+)", problem)
    offered = [(key, value.strip("'\"") if value[0] in "'\"" else value.rstrip(".;") or ".") for key, value in found]
    placeholders = ("NAME", "and", "or", "to")
    return list(dict.fromkeys((key, value) for key, value in offered if value not in placeholders))


def in_words(problem: str) -> str:
    """A message without the dashes of the command line's options."""
    return _OPTION.sub("", problem).replace(" with value NAME", "").replace(" with only NAME", "")


def button_label(key: str, value: str) -> str:
    """The words of a button that makes a correction."""
    return f"{LABELS[key]}: {WORDS.get((key, value), value)}"


class Corrections:
    """The controls.

    Args:
        on_change: called after each correction.
        is_file: whether a file is read; of a series of the collection only the gaps can be filled.
    """

    def __init__(self, address: Address, on_change: Callable[[], Awaitable[None]], *, is_file: bool) -> None:
        self.address, self.on_change, self.is_file = address, on_change, is_file
        self.offered: object = None
        self.holder = ui.element("div")

    async def set(self, **corrections: str) -> None:
        """Make corrections; an empty one takes the correction back."""
        self.address.remember(**{key: value or None for key, value in corrections.items()})
        await self.on_change()

    async def reset(self) -> None:
        """Take every correction back."""
        await self.set(**dict.fromkeys(KEYS, ""))

    def offer(self, known: Understood) -> None:
        """Show the controls for what is known of a file. Unchanged ones are not rebuilt, and keep the focus."""
        stated = {key: self.address.query.get(key, "") for key in KEYS}
        offered = known.columns, known.labels, stated
        if offered == self.offered:
            return
        is_same = self.offered is not None and self.offered[:2] == offered[:2]  # type: ignore[index]
        self.offered = offered
        if is_same:
            return
        self.holder.clear()
        with self.holder:
            if self.is_file:
                for key in KEYS:
                    self._control(key, known, stated[key])
                controls.button("Take all corrections back", self.reset)
            elif known.series is not None and known.series.missing:
                self._control("gaps", known, stated["gaps"])

    def _control(self, key: str, known: Understood, stated: str) -> None:
        change = partial(self._change, key)
        columns = {name: name for name in known.columns[:MOST_COLUMNS]}
        options: dict[str, str] | None = None
        match key:
            case "time":
                options = {"": "as found", "none": "no times", **columns}
            case "value" | "id":
                options = {"": "as found", **columns}
            case "only" if stated or (len(known.labels) > 1 and known.option == "only"):
                options = {"": "choose one", **{label: label for label in known.labels[:MOST_COLUMNS]}}
            case "frequency":
                options = {"": "by the times", **{alias: f"{alias}, {words}" for alias, words in FREQUENCIES.items()}}
            case "gaps":
                options = {"": "left as they are", "interpolate": "a straight line", "last": "the last value before"}
            case "decimal":
                options = {"": "as found", ".": "a point", ",": "a comma"}
            case "dates":
                options = {"": "as found", **{order: order.replace("-", " ") for order in
                           ("day-first", "month-first", "year-first")}}  # fmt: skip
            case "zone":
                options = {"": "as found", "UTC": "UTC", **{zone: zone for zone in sorted(ZONES)}}
            case "missing":
                controls.text(LABELS[key], key, stated, change, "-999, n.a.")
            case "keep" if stated:
                controls.text(LABELS[key], key, stated, change)
        if options is not None:
            if stated not in options:
                options[stated] = stated
            controls.select(LABELS[key], key, options, stated, change)

    async def _change(self, key: str, value: str) -> None:
        await self.set(**{key: value})

    def offer_remedies(self, problem: str, known: Understood) -> None:
        """Show a problem in the current slot, with a button for each correction that it offers."""
        offered = remedies(problem) if self.is_file else []
        if len(known.labels) > 1 and known.option in ("only", "value"):
            offered = [(known.option, label) for label in known.labels[:12]]
        markup = f"<strong>This cannot be read yet.</strong> {theme.sentence(in_words(problem))}"
        with ui.element("div").classes("problem").props('role="alert"'):
            theme.html(markup, tag="p")
            if offered:
                with ui.element("div").classes("buttons").style("margin-top: 12px"):
                    for key, value in offered:
                        button = controls.button(button_label(key, value), partial(self._change, key, value))
                        button.props["data-remedy"] = f"{key}={value}"
