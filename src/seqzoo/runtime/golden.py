"""The golden tensors of a bundle: windows, and the forecasts that every engine must reproduce for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse

from .._arrays import FloatArray, values_of
from ..bundles.manifest import TOLERANCE
from ..bundles.store import GOLDEN, Bundle
from ..errors import IntegrityError


class Comparison(NamedTuple):
    """The forecasts `given` by an engine beside the `expected` ones. Arrays are [N, L, D] and [N, H].

    Args:
        bounds: [N], the largest difference that each window allows.
    """

    context: FloatArray
    expected: FloatArray
    given: FloatArray
    bounds: NDArray[np.float64]

    @property
    def distance(self) -> float:
        """The largest difference of any forecast of the worst window; NaN if a forecast is NaN."""
        return float(self._distances[self._worst])

    @property
    def bound(self) -> float:
        """The largest difference that the worst window allows."""
        return float(self.bounds[self._worst])

    @property
    def passed(self) -> bool:
        """Whether every forecast is within the tolerance."""
        return not self.wrong.any()

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """[N]: whether the forecast of each window is outside the tolerance."""
        return np.asarray(~(self._distances <= self.bounds))

    @property
    def _distances(self) -> NDArray[np.float64]:
        return np.asarray(np.abs(self.given - self.expected).max(axis=1), np.float64)

    @property
    def _worst(self) -> int:
        return int(np.argmax(self._distances / self.bounds))  # that of a NaN, where there is one


def compare(bundle: Bundle, predict: Callable[[FloatArray], FloatArray]) -> Comparison:
    """The comparison of `predict` with the golden tensors of a bundle, on their windows.

    Raises:
        IntegrityError: the tensors cannot be read, or they or the forecast do not have the contract's shape.
    """
    try:
        golden = parse(bundle.read(GOLDEN))
        context, expected = golden["context"], golden["forecast"]
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"the golden tensors cannot be read: {error}.") from None
    contract = bundle.manifest.contract
    rows = len(context) if context.ndim else 0
    shape = (contract.context_length, contract.channels)
    if not rows or context.shape[1:] != shape or expected.shape != (rows, contract.horizon):
        raise IntegrityError(
            f"golden tensors of shapes {list(context.shape)} and {list(expected.shape)}; the manifest states "
            f"[B, {contract.context_length}, {contract.channels}] and [B, {contract.horizon}]."
        )
    kind = contract.scaling.dtype
    if context.dtype != kind or expected.dtype != kind or not np.isfinite(expected).all():
        raise IntegrityError(f"the golden tensors are not finite {kind}.")
    given = predict(context)
    if given.shape != expected.shape:
        raise IntegrityError(f"forecast of shape {list(given.shape)}; golden is {list(expected.shape)}.")
    scale = np.full(rows, contract.scaling.scale)
    if contract.scaling.kind != "series":  # the unit of the network's forecast, where the series of a set differ
        scale = np.maximum(scale, np.ravel(contract.scaling.frame(values_of(context)).spread))
    bounds = TOLERANCE * scale
    if kind == "float64":  # both levels were rounded once
        bounds += 2 * np.spacing(np.abs(expected).max())
    return Comparison(context, expected, given, bounds)
