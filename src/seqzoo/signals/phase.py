"""The posterior of a sine's phase given a noisy window, by quadrature with the exact likelihood.

For x_t = A sin(w t + phi) + sigma e_t with phi uniform on [0, 2 pi) and gain g = A / sigma,

    log p(x | phi) = g (S cos phi + C sin phi) - g^2/2 Q(phi) + constant,
    S = sum (x_t / sigma) sin(w t),   C = sum (x_t / sigma) cos(w t),
    Q(phi) = sum sin^2(w t + phi) = L/2 - (P cos 2 phi - R sin 2 phi) / 2,
    P = sum cos(2 w t),   R = sum sin(2 w t):

The likelihood depends on the window only through S and C. The integrand is smooth and periodic, so the trapezoid
rule converges geometrically once its step is below the width of the posterior. This width is at least
1 / (g sqrt(L)); a step of half of it leaves a relative error below 1e-30.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray

IntArray = NDArray[np.intp]

UNIFORM_NODES = 2048  # if more are needed, a coarse grid is refined only where the posterior has mass
COARSE_NODES = 1024
NEGLIGIBLE = 46.0  # a refined grid omits cells whose mass is below e^-46 = 1e-20 of the mode's
LEAST = -700.0  # e^-700 adds nothing to a sum above 1; below e^-708, exp takes several times as long
SPLIT = 4  # a refinement divides a cell into this many cells
ROWS_AT_ONCE = 128  # 128 rows x 1024 nodes x 8 bytes = 1 MB stay in a core's cache: three times as fast as 16 MB


class PhasePosterior:
    """Posterior moments of sin(a + phi) given windows over the angles `steps`.

    Args:
        steps: [L] the angles w t of the window's values.
        gain: amplitude over noise, A / sigma.
    """

    def __init__(self, steps: FloatArray, gain: float) -> None:
        self.gain = gain
        self.basis = np.stack([np.sin(steps), np.cos(steps)], axis=1)
        self.length = len(steps)
        self.double_cos = float(np.cos(2 * steps).sum())
        self.double_sin = float(np.sin(2 * steps).sum())
        self.spacing = 0.5 / max(gain * math.sqrt(self.length), 1.0)

    def sine(self, scaled: FloatArray, angles: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and variance of sin(angle + phi).

        Args:
            scaled: [B, L] windows divided by sigma.
            angles: [H] the angles w t of the values to forecast.

        Returns:
            mean [B, H], variance [B, H]
        """
        nodes = max(64, math.ceil(2 * math.pi / self.spacing))
        moments_of = self._uniform
        if nodes > UNIFORM_NODES:
            moments_of, nodes = self._refined, COARSE_NODES
        projections = scaled @ self.basis
        moments = np.concatenate(
            [
                moments_of(projections[start : start + ROWS_AT_ONCE], nodes)
                for start in range(0, len(scaled), ROWS_AT_ONCE)
            ]
            or [np.empty((0, 5))]
        )
        # sin(a + phi) = sin a cos phi + cos a sin phi: five moments serve every angle.
        s, c = np.sin(angles), np.cos(angles)
        mean = moments[:, :2] @ np.stack([s, c])
        square = moments[:, 2:] @ np.stack([s**2, 2 * s * c, c**2])
        return mean, np.maximum(square - mean**2, 0.0)

    def _uniform(self, projections: FloatArray, nodes: int) -> FloatArray:
        phase = np.arange(nodes) * (2 * np.pi / nodes)
        cosine, sine = np.cos(phase), np.sin(phase)
        log_weight = projections @ (self.gain * np.stack([cosine, sine])) - self._energy(phase)
        log_weight -= log_weight.max(axis=1, keepdims=True)
        weight = np.exp(np.maximum(log_weight, LEAST))
        powers = np.stack([np.ones(nodes), cosine, sine, cosine**2, sine * cosine, sine**2], axis=1)
        sums = weight @ powers
        return np.asarray(sums[:, 1:] / sums[:, :1])

    def _refined(self, projections: FloatArray, nodes: int) -> FloatArray:
        """The same moments on a grid whose cells are divided only where they can still hold mass.

        A cell of width d around phi is dropped when log p(phi) + |log p'(phi)| d/2 + M d^2/8 is negligible beside the
        best node of its row. M is a bound of |log p''|.
        """
        width = 2 * np.pi / nodes
        row: IntArray = np.repeat(np.arange(len(projections)), nodes)
        phase = np.tile(np.arange(nodes) * width, len(projections))
        bend = self.gain * np.hypot(*projections.T) + self.gain**2 * self.length
        offsets = (np.arange(SPLIT) + 0.5) / SPLIT - 0.5
        while True:
            log_weight, slope = self._log_likelihood(projections[row], phase)
            starts = np.flatnonzero(np.diff(row, prepend=-1))
            log_weight = log_weight - np.maximum.reduceat(log_weight, starts)[row]
            if width <= self.spacing:
                break
            bound = log_weight + np.abs(slope) * (width / 2) + bend[row] * (width**2 / 8)
            alive = bound >= -NEGLIGIBLE
            row = np.repeat(row[alive], SPLIT)
            phase = (phase[alive][:, None] + width * offsets).ravel()
            width /= SPLIT
        weight = np.exp(log_weight)
        cosine, sine = np.cos(phase), np.sin(phase)
        powers = (cosine, sine, cosine**2, sine * cosine, sine**2)
        total = np.add.reduceat(weight, starts)
        return np.stack([np.add.reduceat(weight * power, starts) / total for power in powers], axis=1)

    def _energy(self, phase: FloatArray) -> FloatArray:
        wave = self.double_cos * np.cos(2 * phase) - self.double_sin * np.sin(2 * phase)
        return self.gain**2 / 4 * (self.length - wave)

    def _log_likelihood(self, projections: FloatArray, phase: FloatArray) -> tuple[FloatArray, FloatArray]:
        """log p and its derivative in phi, both [N], for a projection [N, 2] and a phase [N] each."""
        cosine, sine = np.cos(phase), np.sin(phase)
        value = self.gain * (projections[:, 0] * cosine + projections[:, 1] * sine) - self._energy(phase)
        wave = self.double_cos * np.sin(2 * phase) + self.double_sin * np.cos(2 * phase)
        slope = self.gain * (projections[:, 1] * cosine - projections[:, 0] * sine) - self.gain**2 / 2 * wave
        return value, slope
