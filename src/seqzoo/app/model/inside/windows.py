"""The held-out windows that *Look inside* measures a model on, and the linear forecaster beside it."""

from __future__ import annotations

import numpy as np

from ...._arrays import FloatArray, with_known
from ....evaluation.holdout import LINEAR
from ....evaluation.sensitivity import Slope
from ....forecasters.protocol import Bundled
from ....forecasters.simple import line_weights
from ....forecasters.table import label
from ..window import HeldOutWindow


class HeldOutWindows:
    """Windows of the held-out values of a measured series. Reads files: make it in a thread.

    `scale` is the size of a typical deviation in units of the series, `center` about its mean, and `linear_name` what
    the linear forecaster is called.
    """

    def __init__(self, known: Bundled, window: HeldOutWindow) -> None:
        self.window = window
        self.held_out = window.held_out
        source = self.held_out.source
        self.length, self.horizon = known.context_length, known.horizon
        own = known.manifest.score.series.get(source.name)  # of a set
        scaling = known.manifest.contract.scaling
        self.scale, self.center = scaling.scale, scaling.center
        if own is not None:
            self.scale, self.center = own.scale, float(self.held_out.values.mean())
        fitted = self.held_out.linear
        self.weights = line_weights(self.length, self.horizon) if fitted is None else fitted.weights
        self.forecast = (lambda windows: windows @ self.weights.T) if fitted is None else fitted
        self.linear_name = label("line" if fitted is None else LINEAR)

    def typical(self, count: int) -> FloatArray:
        """[N, L]: held-out windows, evenly spaced."""
        return np.stack([self.held_out.window(first).context for first in self._spaced(count)])

    def beside(self, count: int) -> FloatArray | None:
        """[N, L, D - 1]: the channels beside these windows; None if D is 1."""
        known = [self.held_out.window(first).known for first in self._spaced(count)]
        return None if self.held_out.known is None else np.stack([each for each in known if each is not None])

    def batch(self, windows: FloatArray, known: FloatArray | None = None) -> FloatArray:
        """[B, L, D]: the windows, with channels."""
        chosen = self.window.window().known if known is None else known
        wide = None if chosen is None else np.broadcast_to(chosen, (*windows.shape, chosen.shape[-1]))
        return with_known(windows, wide)

    def _spaced(self, count: int) -> list[int]:
        return [int(first) for first in np.unique(np.linspace(0, self.held_out.last, count).astype(int))]

    def linear(self, context: FloatArray, step: int) -> Slope:
        """The ridge regression on the values before the cutoff; a straight line without the series."""
        forecast = float(np.asarray(self.forecast(np.asarray(context[None], np.float64)))[0, step - 1])
        return Slope(forecast, np.asarray(self.weights[step - 1], np.float64), 0.0)
