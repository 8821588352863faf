"""Whether a window lies outside the training data, and how far. NumPy only.

A network interpolates. It also returns a number for a constant 5, a ramp or temperatures in kelvin, but that number
means nothing. Training draws windows of the model's signal, so their distribution is known. A window is measured in
two ways, both in standard deviations of the training data:

- by value: the largest |value - mean| / sd of the window;
- by shape: the Mahalanobis distance of the window under the mean and covariance of training windows, over all
  principal directions together and along each one. The distance along one direction detects a ramp within the range
  of the signal: in total it is no farther than noise, but it lies in a direction of very small variance.

Each measure is compared with its reach: the largest among fresh windows of the signal, drawn once from a fixed seed,
plus a tenth. Of 10,000 windows of the signal, about one or none lies outside.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._arrays import FloatArray
from ..signals import FAMILIES, Signal

SEED = 2**31 + 41
MOST_DRAWN, LEAST_DRAWN, MOST_VALUES = 5_000, 1_500, 500_000  # windows, windows and values drawn for a reach
LONGEST = 256  # the shape is that of the last 256 values of a window: a larger covariance would be expensive
MARGIN = 1.1
LEAST_SPREAD = 0.01  # of the standard deviation: smaller noise, such as rounding, puts no window outside
# Facts by family; `python -m seqzoo.forecasters.familiarity` writes the file.
STORED = Path(__file__).with_name("familiarity.json")
STORED_LENGTH = 20
ROWS = 4096  # windows judged at once


@dataclass(frozen=True)
class Outside:
    """How far a batch of windows lies outside training, in standard deviations of the training data.

    Args:
        windows: B, the number of windows judged.
        outside: [B] whether each window lies outside.
        value: the largest distance of a value from the mean.
        value_reach: the largest such distance in training, with the margin.
        shape: the distance from the mean window, along the direction that exceeds its reach the most.
        shape_reach: the reach along that direction.
        mean, sd: of a value in the training data.
        is_trained: False for a reference, which assumes a signal and is not trained.
    """

    windows: int
    outside: NDArray[np.bool_]
    value: float
    value_reach: float
    shape: float
    shape_reach: float
    mean: float
    sd: float
    is_trained: bool = True

    def far(self, values: FloatArray) -> FloatArray:
        """[L]: how far each of these values lies from the mean, in standard deviations; 0 where training reaches."""
        distance = np.abs(np.asarray(values, np.float64) - self.mean) / self.sd
        return np.where(distance > self.value_reach, distance, 0.0)

    @property
    def whose(self) -> str:
        """Words that follow "outside what" beside a value."""
        return "this model has seen" if self.is_trained else "its signal gives"

    @property
    def note(self) -> str:
        """One sentence on the farthest window."""
        by_value = self.value > self.value_reach
        what, far, reach = (
            ("a value", self.value, self.value_reach) if by_value else ("the shape", self.shape, self.shape_reach)
        )
        count = f" ({int(self.outside.sum()):,} of {self.windows:,} windows)" if self.windows > 1 else ""
        whose, of = ("training saw", "training windows") if self.is_trained else ("its signal gives", "its windows")
        return (
            f"Outside what {whose}{count}: {what} lies {_number(far)} standard deviations from the mean; {of} reach "
            f"{_number(reach)}."
        )

    def facts(self) -> dict[str, Any]:
        """Facts for JSON: the sentence, the number of windows that lie outside, and the distances."""
        return {
            "note": self.note, "windows": int(self.outside.sum()), "value": self.value,
            "value_reach": self.value_reach, "shape": self.shape, "shape_reach": self.shape_reach,
        }  # fmt: skip


class Range:
    """The extent of the values of a measured series before its cutoff. Nothing is known of the shape of its windows.

    Args:
        mean, sd: of these values.
        reach: the largest distance of one of them from the mean, in standard deviations.
    """

    def __init__(self, mean: float, sd: float, reach: float) -> None:
        self.mean, self.sd, self.value_reach = mean, sd, MARGIN * reach

    def find(self, windows: FloatArray) -> Outside | None:
        """How far windows [B, L] lie outside; None if none does."""
        far = np.abs(windows - self.mean).max(axis=1) / self.sd
        outside = far > self.value_reach
        if not outside.any():
            return None
        largest = float(far.max())
        return Outside(len(windows), outside, largest, self.value_reach, 0.0, 0.0, self.mean, self.sd)

    def find_value(self, value: float) -> Outside | None:
        """How far one value lies outside; None if it does not."""
        return self.find(np.array([[value]]))


class Familiarity:
    """The extent of a signal's training windows; `of` caches it.

    Args:
        facts: as `drawn` computes them.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.mean, self.sd, self.value_reach = (float(facts[key]) for key in ("mean", "sd", "value_reach"))
        self._most = float(facts["most"])
        self._at, self._axes, self._reach = (np.array(facts[key]) for key in ("at", "axes", "reach"))
        self._bounds = self._most * self._reach
        self._far, self._bound = self.value_reach * self.sd, self._bounds[-1] ** 2

    def facts(self) -> dict[str, Any]:
        """What it was made of, as `drawn` gives it."""
        return {
            "mean": self.mean, "sd": self.sd, "value_reach": self.value_reach, "most": self._most,
            "at": self._at, "axes": self._axes, "reach": self._reach,
        }  # fmt: skip

    def find(self, windows: FloatArray) -> Outside | None:
        """How far windows [B, L] of finite values in the series' units lie outside; None if none does."""
        if len(windows) == 1 and not self._is_outside(windows[0]):
            return None
        judged = self.judge(windows)
        return judged if judged.outside.any() else None

    def judge(self, windows: FloatArray) -> Outside:
        """The distances of windows [B, L] of finite values in the series' units, also if none lies outside."""
        values, shapes, places = [], [], []
        for part in _pieces(windows):
            values.append(np.abs(part - self.mean).max(axis=1) / self.sd)
            distances = self._distances(part)
            excess = distances / self._reach
            worst = excess.argmax(axis=1)
            shapes.append(np.stack([excess.max(axis=1), distances[np.arange(len(part)), worst]], axis=1))
            places.append(worst)
        value, (excess, shape), place = np.concatenate(values), np.concatenate(shapes).T, np.concatenate(places)
        worst = int(excess.argmax())
        return Outside(
            len(value), (value > self.value_reach) | (excess > self._most), float(value.max()), self.value_reach,
            float(shape[worst]), float(self._bounds[place[worst]]), self.mean, self.sd,
        )  # fmt: skip

    def _is_outside(self, window: FloatArray) -> bool:
        """Whether one window [L] lies outside: the verdict of `judge`, in a quarter of its time."""
        most, least = np.maximum.reduce(window), np.minimum.reduce(window)  # max() and min() take twice the time
        if most - self.mean > self._far or self.mean - least > self._far:
            return True
        along = (window[-len(self._at) :] - self._at) @ self._axes
        return bool(np.count_nonzero(np.abs(along) > self._bounds[:-1]) or along @ along > self._bound)

    def find_value(self, value: float) -> Outside | None:
        """How far one value lies outside, whatever values precede it; None if it does not."""
        far = abs(value - self.mean) / self.sd
        if far <= self.value_reach:
            return None
        bound = float(self._bounds[-1])
        return Outside(1, np.array([True]), far, self.value_reach, 0.0, bound, self.mean, self.sd)

    def _distances(self, windows: FloatArray) -> FloatArray:
        return _distances(windows, self._at, self._axes)


