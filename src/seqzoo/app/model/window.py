"""The window that all views of a model show, and the signal or the series that it is of: one state in the address."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np

from ..._arrays import FloatArray
from ..._window import DRAWS, FIRST_SEED
from ...forecasters.protocol import has_bundle
from ...signals import Signal
from . import own_window
from .held_out import Window, held_out_of
from .own_window import Pasted
from .visit import Visit

KEYS = ("window", "draw", "values", "cutoff", "dragged", "pasted", "times")  # of the address; all but sliders


class SharedWindow(ABC):
    """A window [L] of a visit: its values as they begin, and the changes of single values.

    Every change is written into the address and counted in `version`. Each view says which version it shows, and is
    drawn again when it is opened after another view has changed the window.

    `pasted` is a window of the visitor's own, or None. `changes` maps places in it, from 0, to dragged values; it is
    replaced, never changed, because views read it in threads.
    """

    def __init__(self, visit: Visit) -> None:
        self.visit, self.length, self.horizon = visit, visit.known.context_length, visit.known.horizon
        self.version = 0
        self._shown: dict[str, int] = {}  # the version that each view shows, by its key
        self._read()

    def _read(self) -> None:
        """Take over the state of the address."""
        query = self.visit.query
        self.pasted = own_window.read(query.get("pasted", ""), self.length)
        self.changes = own_window.read_changes(query.get("values", ""), self.length)
        if not self.changes:
            query.pop("values", None)
        dragged = own_window.read(query.get("dragged", ""), self.length)  # of older links: the whole window
        if dragged is not None and self.pasted is None and not self.changes:
            self.changes = dict(enumerate(dragged.tolist()))

    def follow(self, view: str, redraw: Callable[[], Awaitable[None]]) -> None:
        """Call `redraw` whenever a view is opened again and shows another version than the latest."""

        async def opened() -> None:
            if not self.is_shown(view):
                await redraw()

        self.visit.when_opened[view] = opened

    def shows(self, view: str, version: int) -> None:
        """Take note that a view shows this version."""
        self._shown[view] = version

    def is_shown(self, view: str) -> bool:
        """Whether a view shows the latest version."""
        return self._shown.get(view) == self.version

    @property
    def start(self) -> FloatArray:
        """[L]: the window without the changes of single values."""
        pasted = self.pasted
        return self._begins() if pasted is None else pasted

    @abstractmethod
    def _begins(self) -> FloatArray:
        """[L]: the window of the signal or the series."""

    @property
    def is_own(self) -> bool:
        """Whether the visitor gave or changed values, whose law is unknown."""
        return self.pasted is not None or bool(self.changes)

    def context(self) -> FloatArray:
        """[L]: the window."""
        values = np.array(self.start, np.float64)
        for place, value in self.changes.items():
            values[place] = value
        return values

    def drag(self, place: int, value: float) -> None:
        """Change one value, rounded as the address holds it."""
        moved = self.context()
        moved[place] = value
        self.changes = {**self.changes, place: float(own_window.rounded(moved)[place])}
        self._changed()

    def change(self, window: FloatArray) -> None:
        """Take over a window [L] that a view shows: the places that differ from `start` are its changes."""
        start = self.start
        changes = {place: float(window[place]) for place in np.flatnonzero(window != start).tolist()}
        if changes != self.changes:
            self.changes = changes
            self._changed()

    def give(self, given: Pasted | None) -> None:
        """Use the visitor's own values, or with None the window of the signal or the series again."""
        self.pasted = None if given is None else own_window.rounded(given.window)
        self.changes = {}
        self._changed()

    @property
    @abstractmethod
    def texts(self) -> dict[str, str]:
        """The state as texts, which `pages/js/window.js` reads; what a first visit has is left out."""

    @property
    def facts(self) -> dict[str, Any]:
        """What `pages/js/window.js` needs beside the texts."""
        return {}

    @abstractmethod
    def take(self, texts: Mapping[str, str]) -> None:
        """Take over the state that a view in the browser reports, in the form of `texts`."""

    @abstractmethod
    def renew(self) -> None:
        """Take the next window of the signal or the series."""

    def _reset(self, **state: object) -> None:
        """Drop what belongs to another window."""
        self.pasted, self.changes = None, {}
        self._changed(**state)

    def _changed(self, **state: object) -> None:
        """Write the window into the address, with other state of it, unless Back has led to another window."""
        self.version += 1
        if self.visit.window is self:
            self.visit.remember(**{**dict.fromkeys(KEYS), **self._written(), **state})

    def _written(self) -> dict[str, object]:
        return {
            "pasted": None if self.pasted is None else own_window.written(self.pasted),
            "values": own_window.written_changes(self.changes) or None,
        }


