"""The references as predictors, without training: `bayes.sine`, `best_linear.recall`, `line.square`, ..."""

from __future__ import annotations

import functools
import warnings
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import signals
from .._arrays import channel
from ..data.windows import as_batch, last_window
from ..errors import InputError, OutsideTrainingWarning, UnknownNameError
from . import familiarity, rollout
from .exact import Forecast, references_of
from .familiarity import Outside
from .simple import MAX_HORIZON
from .table import REFERENCES, reference_of

CONTEXT_LENGTH = 20
MOST_LOOKED_AT = 1_000  # windows of a batch that are judged for a warning


class ClosedForm:
    """A reference forecaster of a known signal, with the interface of a `Predictor`. Nothing is trained.

    Args:
        reference: a key of `table.REFERENCES`.
        family: a signal family; the signal has its default parameters.
    """

    engine = "exact"
    is_recurrent = False
    can_stream = False
    reach = MAX_HORIZON
    is_loaded = True
    horizon = 1
    context_length = CONTEXT_LENGTH
    channels = ("value",)

    def __init__(self, reference: str, family: str) -> None:
        if reference not in REFERENCES:
            raise UnknownNameError("reference", reference, REFERENCES)
        self.reference, self.family = reference, family
        self.name = f"{reference}.{family}"
        self.summary = REFERENCES[reference].summary
        self.process = self.signal = signals.make(family)
        self.warns = False

    def __repr__(self) -> str:
        return f"<ClosedForm {self.name}>"

    def warm(self) -> ClosedForm:
        """The forecaster itself: nothing has to be loaded."""
        return self

    def predict(self, windows: ArrayLike) -> NDArray[np.float64]:
        """The next value after each window, float64 [B, 1], from windows [L], [L, 1] or [B, L, 1].

        Raises:
            InputError: the windows have another shape or are not numbers, or a value or forecast is not finite in
                float32.
        """
        return self._direct(as_batch(windows, self.context_length), 1)

    def outside(self, windows: ArrayLike) -> Outside | None:
        """How far windows, given as for `predict`, lie outside the signal; None if none does.

        It is always None for `line` and `last_value`, which assume no signal.

        Raises:
            InputError: as `predict`.
        """
        batch = as_batch(windows, self.context_length)
        if not REFERENCES[self.reference].knows_signal:
            return None
        outside = familiarity.of(self.signal, self.context_length).find(channel(batch))
        return outside and replace(outside, is_trained=False)

    def forecast(self, context: ArrayLike, horizon: int, known: ArrayLike | None = None) -> NDArray[np.float64]:
        """Direct forecasts of every step up to `horizon`, float64 [B, horizon]; nothing is `known` in advance.

        Raises:
            InputError: as `predict`, or the horizon is not from 1 to 10,000.
        """
        rollout.check_horizon(horizon)
        return self._direct(last_window(context, self.context_length), horizon)

    def trace(self, windows: ArrayLike) -> NoReturn:
        """Raises InputError: a reference has no gates and states."""
        raise InputError(
            f"{self.name!r} is computed: it has no gates and states to look at and carries no state from step to "
            "step. Use predict or forecast."
        )

    def stream(self) -> NoReturn:
        """Raises InputError: a reference carries no state from one value to the next."""
        self.trace([])

    def _direct(self, batch: NDArray[np.floating], horizon: int) -> NDArray[np.float64]:
        if self.warns and (outside := self.outside(batch[:MOST_LOOKED_AT])):
            self.warns = False
            warnings.warn(f"{self.name}: {outside.note}", OutsideTrainingWarning, stacklevel=3)
        forecaster = _forecasters(self.family, horizon)[self.reference]
        return np.asarray(rollout.finite(forecaster(channel(batch).astype(np.float64))), np.float64)


@functools.lru_cache(maxsize=16)
def _forecasters(family: str, horizon: int) -> dict[str, Forecast]:
    return references_of(signals.make(family), CONTEXT_LENGTH, horizon)


def find(name: str) -> ClosedForm | None:
    """The reference with this name; None if no reference has it."""
    parts = reference_of(name)
    return None if parts is None else ClosedForm(*parts)
