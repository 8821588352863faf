"""Windows of a series, splits at a cutoff, and the check that every input passes.

Shapes: T series length, N windows, L context_length, H horizon, D channels: the value, and what is known in advance.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .calendar import check_waves

MAX_BATCH = 10_000_000
HELD_OUT = 5  # wherever no cutoff is stated, the last fifth is held out
_READY = (np.dtype(np.float32), np.dtype(np.float64))


class Windows(NamedTuple):
    """context [N, L], or [N, L, D] with channels known in advance, and target [N, H].

    Both are views into the series: do not write to them.
    """

    context: NDArray[np.floating]
    target: NDArray[np.floating]


def sliding(
    series: ArrayLike,
    context_length: int,
    horizon: int = 1,
    stride: int = 1,
    *,
    known: NDArray[np.floating] | None = None,
) -> Windows:
    """Every window of a series [T], `stride` steps apart.

    Args:
        known: [T, D - 1], channels that are known in advance; contexts are then [N, L, D].

    Raises:
        InputError: the series is not one-dimensional or shorter than one window.
    """
    values = _series(series)
    if min(context_length, horizon, stride) < 1:
        raise InputError(
            f"context_length, horizon and stride must be >= 1, got {context_length}, {horizon} and {stride}."
        )
    width = context_length + horizon
    if len(values) < width:
        raise InputError(
            f"a series of {len(values)} values is too short: one window needs {context_length} values "
            f"of context and {horizon} of target, {width} together."
        )
    view = np.lib.stride_tricks.sliding_window_view(values, width)[::stride]
    if known is None:
        return Windows(view[:, :context_length], view[:, context_length:])
    table = np.column_stack([values, known])
    rows = np.lib.stride_tricks.sliding_window_view(table, width, axis=0)[::stride]
    return Windows(rows[:, :, :context_length].swapaxes(1, 2), view[:, context_length:])


def split(
    series: ArrayLike,
    cutoff: int,
    context_length: int,
    horizon: int = 1,
    stride: int = 1,
    *,
    known: NDArray[np.floating] | None = None,
) -> tuple[Windows, Windows]:
    """Training windows and test windows of a series [T], divided at index `cutoff`.

    Training windows lie wholly before the cutoff. The targets of test windows lie at or after it; their contexts may
    begin before it, as in real forecasting. No training window contains a test target.

    Args:
        known: as for `sliding`.

    Raises:
        InputError: either side is too short for one window.
    """
    values = _series(series)
    first = cutoff - context_length
    if first < 0 or cutoff > len(values):
        raise InputError(
            f"cutoff must be from {context_length} to {len(values)} for this series, got {cutoff}."
        )
    before, after = (None, None) if known is None else (known[:cutoff], known[first:])
    return (
        sliding(values[:cutoff], context_length, horizon, stride, known=before),
        sliding(values[first:], context_length, horizon, stride, known=after),
    )


def pooled(
    parts: Sequence[NDArray[np.floating]],
    context_length: int,
    horizon: int = 1,
    *,
    known: Sequence[NDArray[np.floating]] | None = None,
) -> tuple[Windows, list[NDArray[np.intp]]]:
    """Windows of several series [T] laid end to end, and for each series where its own begin.

    The other windows lie across two series, or hold a missing value (NaN): choose by the places. Nothing is copied
    but the values.

    Args:
        known: [T, D - 1] of each series, as for `sliding`.

    Raises:
        InputError: no series is as long as one window.
    """
    own, begin = [], 0
    for part in parts:
        is_long = len(part) >= context_length + horizon
        starts = np.flatnonzero(whole(part, context_length, horizon)) if is_long else np.empty(0, np.intp)
        own.append(begin + starts)
        begin += len(part)
    if not any(map(len, own)):
        return sliding(max(parts, key=len), context_length, horizon), own  # refuses what has no windows
    beside = None if known is None else np.concatenate(known)
    return sliding(np.concatenate(parts), context_length, horizon, known=beside), own


def default_cutoff(count: int) -> int:
    """Index of the first of `count` values of a series that is held out where nothing else is stated: the last fifth.

    The last fifth of the values before a cutoff is held out of the training in turn: it chooses the weights.
    """
    return count - count // HELD_OUT


def held_out_of(count: int, horizon: int) -> int:
    """How many of the last of `count` values of a series are held out where it is one of a set.

    The last fifth of it, and at least one target: over many series, few cutoffs of each suffice.
    """
    return max(horizon, count // HELD_OUT)


def spread_out(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most `most` of the places, evenly spaced."""
    return places if len(places) <= most else places[np.linspace(0, len(places) - 1, most).astype(np.intp)]


