"""Where the view *Look inside* takes its windows from, and what stands beside the model's derivative."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ...._arrays import FloatArray, with_channel, with_known
from ...._window import LEAST_NOISE
from ....evaluation import sensitivity
from ....evaluation.holdout import LINEAR
from ....evaluation.sensitivity import Slope
from ....forecasters.exact import best_linear
from ....forecasters.floors import standing
from ....forecasters.protocol import has_bundle
from ....forecasters.simple import line_weights
from ....forecasters.table import label
from ..visit import Visit
from ..window import HeldOutWindow, SharedWindow, SignalWindow, window_of


class Windows(Protocol):
    """The windows of one visitor.

    `scale` is the size of a typical deviation in units of the series, `center` about its mean, and `linear_name` what
    the linear forecaster is called. `whence` says where typical windows come from.
    """

    scale: float
    center: float
    linear_name: str
    whence: str

    @property
    def window(self) -> SharedWindow:
        """The window that all views show."""

    @property
    def seed(self) -> int:
        """The seed that shuffles the window."""

    def context(self) -> FloatArray:
        """[L]: the window."""

    def typical(self, count: int, seed: int) -> FloatArray:
        """[N, L]: windows as the model's series has them."""

    def beside(self, count: int) -> FloatArray | None:
        """[N, L, D - 1]: the channels beside these windows; None if D is 1."""

    def batch(self, windows: FloatArray, known: FloatArray | None = None) -> FloatArray:
        """[B, L, D]: windows [B, L] as the model reads them, with the channels of the chosen window, or with others
        [L, D - 1] or [B, L, D - 1]."""

    def linear(self, context: FloatArray, step: int) -> Slope:
        """The linear forecaster at a window."""

    def bayes(self, context: FloatArray, step: int) -> Slope | None:
        """The Bayes forecaster at a window; None where the process is unknown."""

    def standing(self, *, own: bool) -> str:
        """How good the Bayes forecast is, see `floors.standing`."""


class SignalWindows:
    """Windows of a signal."""

    scale, center = 1.0, 0.0
    linear_name = "best linear"
    whence = "fresh windows of its signal"

    def __init__(self, visit: Visit, window: SignalWindow) -> None:
        self.visit, self.length = visit, visit.model.context_length
        self.window: SignalWindow = window

    @property
    def seed(self) -> int:
        """The seed of the noise."""
        return self.window.seed

    def context(self) -> FloatArray:
        """[L]: the window, rounded as the models of signals read it."""
        return self.window.context().astype(np.float32).astype(np.float64)

    def typical(self, count: int, seed: int) -> FloatArray:
        """[N, L]: fresh windows of the model's signal."""
        return self.visit.model.signal.draw(count, self.length, 1, np.random.default_rng(seed)).context

    def beside(self, count: int) -> FloatArray | None:
        """None: D is 1."""
        return None

    def batch(self, windows: FloatArray, known: FloatArray | None = None) -> FloatArray:
        """[B, L, 1]: the windows."""
        return with_channel(windows)

    def linear(self, context: FloatArray, step: int) -> Slope:
        """The best linear forecaster of the signal of the sliders."""
        forecast = best_linear(self.window.signal(LEAST_NOISE), self.length, step)
        return sensitivity.exact(lambda windows: forecast(windows)[:, step - 1], context)

    def bayes(self, context: FloatArray, step: int) -> Slope | None:
        """The Bayes forecaster of the signal of the sliders."""
        return sensitivity.of_bayes(self.window.signal(LEAST_NOISE), context, step)

    def standing(self, *, own: bool) -> str:
        """How good the Bayes forecast is."""
        return standing(self.window.signal(LEAST_NOISE), own=own)


class HeldOutWindows:
    """Windows of the held-out values of a measured series."""

    whence = "held-out windows"

    def __init__(self, visit: Visit, window: HeldOutWindow) -> None:
        known = visit.known
        assert has_bundle(known)
        self.window: HeldOutWindow = window
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

    @property
    def seed(self) -> int:
        """The position of the window."""
        return self.window.first

    def context(self) -> FloatArray:
        """[L]: the window."""
        return self.window.context()

    def typical(self, count: int, seed: int) -> FloatArray:
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

    def bayes(self, context: FloatArray, step: int) -> Slope | None:
        """None: the process is unknown."""
        return None

    def standing(self, *, own: bool) -> str:
        """Empty."""
        return ""


def windows_of(visit: Visit) -> Windows:
    """The windows of a model: of its signal, or of its held-out values. Reads files: call it in a thread."""
    window = window_of(visit)
    if isinstance(window, HeldOutWindow):
        return HeldOutWindows(visit, window)
    assert isinstance(window, SignalWindow)
    return SignalWindows(visit, window)
