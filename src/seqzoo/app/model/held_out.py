"""The held-out values of a model of measured series, with the times of a series: one home for all views."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._arrays import FloatArray
from ...bundles import holdout
from ...data.gaps import starts_of, unmissing
from ...data.series import Series
from ...data.times import TimeIndex
from ...evaluation.holdout import LINEAR, linear_on
from ...forecasters.linear import FittedLinear
from ...forecasters.protocol import Bundled
from ...signals import Simulated
from ..ui.cache import Cache
from .visit import identity

_kept: Cache[tuple[str, int, bool], HeldOutValues] = Cache(60)


class Window(NamedTuple):
    """A window [L], its times if they are known, and the values [H] that followed it; None if nobody knows them.

    `known` [L, D - 1] are the channels beside the values; None if D is 1, or if they cannot be known without times.
    """

    context: FloatArray
    times: TimeIndex | None
    observed: FloatArray | None
    known: FloatArray | None = None


class HeldOutValues:
    """The held-out values of a model; `series` is the whole series, or None where this machine does not have it.

    Args:
        member: which series of a set, from 0; 0 for a model of one series.

    Raises:
        BundleError: the bundle is damaged.
    """

    def __init__(self, model: Bundled, series: Series | None, member: int = 0) -> None:
        source = model.manifest.source
        assert not isinstance(source, Simulated)
        self.source, self.member = source.members[member], member
        self.length, self.horizon = model.context_length, model.horizon
        known = holdout.known_parts(model.bundle)
        self.values, self.known = holdout.parts(model.bundle)[member], None if known is None else known[member]
        self.last = len(self.values) - self.length - self.horizon
        self.end = len(self.values) - self.length
        self.series = series
        times = None if series is None else series.times
        self.times = None if times is None else times.after(self.source.cutoff - self.length)

    @cached_property
    def linear(self) -> FittedLinear | None:
        """The best linear forecaster, a ridge regression of values; None without the series or if it is short."""
        return None if self.series is None else linear_on(self.source, self.length, self.horizon).get(LINEAR)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """[N]: where the windows begin that hold and aim at no missing value."""
        return starts_of(self.values, self.length, self.horizon)

    def nearest(self, first: int) -> int:
        """The same position, or the next one whose window and target do not cross a gap; else the last one."""
        return int(self.starts[min(int(np.searchsorted(self.starts, first)), len(self.starts) - 1)])

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """[N]: where the windows begin that hold no missing value, whatever they aim at; the last ends the series."""
        return np.flatnonzero(unmissing(self.values, self.length))

    def place(self, first: int) -> int:
        """The same position, or the next one whose window does not cross a gap; else the last one."""
        return int(self.places[min(int(np.searchsorted(self.places, first)), len(self.places) - 1)])

    def window(self, first: int) -> Window:
        """The window that begins at this position, see `place`. What followed is None if a value of it is missing."""
        first = self.place(first)
        after = first + self.length
        times = None if self.times is None else self.times.after(first)
        known = None if self.known is None else self.known[first:after]
        observed = self.values[after : after + self.horizon]
        is_known = len(observed) == self.horizon and bool(np.isfinite(observed).all())
        return Window(self.values[first:after], times, observed if is_known else None, known)

    def now(self, first: float) -> str:
        """The time of the last value of a window, or its position."""
        at = self.place(round(first))
        return str(at) if self.times is None else self.times.stamp(at + self.length - 1)


def held_out_of(model: Bundled, member: int = 0) -> HeldOutValues:
    """The held-out values of one series of a model, which all visitors share. Reads files: call it in a thread.

    The series is looked for each time, since somebody may give it again, or delete it.
    """
    source = model.manifest.source
    assert not isinstance(source, Simulated)
    series = source.members[member].find()
    key = identity("", model), member, series is not None  # a bundle is known by its bytes, not by a name
    return _kept.get(key) or _kept.put(key, HeldOutValues(model, series, member))
