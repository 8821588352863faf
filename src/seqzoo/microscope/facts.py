"""The facts of one recurrent network that the microscope shows, for every host."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._window import DRAWS
from ..bundles import holdout
from ..bundles.store import Bundle
from ..data.calendar import Calendar
from ..data.gaps import starts_of
from ..data.windows import as_batch
from ..errors import InputError
from ..evaluation.sensitivity import LONGEST, of_bayes
from ..forecasters import familiarity
from ..forecasters.exact import Affine, best_linear
from ..forecasters.floors import standing
from ..forecasters.simple import line_weights
from ..forecasters.table import label
from ..runtime.engines.numpy import CELLS
from ..signals import Signal, Simulated, Source
from ..training.spec import TrainingSpec

FARTHEST = 100  # steps ahead; the best linear weights of more would delay the page


class _Network(NamedTuple):
    """What the microscope must know of a network. `held_out` and `known` read the windows of a measured series."""

    name: str
    architecture: str
    length: int
    horizon: int
    names: tuple[str, ...]
    scale: list[float]
    source: Source
    held_out: Callable[[], list[NDArray[np.float64]]]
    known: Callable[[], list[NDArray[np.float64]] | None]


def _of_bundle(bundle: Bundle) -> _Network:
    facts = bundle.manifest
    contract = facts.contract
    return _Network(
        facts.name, facts.architecture, contract.context_length, contract.horizon, contract.names,
        contract.scaling.numbers, facts.source, lambda: holdout.parts(bundle), lambda: holdout.known_parts(bundle),
    )  # fmt: skip


def _of_spec(spec: TrainingSpec) -> _Network:
    source, length = spec.source, spec.context_length

    def held_out() -> list[NDArray[np.float64]]:
        assert not isinstance(source, Simulated)
        return [member.held_out(length) for member in source.members]

    def known() -> list[NDArray[np.float64]] | None:
        every = spec.known()
        if every is None or isinstance(source, Simulated):
            return None
        return [one[member.cutoff - length :] for one, member in zip(every, source.members, strict=True)]

    return _Network(
        spec.name, spec.architecture, length, spec.horizon, ("value", *Calendar(spec.calendar).names),
        spec.scaling.numbers, source, held_out, known,
    )  # fmt: skip


class Subject:
    """One recurrent network under the microscope, and the window that a page of it begins with.

    `fixed` holds the facts that do not change. `start` [L] is the first window, and `known` [L][D - 1] are the
    channels beside its values; `is_given` tells whether the caller gave it.

    Args:
        network: a bundle, or the spec of a training.
        window: the first window [L] or [L, D], in the units of the series. By default it is drawn from the model's
            signal, or is the first one of the hold-out.
        view: the state of the page; `draw` in it is the number of the drawn window.
        member: the series of a set whose hold-out windows are taken from, from 0.

    Raises:
        InputError: the architecture is not recurrent, its windows are too long, `window` has another length, or the
            series of a spec is not on this machine.
    """

    known: list[list[float]]

    def __init__(
        self,
        network: Bundle | TrainingSpec,
        *,
        window: ArrayLike | None = None,
        view: Mapping[str, Any] | None = None,
        member: int = 0,
    ) -> None:
        facts = _of_bundle(network) if isinstance(network, Bundle) else _of_spec(network)
        self.length = facts.length
        if facts.architecture not in CELLS:
            raise InputError(
                f"{facts.name} has the architecture {facts.architecture!r}, which has no gates and states to show; "
                f"{', '.join(CELLS)} have them."
            )
        if not 2 <= self.length <= LONGEST:
            raise InputError(
                f"{facts.name} reads {self.length:,} values; the microscope shows windows of 2 to {LONGEST}."
            )
        self._given = None if window is None else as_batch(window, self.length, facts.names)[0].astype(float)
        self._process = facts.source.process
        self._assumed = self._process
        self._held_out = None if self._process is not None else facts.held_out()[member]
        known = facts.known() if self._process is None and len(facts.names) > 1 else None
        self._known = None if known is None else known[member]
        self._horizon = self._longest = min(facts.horizon, FARTHEST)
        self._family, self._channels = facts.source.key, list(facts.names[1:])
        self._turn(view or {})
        self.fixed = self.facts_of(facts.name, facts.architecture, facts.scale, self._horizon)

    def facts_of(self, name: str, architecture: str, scale: list[float], horizon: int) -> dict[str, Any]:
        """The facts that do not change, of this network or of another one that reads the same windows.

        Args:
            scale: the numbers of its scaling.
            horizon: the steps that it forecasts; at most FARTHEST of them are shown.
        """
        horizon = min(horizon, FARTHEST)
        self._longest = max(self._longest, horizon)  # `begin_at` states the weights of the longest one
        if self._process is None:
            linear = Affine(line_weights(self.length, horizon), np.zeros(horizon))
            signal, standings = {"family": "", "linear": label("line")}, []
        else:
            linear = best_linear(self._assumed or self._process, self.length, horizon)
            signal = {"family": self._family, **dataclasses.asdict(self._process)}
            standings = [standing(self._process, own=own) for own in (False, True)]
        return {
            "name": name,
            "architecture": architecture,
            "scale": scale,
            "best_linear": linear.weights.tolist(),
            "best_linear_bias": linear.bias.tolist(),
            "signal": signal,
            "standings": standings,
            "channels": self._channels,
        }

    def begin_at(
        self, window: ArrayLike, *, known: ArrayLike | None = None, is_given: bool, signal: Signal | None = None
    ) -> dict[str, Any]:
        """Begin at another window [L], with the channels [L, D - 1] beside its values. Returns the facts that change.

        `signal` is what the Bayes and the best linear forecaster assume, from now on.
        """
        self.start = np.asarray(window, float).tolist()
        self.known = [] if known is None else np.asarray(known, float).tolist()
        self.is_given = is_given
        facts: dict[str, Any] = {"start": self.start, "known": self.known, "is_given": is_given}
        if signal is not None and signal != self._assumed:
            self._assumed = signal
            linear, own = best_linear(signal, self.length, self._longest), self._horizon
            weights, bias = linear.weights.tolist(), linear.bias.tolist()
            facts |= {"best_linear": weights[:own], "best_linear_bias": bias[:own]}
            if self._longest > own:
                facts |= {"farther_best_linear": weights, "farther_best_linear_bias": bias}
        return facts

    def turns(self, view: Mapping[str, Any]) -> bool:
        """Whether the view asks for another window than before; if so, `start` becomes that window."""
        if _whole(view, "draw", 0, DRAWS - 1) == self._draw:
            return False
        self._turn(view)
        return True

    def bayes(self, window: Sequence[float], view: Mapping[str, Any]) -> dict[str, Any]:
        """The Bayes forecast at a window, for the step ahead of the view, and its derivative [L].

        Empty if the window is invalid, if the process is unknown, or if the noise is too small to integrate.
        """
        if not self._is_window(window) or self._assumed is None:
            return {}
        ahead = _whole(view, "ahead", 1, self._horizon)
        try:
            slope = of_bayes(self._assumed, np.asarray(window), ahead)
        except InputError:
            return {}
        derivative = slope.derivative.tolist()
        return {"window": list(window), "ahead": ahead, "forecast": slope.forecast, "derivative": derivative}

    def outside(self, window: Sequence[float]) -> str:
        """A sentence on what in the window lies outside the training range; empty where nothing does."""
        if not self._is_window(window) or self._process is None:
            return ""
        values = np.asarray(window)
        outside = familiarity.of(self._process, self.length).find(values[None])
        return "" if outside is None else outside.note

    def _turn(self, view: Mapping[str, Any]) -> None:
        self._draw = _whole(view, "draw", 0, DRAWS - 1)
        self.is_given = self._given is not None and self._draw == 0
        self.known = []
        if self._given is not None and self.is_given:
            self.start, self.known = self._given[:, 0].tolist(), self._given[:, 1:].tolist()
        elif self._process is not None:
            drawn = self._process.draw(1, self.length, 1, np.random.default_rng(self._draw))
            self.start = drawn.context[0].tolist()
        else:
            assert self._held_out is not None
            starts = starts_of(self._held_out, self.length, 1)
            first = int(starts[self._draw % len(starts)])
            self.start = self._held_out[first : first + self.length].tolist()
            if self._known is not None:
                self.known = self._known[first : first + self.length].tolist()

    def _is_window(self, window: Sequence[float]) -> bool:
        return len(window) == self.length and bool(np.isfinite(window).all())


def _whole(view: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """A whole number from a view, clamped to its bounds; the lowest if the view has none."""
    text = str(view.get(key, low))
    return min(max(int(text), low), high) if text.isascii() and text.isdecimal() and len(text) < 10 else low
