"""A memory task: the value after a cue must be recalled at the end of the window; the other values distract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..errors import InputError
from . import scene
from .scene import Knob, Scene, Values
from .signal import Moments, Signal, check_not_negative


@dataclass(frozen=True, kw_only=True)
class Recall(Signal):
    """The signal family `recall`: every value after the window equals the value after the cue.

    At a step k, uniform on 0..L-2, the window holds the cue c, and at k + 1 the payload v. All other values are
    distractors. Payload and distractors are Gaussian with mean 0 and standard deviation `spread`. The targets equal v
    at every step ahead. The place of a value does not tell what it is.

    Args:
        cue: c; it must lie far from the distractors to be told from them.
        spread: standard deviation of payload and distractors, above 0.
        sigma: standard deviation of the Gaussian noise, at least 0.
    """

    cue: float = 2.0
    spread: float = 0.5

    title: ClassVar[str] = "recall"
    noun: ClassVar[str] = "recall task"
    episodic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_negative(spread=self.spread)
        if self.spread == 0:
            raise InputError("spread must be > 0: payloads that are all the same need no memory.")

    @property
    def formula(self) -> str:
        """The signal in words, for example "the value after a cue of 2 among distractors of spread 0.5"."""
        return f"the value after a cue of {self.cue:g} among distractors of spread {self.spread:g}"

    def clean(self, count: int, context_length: int, horizon: int, rng: np.random.Generator) -> FloatArray:
        """[count, L + H]: independent realisations without noise."""
        self._check(context_length)
        clean = self.spread * rng.standard_normal((count, context_length + horizon))
        rows, place = np.arange(count), rng.integers(0, context_length - 1, count)
        clean[rows, place] = self.cue
        clean[:, context_length:] = clean[rows, place + 1][:, None]
        return clean

    def moments(self, context_length: int, horizon: int) -> Moments:
        """The exact first and second moments of an observed window."""
        self._check(context_length)
        chance, payload = 1 / (context_length - 1), self.spread**2
        mean = np.full(context_length, self.cue * chance)
        mean[-1] = 0.0
        square = np.full(context_length, payload + (self.cue**2 - payload) * chance)
        square[-1] = payload
        cross = np.full((horizon, context_length), payload * chance)
        cross[:, 0] = 0.0
        return Moments(
            context_mean=mean,
            target_mean=np.zeros(horizon),
            within=np.diag(square + self.sigma**2) - np.outer(mean, mean),
            cross=cross,
            variance=np.full(horizon, payload + self.sigma**2),
        )

    def posterior(self, context: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the payload, repeated over the horizon, [B, H] each.

        Both are exact. The posterior is a mixture over the place k of the cue, with weights
        N(x_k; c, sigma^2) / N(x_k; 0, s^2 + sigma^2). Given k, the payload is Gaussian with mean
        x_(k+1) s^2 / (s^2 + sigma^2).
        """
        self._check(context.shape[1])
        context = np.asarray(context, np.float64)
        noise, total = max(self.sigma, 1e-6 * self.spread) ** 2, self.spread**2 + self.sigma**2
        place = context[:, :-1]
        log_weight = place**2 / (2 * total) - (place - self.cue) ** 2 / (2 * noise)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        shrink = self.spread**2 / total
        payload = shrink * context[:, 1:]
        mean = (weight * payload).sum(axis=1, keepdims=True)
        variance = shrink * self.sigma**2 + (weight * (payload - mean) ** 2).sum(axis=1, keepdims=True)
        return np.repeat(mean, horizon, axis=1), np.repeat(variance, horizon, axis=1)

    def _check(self, context_length: int) -> None:
        if context_length < 2:
            raise InputError(f"recall needs a window of at least 2 values, cue and payload, got {context_length}.")

    def scene(self, context_length: int) -> Scene:
        """The signal with sliders for the place of the cue, the payload and the noise."""
        def curve(values: Values, steps: NDArray[np.int_], length: int) -> FloatArray:
            place = round(values["place"])
            clean = self.spread * np.random.default_rng(11).standard_normal(len(steps))
            clean[place], clean[place + 1] = self.cue, values["payload"]
            clean[length:] = values["payload"]
            return clean

        def known(values: Values) -> Signal:
            return Recall(cue=self.cue, spread=self.spread, sigma=values["noise"])

        return Scene(
            (
                Knob("place", "Place of the cue in the window", 0, context_length - 2, 1, min(6, context_length - 2)),
                Knob("payload", "Value to be recalled", -1.5, 1.5, 0.05, 0.6),
                scene.noise(self),
            ),
            curve,
            known,
        )
