"""What int8 weights cost: the forecasts of the rounded weights, and their error beside that of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from ..._arrays import Float32Array, FloatArray
from ..._formats import percent, short
from ...bundles import holdout
from ...bundles.store import Bundle
from ...errors import InputError, IntegrityError
from ...evaluation.holdout import score_on_series
from ...evaluation.on_a_set import MODEL, Units, score_on_set
from ...evaluation.scoring import HeldOut, Predict, held_out
from ...runtime.engines.numpy import CELLS, NumpyEngine
from ...runtime.feedforward import ARCHITECTURES, heads_of, units_of
from ...signals import ObservedSet, Simulated
from .arrays import Quantised, is_quantised

WINDOWS = 10_000
ADDED = ("place",)  # tensors of two dimensions that are added, as the places of a transformer: they stay float32
_PIECE = 512


class Quantisation(NamedTuple):
    """The weights of a bundle in int8, and what that costs.

    Args:
        predict: the forecasts [B, H] of windows [B, L, D] that the rounded weights give.
        size: the bytes of all weights and scales.
        before: the bytes of the weights in float32.
        loss: the error of both in words.
    """

    predict: Predict
    size: int
    before: int
    loss: str


def quantise(bundle: Bundle, weights: Mapping[str, Float32Array]) -> Quantisation:
    """The int8 weights of a bundle: its matrices, row by row; biases and rows of a few entries stay float32.

    Both errors are measured on the same fresh windows of the signal, or on the held-out values of a measured series.

    Raises:
        InputError: no matrix gets smaller.
        IntegrityError: the manifest or the held-out values break the bundle's contract.
    """
    rounded, size = dict(weights), 0
    for name, tensor in weights.items():
        matrix = tensor.reshape(len(tensor), -1)
        if tensor.ndim > 1 and name not in ADDED and is_quantised(matrix):
            quantised = Quantised.of(matrix)
            rounded[name] = quantised.matrix.reshape(tensor.shape)
            size += quantised.values.nbytes + quantised.scales.nbytes
        else:
            size += tensor.nbytes
    before = sum(tensor.nbytes for tensor in weights.values())
    if size == before:
        name = bundle.manifest.name
        raise InputError(f"the rows of {name} are too short to get smaller in int8: leave out --int8.")
    predict = _equations(bundle, rounded)
    return Quantisation(predict, size, before, _loss(bundle, _equations(bundle, weights), predict))


def _equations(bundle: Bundle, weights: Mapping[str, Float32Array]) -> Predict:
    """The forecasts of these weights by the equations in float64, which the C follows in float32."""
    manifest = bundle.manifest
    if manifest.architecture in CELLS:
        return NumpyEngine(save(dict(weights)), manifest).run
    heads, equations = heads_of(manifest.config), ARCHITECTURES[manifest.architecture]
    precise = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    all_on = np.ones(units_of(manifest.architecture, precise, heads))

    def network(values: Float32Array) -> Float32Array:
        return equations.run(precise, values.astype(np.float64), all_on, heads).forecast.astype(np.float32)

    def predict(windows: FloatArray) -> FloatArray:
        pieces = np.array_split(windows, -(-len(windows) // _PIECE))
        return np.concatenate([manifest.contract.scaling.around(network, piece) for piece in pieces])

    return predict


def _loss(bundle: Bundle, exact: Predict, rounded: Predict) -> str:
    manifest, contract = bundle.manifest, bundle.manifest.contract
    length, horizon = contract.context_length, contract.horizon
    if isinstance(manifest.source, Simulated):
        if contract.channels > 1:
            raise IntegrityError(f"a simulated signal has one channel; the manifest states {contract.channels}.")
        signal = manifest.source.process
        windows = min(WINDOWS, signal.windows_to_score)
        fresh = held_out(signal, length, horizon=horizon, windows=windows, seed=manifest.score.seed)
        return f"{_of_signal(fresh, exact, rounded)}, on {windows:,} fresh windows"
    errors = []
    for predict in (exact, rounded):
        if isinstance(manifest.source, ObservedSet):
            stated = manifest.score.series
            units = [Units(stated[each.name].scale, stated[each.name].unit) for each in manifest.source.members]
            measured = score_on_set(
                predict, holdout.parts(bundle), units, length, horizon, season=manifest.source.season,
                linear=[{} for _ in units], known=holdout.known_parts(bundle),
            )  # fmt: skip
            errors.append(measured.mse[MODEL].value)
        else:
            known = holdout.known_of(bundle)
            errors.append(score_on_series(predict, holdout.of(bundle), length, horizon, known=known).mse.value)
    return f"MSE {short(errors[1])} in place of {short(errors[0])}, on the held-out values"


def _of_signal(fresh: HeldOut, exact: Predict, rounded: Predict) -> str:
    before, after = fresh.score(exact), fresh.score(rounded)
    if math.isnan(before.excess.value):
        return f"MSE {short(after.mse.value)} in place of {short(before.mse.value)}"
    return f"excess {percent(after.excess.value)} in place of {percent(before.excess.value)}"
