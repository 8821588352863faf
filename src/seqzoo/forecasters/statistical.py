"""AutoETS, AutoTheta and AutoARIMA of statsforecast as rivals. No other module imports statsforecast."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._extras import require
from ..data.windows import finite_series
from ..errors import InputError, UnknownNameError, first_line
from .simple import check_lengths, check_season

METHODS = {"auto_ets": "AutoETS", "auto_theta": "AutoTheta", "auto_arima": "AutoARIMA"}
"""The class of statsforecast, which is the label too, by the rival's name."""
FEWEST = 4  # of fewer values AutoARIMA makes zeros


def library(purpose: str) -> ModuleType:
    """The models of statsforecast, whose import takes a second or two.

    Raises:
        MissingExtraError: statsforecast is not installed; the message states the purpose.
    """
    require(["statsforecast"], purpose, "rivals")
    from statsforecast import models

    module: ModuleType = models
    return module


@dataclass(frozen=True)
class Statistical:
    """A model of statsforecast with its default settings: it selects its form by an information criterion.

    Args:
        name: a key of METHODS.
        season: steps of a season. AutoETS ignores a season of more than 24 steps, and AutoARIMA takes minutes on one.

    Raises:
        UnknownNameError: the name is none of METHODS.
        InputError: the season is not a whole number of at least 1.
    """

    name: str
    season: int = 1

    def __post_init__(self) -> None:
        if self.name not in METHODS:
            raise UnknownNameError("statistical model", self.name, METHODS)
        check_season(self.season)

    @property
    def label(self) -> str:
        return METHODS[self.name]

    def fit(self, past: ArrayLike, horizon: int) -> FittedStatistical:
        """The model, selected and fitted on a past [t].

        Raises:
            InputError: the past is not finite, or too short for the model.
            MissingExtraError: statsforecast is not installed.
        """
        models = library(f"a forecast of {self.label}")
        check_lengths(1, horizon)
        values = finite_series(past)
        if len(values) < FEWEST:
            raise InputError(f"{self.label} needs at least {FEWEST} values, got {len(values)}. Give a longer past.")
        model = getattr(models, self.label)(season_length=self.season)
        with _quiet():
            try:
                model.fit(values)
            except Exception as error:  # statsforecast raises several types, for example NotImplementedError
                raise InputError(
                    f"{self.label} cannot be fitted on {len(values)} values with a season of {self.season} "
                    f"({first_line(error)}). Give a longer past, or another rival."
                ) from None
        return FittedStatistical(model, values, horizon)


@dataclass(frozen=True, eq=False)
class FittedStatistical:
    """A fitted model, which forecasts a longer past with the same form and parameters."""

    model: Any
    values: NDArray[np.float64]
    horizon: int

    def __call__(self, past: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forecasts [H] from a past [t].

        Raises:
            InputError: statsforecast cannot apply the fitted model to this past.
        """
        with _quiet():
            if np.array_equal(past, self.values):
                return np.asarray(self.model.predict(self.horizon)["mean"], np.float64)
            try:
                return np.asarray(self.model.forward(finite_series(past), self.horizon)["mean"], np.float64)
            except InputError:
                raise
            except Exception as error:
                raise InputError(
                    f"{type(self.model).__name__}, fitted on {len(self.values)} values, cannot read a past of "
                    f"{len(past)} ({first_line(error)}). Fit it again."
                ) from None


class _quiet(warnings.catch_warnings):
    """Leaves out the warnings of numerical searches, for example a division by the zero variance of a constant."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
