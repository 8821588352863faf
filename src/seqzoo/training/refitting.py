"""A model fitted again at a cutoff of a backtest: the same spec, on the values before that cutoff only."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from .._arrays import FloatArray
from .._extras import one_thread
from ..data.gaps import gaps_of
from ..data.series import Series, in_memory
from ..data.times import TimeIndex
from ..errors import DivergedError, InputError
from ..evaluation.holdout import FEWEST_CUTOFFS
from ..evaluation.rolling import Stopped
from ..forecasters.rollout import recursive
from ..signals import Observed, ObservedSet
from .loop import Progress, train
from .scaled import Scaled
from .spec import TrainingSpec

Array = NDArray[np.float64]


def check_refittable(spec: TrainingSpec, name: str) -> None:
    """Raises InputError unless the spec is that of a training on one measured series."""
    if isinstance(spec.source, ObservedSet):
        raise InputError(
            f"{name} was trained on {len(spec.source.members)} series at once, and fitted to one of them it would be "
            f"another model. Train one on the series: seqzoo train {spec.architecture} --series FILE --only NAME."
        )
    if not isinstance(spec.source, Observed):
        raise InputError(
            f"{name} was trained on a simulated signal, so it cannot be fitted again to a series. Train it on the "
            f"series first: seqzoo train {spec.architecture} --series FILE."
        )


def refitted(
    spec: TrainingSpec,
    past: Array,
    horizon: int,
    *,
    times: TimeIndex | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Callable[..., FloatArray]:
    """A forecaster of windows [B, L, D] to [B, horizon], in the units of the series, trained on a past [t].

    The spec is kept: its recipe, its seed, the kind of its scaling. Level and scale are those of the past, and its
    last fifth chooses the weights. The series that the training reads ends with the past: what follows in it is the
    mean of the past, so that a hold-out exists, and no value after the cutoff is in it. Equal arguments give equal
    weights.

    Args:
        past: NaN where a value is missing; the last is not. Windows do not cross gaps.
        times: those of the past, from which a calendar follows. The forecaster of D > 1 channels is called with the
            windows and the channels [B, horizon, D - 1] of the steps after them.

    Raises:
        InputError: the past is too short for the spec, or constant.
        DivergedError: the training failed.
        Stopped: `should_stop` returned True before the last step.
    """
    measured = past[~np.isnan(past)]
    if measured.min() == measured.max():
        at = f"before the cutoff {len(past):,}"
        raise InputError(f"every value {at} is {measured[0]:g}: there is nothing to learn.")
    padding = np.full(spec.horizon + FEWEST_CUTOFFS - 1, measured.mean())
    series = Series("refitted", np.concatenate([past, padding]), times if spec.calendar else None).trimmed()
    season = spec.source.season if isinstance(spec.source, Observed) else 1
    gaps = gaps_of(series.values) or msgspec.UNSET
    source = Observed(series.name, series.sha256, len(series), len(series) - len(padding), season, gaps)
    with in_memory(series):
        own = msgspec.structs.replace(spec, source=source)
        try:
            trained = train(own, on_progress=on_progress, should_stop=should_stop)
        except DivergedError as error:
            raise DivergedError(f"fitted again at the cutoff {len(past):,}, {error}") from None
        if not trained.finished:
            raise Stopped
        network = Scaled(trained.module, own.scaling)

    def predict(windows: FloatArray) -> FloatArray:
        with torch.no_grad(), one_thread():
            return network(torch.from_numpy(np.array(windows, np.float64))).numpy()  # type: ignore[no-any-return]

    return lambda windows, known=None: recursive(predict, windows, horizon, known)