class SignalWindow(SharedWindow):
    """A window of a model's signal: as the sliders set it, or with a number `draw` one drawn from the signal.

    `values` are those of the sliders, and `seed` is that of the noise.
    """

    def __init__(self, visit: Visit) -> None:
        self.scene = visit.known.signal.scene(visit.known.context_length)
        super().__init__(visit)

    def _read(self) -> None:
        super()._read()
        visit = self.visit
        self.values = {knob.key: visit.number(knob.key, knob.start, knob.low, knob.high) for knob in self.scene.knobs}
        self.seed = int(visit.number("seed", FIRST_SEED, 0, 2**31 - 1))
        drawn = int(visit.number("draw", -1, -1, DRAWS - 1))
        self.draw = drawn if drawn >= 0 else None
        if self.draw is None:
            visit.query.pop("draw", None)

    @property
    def texts(self) -> dict[str, str]:
        """The state as texts, which `pages/js/window.js` reads; what a first visit has is left out."""
        moved = {knob.key: repr(self.values[knob.key]) for knob in self.scene.knobs
                 if self.values[knob.key] != knob.start}  # fmt: skip
        state = {**self._written(), **moved, "seed": None if self.seed == FIRST_SEED else self.seed}
        return {key: str(value) for key, value in state.items() if value is not None}

    def take(self, texts: Mapping[str, str]) -> None:
        """Take over the state that a view in the browser reports, in the form of `texts`."""
        if self.visit.window is not self:  # Back has led to another window
            return
        keys = {*KEYS, "seed", *self.values}
        told = {key: texts[key] for key in keys & texts.keys()}
        for key in keys:
            self.visit.query.pop(key, None)
        self.visit.query.update(told)
        self._read()
        self.version += 1
        self.visit.remember(**told)

    def turn(self, key: str, value: float) -> None:
        """Set a slider."""
        self.values[key] = value
        self.draw = None
        self._reset(**{key: value})

    def renew_noise(self) -> None:
        """Take other noise."""
        self.seed += 1
        self.draw = None
        self._reset(seed=self.seed)

    def renew(self) -> None:
        """Draw the next window."""
        self.draw = ((self.draw or 0) + 1) % DRAWS
        self._reset()

    def signal(self, least_noise: float = 0.0) -> Signal:
        """The signal that the reference forecasters assume: that of the sliders, for own values that of the model."""
        values = {**self.values, "noise": max(self.values["noise"], least_noise)}
        own = self.visit.known.signal
        return own if self.pasted is not None and own.sigma >= least_noise else self.scene.signal(values)

    def _begins(self) -> FloatArray:
        draw = self.draw
        if draw is None:
            return self.scene.window(self.values, self.length, self.horizon, self.seed)[0]
        drawn: FloatArray = self._source().draw(1, self.length, 1, np.random.default_rng(draw)).context[0]
        return drawn

    def _source(self) -> Signal:
        """What numbered windows are drawn from: the model's signal, unless a slider was moved."""
        is_moved = any(self.values[knob.key] != knob.start for knob in self.scene.knobs)
        return self.scene.signal(self.values) if is_moved else self.visit.known.signal

    def _written(self) -> dict[str, object]:
        return {**super()._written(), "draw": self.draw}


class HeldOutWindow(SharedWindow):
    """A window of the held-out values of a measured series; `first` is where it begins. Reads files.

    `times` are those of the visitor's own values, if they have some.
    """

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        known = visit.known
        assert has_bundle(known)
        self.held_out, self.calendar = held_out_of(known, visit.member), known.manifest.contract.calendar
        end, places = self.held_out.end, self.held_out.places
        if "draw" in visit.query and "window" not in visit.query:  # of older links: the number of a window
            first = int(places[int(visit.number("draw", 0, 0, DRAWS)) % len(places)])
        else:
            if visit.query.get("view") == "rollout" and not {"window", "cutoff"} & visit.query.keys():
                visit.query["window"] = str(end)  # a roll-out begins where the series ends
            first = int(visit.number("window" if "window" in visit.query else "cutoff", 0, 0, end))
        self.first = self.held_out.place(first)
        self.times = None if self.pasted is None else own_window.read_times(visit.query.get("times", ""))

    @property
    def texts(self) -> dict[str, str]:
        """The changes as a text."""
        return {"values": own_window.written_changes(self.changes)} if self.changes else {}

    @property
    def facts(self) -> dict[str, Any]:
        """The window without changes, whether it is the visitor's own, and the seed of what is drawn for it."""
        return {"start": self.start.tolist(), "given": self.pasted is not None, "seed": self.first}

    def take(self, texts: Mapping[str, str]) -> None:
        """Take over the changes that a view reports; it cannot choose another window."""
        changes = own_window.read_changes(texts.get("values", ""), self.length)
        if changes != self.changes:
            self.changes = changes
            self._changed()

    def turn(self, first: float) -> None:
        """Move along the held-out values."""
        self.first = self.held_out.place(min(round(first), self.held_out.end))
        self._reset()

    def renew(self) -> None:
        """Move to the next window; after the last one comes the first."""
        self.turn(self.first + 1 if self.first < self.held_out.end else 0)

    def give(self, given: Pasted | None) -> None:
        """Use the visitor's own values, with their times, or with None the held-out ones again."""
        self.times = None if given is None else given.times
        super().give(given)

    def window(self) -> Window:
        """The window with its times and channels, and what followed it, which is unknown of own or changed values."""
        if self.pasted is None:
            held_out = self.held_out.window(self.first)
            return held_out._replace(context=self.context(), observed=None) if self.changes else held_out
        times, known = self.times, None
        if self.calendar is not None and times is not None:
            known = self.calendar.channels(times, self.length)
        return Window(self.context(), times, None, known)

    def _begins(self) -> FloatArray:
        return self.held_out.window(self.first).context

    def _reset(self, **state: object) -> None:
        self.times = None
        super()._reset(**state)

    def _written(self) -> dict[str, object]:
        times = None if self.times is None else own_window.written_times(self.times)
        return {**super()._written(), "times": times, "window": self.first}


def window_of(visit: Visit) -> SharedWindow:
    """The window of a visit, the same for each of its views. May read files: call it in a thread."""
    with visit.opening:  # two views that open at once share it, too
        if visit.window is None:
            visit.window = HeldOutWindow(visit) if visit.known.process is None else SignalWindow(visit)
        return visit.window
