"""A feed-forward model looked into: first filters, attention, and the effect of each unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray, values_of, with_known
from ..bundles.store import WEIGHTS, Bundle
from ..errors import InputError, IntegrityError
from ..runtime.engines.numpy import read_weights
from ..runtime.feedforward import ARCHITECTURES, Pass, heads_of, units_of

__all__ = ["ARCHITECTURES", "FeedForward"]

Array = NDArray[np.float64]


class FeedForward:
    """One feed-forward bundle, read from its weights. Windows and forecasts are in the series' units.

    Windows are [B, L], or [B, L, D] for a model of D channels; only the values are scaled.

    Raises:
        InputError: the architecture is not in ARCHITECTURES.
        IntegrityError: the weights are damaged, or not those of the architecture.
    """

    def __init__(self, bundle: Bundle) -> None:
        facts = bundle.manifest
        if facts.architecture not in ARCHITECTURES:
            raise InputError(f"the architecture {facts.architecture!r} is not one of {', '.join(ARCHITECTURES)}.")
        self._known, self._scaling = ARCHITECTURES[facts.architecture], facts.contract.scaling
        self.parameters = facts.parameters
        self._weights = read_weights(bundle.read(WEIGHTS), facts)
        length, horizon = facts.contract.context_length, facts.contract.horizon
        try:
            self.heads = heads_of(facts.config)
            self.filters = self._weights[self._known.first] if self._known.first else None
            if self.filters is not None and facts.contract.channels > 1:  # those of the value
                self.filters = self.filters[:, :1] if self.filters.ndim == 3 else self.filters[:, :length]
            self.units = units_of(facts.architecture, self._weights, self.heads)
            shape = self.forecast(np.zeros((1, length, facts.contract.channels))).shape
        except (KeyError, ValueError, IndexError, TypeError, OverflowError) as error:
            raise IntegrityError(f"the weights are not those of a {facts.architecture}: {error}.") from None
        if shape != (1, horizon):
            raise IntegrityError(f"the weights forecast {shape[1]} steps; the manifest states {horizon}.")

    def run(self, windows: FloatArray, off: frozenset[int] = frozenset()) -> Pass:
        """The results for windows, with the units `off` at zero. The forecast is in series units."""
        mask = np.ones(self.units)
        mask[list(off)] = 0
        frame = self._scaling.frame(values_of(windows))
        known = windows[:, :, 1:] if windows.ndim == 3 else None
        entered = np.asarray(with_known(frame.enter(values_of(windows)), known), np.float64)
        result = self._known.run(self._weights, entered, mask, self.heads)
        return result._replace(forecast=frame.leave(result.forecast))

    def forecast(self, windows: FloatArray, off: frozenset[int] = frozenset()) -> Array:
        """The forecasts [B, H] of windows, with the units `off` at zero."""
        return self.run(windows, off).forecast

    def worth(self, windows: FloatArray, units: Sequence[int]) -> Array:
        """The effect [units] of each unit: the root mean square change of the next forecast without it."""
        whole = self.forecast(windows)[:, 0]
        moved = [self.forecast(windows, frozenset([unit]))[:, 0] - whole for unit in units]
        return np.asarray(np.sqrt(np.mean(np.square(np.reshape(moved, (len(units), len(windows)))), axis=1)))