def single(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """The same values in float32, infinite where float32 overflows; an array in float32 is returned as it is."""
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def as_batch(values: ArrayLike, context_length: int, names: Sequence[str] = ("value",)) -> NDArray[np.floating]:
    """The windows, validated, as contiguous [B, L, D]: float32 where float32 was given, else float64.

    Accepts [L, D] and [B, L, D], and [L] where D is 1. Every value must also be finite in float32, where 1e39 is
    infinite: engines would turn infinities and NaN into plausible numbers.

    Args:
        names: the names of the D channels.

    Raises:
        InputError: the values are not finite numbers, have another shape, or hold no window or more than 10 million.
    """
    if type(values) is np.ndarray and values.dtype in _READY:  # nothing to cast, nothing to refuse
        batch = np.ascontiguousarray(values)
    else:
        batch = _cast(values, context_length)
    shape, channels = batch.shape, len(names)
    if shape == (context_length, channels) or (channels == 1 and shape == (context_length,)):
        batch = batch.reshape(1, context_length, channels)
    elif batch.ndim != 3 or shape[1:] != (context_length, channels):
        raise InputError(_shape_message(shape, context_length, names))
    elif not 0 < shape[0] <= MAX_BATCH:
        raise InputError(f"a batch must hold 1 to {MAX_BATCH:,} windows, got {shape[0]}.")
    finite = np.isfinite(single(batch))
    if np.count_nonzero(finite) != finite.size:  # in a fifth of the time of all(), for one window
        window, step, at = np.argwhere(~finite)[0]
        raise InputError(
            f"every value must be finite in float32 (at most 3.4e38): "
            f"{names[at] if channels > 1 else 'value'} {step + 1} of window {window + 1} is "
            f"{np.asarray(values, dtype=object).reshape(-1)[(window * context_length + step) * channels + at]!s}."
        )
    if channels > 1:
        check_waves(batch[:, :, 1:], names[1:])
    return batch


def last_window(
    context: ArrayLike, context_length: int, names: Sequence[str] = ("value",)
) -> NDArray[np.floating]:
    """The windows as `as_batch` returns them; of a longer series [T] or [T, D], the window of its last L values.

    Raises:
        InputError: as `as_batch`.
    """
    with contextlib.suppress(ValueError):  # ragged input: as_batch raises the error
        values = np.asanyarray(context)
        is_series = values.ndim == 1 if len(names) == 1 else values.ndim == 2 and values.shape[1] == len(names)
        context = values[-context_length:] if is_series else values
    return as_batch(context, context_length, names)


def whole(series: ArrayLike, context_length: int, horizon: int = 1, stride: int = 1) -> NDArray[np.bool_]:
    """Which windows of `sliding` hold and aim at no missing value: [N].

    Raises:
        InputError: as `sliding`.
    """
    width = context_length + horizon
    windows = sliding(series, context_length, horizon, stride)  # refuses what has no windows
    missing = np.concatenate([[0], np.cumsum(np.isnan(_series(series)))])
    kept: NDArray[np.bool_] = missing[width:] == missing[:-width]
    return kept[::stride][: len(windows.context)]


def unbroken(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values of a series [T] after the last missing one (NaN); all if none is missing."""
    missing = np.flatnonzero(np.isnan(values))
    return values[missing[-1] + 1 :] if len(missing) else values


def finite_series(series: ArrayLike, *, missing: bool = False) -> NDArray[np.float64]:
    """The series [T] as float64, validated.

    Args:
        missing: whether NaN is allowed, for a value that is missing.

    Raises:
        InputError: the series is not one-dimensional, not numeric, or has a value that is not finite in float32.
    """
    values = _series(series).astype(np.float64)
    finite = np.isfinite(single(values))
    bad = np.flatnonzero(~(finite | np.isnan(values)) if missing else ~finite)
    if len(bad):
        raise InputError(f"every value must be finite in float32: value {bad[0]} of the series is {values[bad[0]]}.")
    return values


def _cast(values: ArrayLike, context_length: int) -> NDArray[np.floating]:
    try:
        _refuse_silent_casts(values)
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(
            f"a window must hold {context_length} numbers; what was given is not an array of numbers ({error})."
        ) from None


def _refuse_silent_casts(values: ArrayLike) -> None:
    """Raises TypeError for values that NumPy would convert to numbers only with a loss or by a guess."""
    raw = np.asanyarray(values)
    if raw.dtype.kind == "f":
        # Naming numpy.ma imports it, which takes a tenth of the time of a first prediction.
        if "numpy.ma" in sys.modules and isinstance(raw, np.ma.MaskedArray) and raw.mask.any():
            raise TypeError("values are masked")
    elif raw.dtype.kind == "O":
        if any(isinstance(value, str | bytes) for value in raw.flat):
            raise TypeError("text")
    elif raw.dtype.kind not in "iub":
        raise TypeError(f"dtype {raw.dtype}")


def channels_message(names: Sequence[str], given: str) -> str:
    """The refusal of windows that lack the channels of a model."""
    return (
        f"the model reads {len(names)} channels at each step, {', '.join(names)}; got {given}. Its card has the "
        "formulas; `seqzoo forecast --file` computes them from the file's times."
    )


def _shape_message(shape: tuple[int, ...], context_length: int, names: Sequence[str]) -> str:
    if len(names) > 1:
        accepted = f"[{context_length}, {len(names)}] or [B, {context_length}, {len(names)}]"
        return channels_message(names, f"shape {list(shape)}, expected {accepted}")
    expected = f"[{context_length}], [{context_length}, 1] or [B, {context_length}, 1]"
    if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
        return f"expected {context_length} values, got {shape[0]}. Shapes accepted: {expected}."
    if len(shape) == 2 and shape[1] == context_length:
        return f"got shape {list(shape)}: add the channel axis, windows[:, :, None]. Accepted: {expected}."
    return f"expected windows of shape {expected}, got {list(shape)}."


def _series(series: ArrayLike) -> NDArray[np.floating]:
    try:
        values = np.asarray(series)
    except (ValueError, RecursionError) as error:
        raise InputError(f"a series must be a one-dimensional array of numbers: {error}") from None
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise InputError(
            f"a series must be a one-dimensional array of numbers, got shape {list(values.shape)} "
            f"of {values.dtype}."
        )
    return values
