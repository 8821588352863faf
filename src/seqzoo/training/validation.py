"""The windows that evaluate the averaged weights of a run, and the criterion that chooses the best ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .._arrays import values_of, with_channel
from .._extras import one_thread
from ..evaluation import metrics
from ..evaluation.scoring import HELD_OUT_SEEDS
from ..signals import Signal
from .scaled import on_standardised
from .sources import Finite, Sampler, sampler_of
from .spec import TrainingSpec

Loss = Callable[[Tensor, Tensor], Tensor]
"""Maps forecasts and targets, both [B, H], to their mean loss."""

WINDOWS = 4096
VALUES = 1 << 20  # of all windows: long windows are fewer


class Judgement(NamedTuple):
    """The quality of weights: `excess` and `mse` as in `Evaluation`. The lowest `criterion` chooses the weights."""

    criterion: float
    excess: float | None
    mse: float | None

    @property
    def score(self) -> float:
        """The excess if there is one, otherwise the MSE."""
        score = self.mse if self.excess is None else self.excess
        assert score is not None
        return score


class Validation(Protocol):
    """Judges modules on windows that no training sees."""

    last_value: Judgement
    """The judgement on the last value repeated."""

    def judge(self, module: nn.Module) -> Judgement:
        """The judgement on a module in eval mode, which maps [B, L, D] to [B, H]."""


def validation_of(spec: TrainingSpec, sampler: Sampler) -> Validation:
    """The validation of a run.

    Raises:
        InputError: the series of an observed source is not stored on this machine.
    """
    held_out = sampler if isinstance(sampler, Finite) else None
    process = spec.source.process
    if process is not None:
        return _OnProcess(process, spec.context_length, spec.horizon, held_out)
    assert held_out is not None
    return OnWindows(held_out)


class _OnProcess:
    """Fresh windows, and the excess over their Bayes forecasts.

    The excess chooses the weights. With a finite budget, the error on the held-out windows chooses them instead,
    since in practice a finite data set offers no other criterion.
    """

    def __init__(self, process: Signal, length: int, horizon: int, held_out: Finite | None) -> None:
        self.held_out = held_out
        count = WINDOWS if held_out is None else WINDOWS // 4
        count = min(count, VALUES // (length + horizon))
        draw = process.draw(count, length, 1, np.random.default_rng(HELD_OUT_SEEDS))
        self.context = batch(draw.context)
        self.bayes, variance = process.posterior(draw.context, horizon)
        self.bayes_mse = process.sigma**2 + float(variance.mean())
        last = draw.context[:, -1:].repeat(horizon, axis=1)
        excess = metrics.excess(last, self.bayes, self.bayes_mse).value
        self.last_value = Judgement(excess, excess, None)

    def judge(self, module: nn.Module) -> Judgement:
        with torch.no_grad():
            forecast = module(self.context).numpy()
        excess = metrics.excess(forecast, self.bayes, self.bayes_mse).value
        return Judgement(excess if self.held_out is None else _error(module, self.held_out), excess, None)


class OnWindows:
    """The held-out windows of a measured series, of a set of series, or of a fit.

    Args:
        loss: what judges; by default the mean squared error, in the units that errors are stated in.
    """

    def __init__(self, windows: Finite, loss: Loss = nn.functional.mse_loss) -> None:
        self.windows, self.loss, self.unit = windows, loss, windows.scaling.scale**2
        context, target = windows.held_out
        last = values_of(context)[:, -1:].repeat(target.shape[1], axis=1)
        error = self.unit * float(loss(torch.from_numpy(last), torch.from_numpy(np.array(target))).item())
        self.last_value = Judgement(error, None, error)

    def judge(self, module: nn.Module) -> Judgement:
        error = self.unit * _error(module, self.windows, self.loss)
        return Judgement(error, None, error)


def _error(module: nn.Module, windows: Finite, loss: Loss = nn.functional.mse_loss) -> float:
    """The mean loss on the held-out windows, in their units."""
    context, target = windows.held_out
    with torch.no_grad():
        return loss(module(batch(context)).float(), tensor(target)).item()


def errors_of(spec: TrainingSpec, module: nn.Module) -> NDArray[np.float64]:
    """[N]: the squared error of a trained module on each held-out window of a measured source, in order of time.

    Errors are means over the horizon, in units of the series' deviation.

    Raises:
        InputError: as `sampler_of`.
    """
    sampler = sampler_of(spec)
    assert isinstance(sampler, Finite)
    context, target = sampler.held_out
    with torch.no_grad(), one_thread():
        forecast = on_standardised(module, spec.scaling)(batch(context)).numpy().astype(np.float64)
    return np.asarray(np.square(forecast - target).mean(axis=1))


def tensor(values: NDArray[np.floating]) -> Tensor:
    """The values in float32."""
    return torch.from_numpy(values.astype(np.float32))


def batch(context: NDArray[np.floating]) -> Tensor:
    """The windows [B, L] or [B, L, D] as a module reads them, [B, L, D] in float32."""
    return tensor(context) if context.ndim == 3 else with_channel(tensor(context))
