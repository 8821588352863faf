"""Networks of the contest: trained by the one loop, on the values before the first cutoff. A task can be pickled.

The first training of an architecture chooses the scaling of all, as `seqzoo train --series` does: see
`training.on_series.choose`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from .._arrays import with_channel
from ..data.gaps import gaps_of
from ..data.scaling import Kind
from ..data.series import Series, in_memory
from ..data.windows import sliding
from ..errors import InputError
from ..evaluation.scoring import HELD_OUT_SEEDS
from ..signals import Observed
from ..zoo._recipes import Recipe

if TYPE_CHECKING:
    from ..training.spec import TrainingSpec

NAME = "doctor"  # of the series in a specification; no file is written
LONGEST_STEPWISE = 64  # values that a network reads step by step: its time grows with them
BATCH = 64
MANY = 2_000  # values of a training part, on whose last fifth an evaluation takes as long as several updates
OFTEN, RARELY = 100, 500  # updates between evaluations, five times as often at first
TWIN_CUTOFFS = 1_000  # from which the error on a twin is measured


@dataclass(frozen=True)
class Architecture:
    """An architecture of the zoo, small, and how long it is trained.

    Args:
        name: in the zoo.
        config: its size.
        steps: updates; fixed, so that equal seeds give equal weights.
        longest: the most values that it reads.
    """

    name: str
    config: Mapping[str, Any]
    steps: int
    longest: int = 1_024

    def context_length(self, wanted: int, training: int) -> int:
        """L: as many values as wanted, within its limit and a quarter of the training part."""
        return max(1, min(wanted, self.longest, training // 4))


@dataclass(frozen=True, eq=False)
class Training:
    """One training, and the forecasts of its network.

    Args:
        architecture: what is trained.
        context_length: L.
        horizon: H.
        season: m, for the scaling by season; 1 for none.
        seed: of weights and batches.
        values: [T], the whole series; NaN where a value is missing, which no window holds.
        start, first: the network is trained on `values[start:first]`, which begins with a value.
        cutoffs: [N], without a missing value in the windows before them.
        scaling: the kind that was chosen; None before that.
    """

    architecture: Architecture
    context_length: int
    horizon: int
    season: int
    seed: int
    values: NDArray[np.float64]
    start: int
    first: int
    cutoffs: NDArray[np.intp]
    scaling: Kind | None = None

    def choose(self) -> Kind:
        """The kind of scaling whose network errs least on the last fifth of the training part.

        Raises:
            InputError: the training part is too short.
        """
        from ..training.on_series import choose

        series, spec = self._series_and_spec("series")
        with in_memory(series):
            return choose(spec, keeps_optimiser=True).scaling_kind

    def forecast(self) -> NDArray[np.float64]:
        """[N, H]: trains, and forecasts from every cutoff; chooses the scaling first if it is not chosen yet.

        Raises:
            InputError: the training part is too short.
            DivergedError: the loss became infinite or NaN.
        """
        from .._extras import one_thread
        from ..training.loop import train
        from ..training.validation import tensor

        series, spec = self._series_and_spec(self.scaling or self.choose())
        with in_memory(series):
            trained = train(spec)
            scaling = spec.scaling
        rows = self.cutoffs - self.context_length
        context = with_channel(sliding(self.values, self.context_length).context[rows])
        with one_thread():
            ahead = scaling.around(lambda windows: trained.module(tensor(windows)).detach().numpy(), context)
        return np.asarray(ahead, np.float64)

    def _series_and_spec(self, kind: Kind) -> tuple[Series, TrainingSpec]:
        from ..training.spec import TrainingSpec

        series = Series(NAME, self.values[self.start :])
        gaps = gaps_of(series.values) or msgspec.UNSET
        source = Observed(NAME, series.sha256, len(series), self.first - self.start, self.season, gaps)
        recipe = Recipe(
            optimiser="adam", learning_rate=1e-2, steps=self.architecture.steps, batch_size=BATCH,
            evaluate_every=OFTEN if source.values_before() < MANY else RARELY,
        )  # fmt: skip
        config = {**self.architecture.config, "context_length": self.context_length, "horizon": self.horizon}
        return series, TrainingSpec(
            self.architecture.name, config, source, recipe, self.seed, scaling_kind=kind
        )


@dataclass(frozen=True, eq=False)
class TwinTraining:
    """A training on a draw of the twin of a series, whose best possible forecaster is known.

    Args:
        architecture, context_length, horizon: as for `Training`.
        season: m; 1 for none.
        values: [T], what the twin is fitted to; NaN where a value is missing.
        points: how many values of the twin the network is trained on.
    """

    architecture: Architecture
    context_length: int
    horizon: int
    season: int
    values: NDArray[np.float64]
    points: int

    def excess(self) -> NDArray[np.float64]:
        """[2]: the network's excess over the twin's Bayes forecaster, and the twin's Bayes MSE.

        The network is trained on one draw, and forecasts from cutoffs of its continuation.

        Raises:
            MissingExtraError: statsmodels is not installed.
            InputError: the series has no twin.
        """
        from ..signals import twin

        process = twin.fit(self.values, self.season if self.season > 1 else None)
        stride = max(1, self.horizon)
        total = self.points + TWIN_CUTOFFS * stride + self.horizon
        draw = process.draw(1, total - 1, 1, np.random.default_rng(HELD_OUT_SEEDS))
        series = np.concatenate([draw.context[0], draw.target[0]])
        cutoffs = np.arange(self.points, total - self.horizon, stride)
        forecast = Training(
            self.architecture, self.context_length, self.horizon, self.season, 0, series, 0, self.points, cutoffs
        ).forecast()
        context = sliding(series, self.context_length).context[cutoffs - self.context_length]
        bayes, variance = process.posterior(context, self.horizon)
        bayes_mse = process.sigma**2 + float(variance.mean())
        if bayes_mse <= 1e-9 * float(series.var()):
            raise InputError("the twin is forecast exactly: there is no error to compare with.")
        return np.array([float(((forecast - bayes) ** 2).mean()) / bayes_mse, bayes_mse])