def drawn(signal: Signal, context_length: int, axes: FloatArray | None = None) -> dict[str, Any]:
    """The facts of a `Familiarity` for windows of L values, from the signal's moments and fresh windows.

    Args:
        axes: [width, width] whitening axes. By default they are scaled eigenvectors of the covariance, which are not
            unique where an eigenvalue repeats.

    Returns:
        mean and sd of a value; at [width], the mean window; axes; reach [width + 1] of each distance; most, the
        largest excess over a reach; value_reach.

    Raises:
        InputError: a length lies outside its range.
    """
    rng = np.random.default_rng(SEED)
    known = signal.moments(context_length, 1)
    width = min(context_length, LONGEST)
    variance, center = known.within.diagonal(), known.context_mean
    mean, sd = float(center.mean()), float(np.sqrt(variance.mean() + center.var())) or 1.0
    at = center[-width:]
    if axes is None:
        spread, vectors = np.linalg.eigh(known.within[-width:, -width:])
        axes = vectors / np.sqrt(np.maximum(spread, (LEAST_SPREAD * sd) ** 2))
    windows = max(LEAST_DRAWN, min(MOST_DRAWN, MOST_VALUES // context_length))
    first, second = (signal.draw(windows, context_length, 1, rng).context for _ in range(2))
    reach = np.concatenate([_distances(part, at, axes) for part in _pieces(first)]).max(axis=0)
    reach = np.maximum(reach, LEAST_SPREAD)
    # Some direction often exceeds its reach by chance. The allowed excess is therefore measured on a second draw.
    most = MARGIN * max(float((_distances(part, at, axes) / reach).max()) for part in _pieces(second))
    farthest = max(float(np.abs(part - mean).max()) for part in (first, second))
    value_reach = MARGIN * max(farthest, LEAST_SPREAD * sd) / sd
    return {"mean": mean, "sd": sd, "at": at, "axes": axes, "reach": reach, "most": most, "value_reach": value_reach}


@functools.lru_cache(maxsize=32)
def of(signal: Signal, context_length: int) -> Familiarity:
    """The `Familiarity` of a signal, cached; for the signals of the shipped models it is read from a file.

    Raises:
        InputError: a length lies outside its range.
    """
    if context_length == STORED_LENGTH:
        family = next((name for name, kind in FAMILIES.items() if signal == kind()), None)
        known = json.loads(STORED.read_bytes())
        if family in known:
            return Familiarity(known[family])
    return Familiarity(drawn(signal, context_length))


def _distances(windows: FloatArray, at: FloatArray, axes: FloatArray) -> FloatArray:
    """[B, width + 1]: the distance along each principal direction, then over all of them together."""
    along = np.abs((windows[:, -len(at) :] - at) @ axes)
    return np.concatenate([along, np.sqrt((along**2).sum(axis=1, keepdims=True))], axis=1)


def _pieces(windows: FloatArray) -> list[FloatArray]:
    return [windows[start : start + ROWS].astype(np.float64) for start in range(0, len(windows), ROWS)]


def _number(value: float) -> str:
    return f"{value:#.3g}".rstrip(".") if value < 1000 else f"{value:,.0f}" if value < 1e6 else f"{value:.2g}"


if __name__ == "__main__":
    stored = {name: drawn(kind(), STORED_LENGTH) for name, kind in FAMILIES.items()}
    STORED.write_text(json.dumps(stored, default=np.ndarray.tolist), "utf-8")
