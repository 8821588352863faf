"""The training loop of every model and recipe, for new and resumed runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .._course import Evaluation
from .._extras import one_thread
from .._formats import percent
from ..data.scaling import Scaling
from ..errors import CheckpointError, DivergedError
from ..runtime import core
from ..zoo._recipes import Recipe
from . import checkpoints, compiled, modules, optimisers
from .checkpoints import CheckpointState
from .scaled import on_standardised
from .sources import Finite, Sampler, sampler_of
from .spec import TrainingSpec
from .validation import Loss, OnWindows, Validation, batch, tensor, validation_of


@dataclass(frozen=True)
class Progress:
    """The progress after an update, for `on_progress`. `module` holds the averaged weights; do not change them."""

    step: int
    steps: int
    loss: float
    evaluation: Evaluation | None
    module: nn.Module


@dataclass
class Trained:
    """The result of a run. `module` holds the best averaged weights, in eval mode. `last_value` is the excess, or the
    MSE, of the last value repeated. `core` is the core that trained it, see `compiled.name_of`."""

    spec: TrainingSpec
    module: nn.Module
    finished: bool
    step: int
    seconds: float
    best_step: int
    history: list[Evaluation]
    last_value: float
    core: str = ""

    @property
    def best(self) -> Evaluation:
        """The evaluation of the best weights. Raises StopIteration before the first evaluation."""
        return next(point for point in self.history if point.step == self.best_step)

    def check_useful(self) -> None:
        """Raises DivergedError unless the model is better than the last value repeated, on the validation windows."""
        best, last = self.best, self.last_value
        if best.excess is not None:
            better, beside = best.excess < last, f"excess is {percent(best.excess)}, the last value's {percent(last)}"
        else:
            assert best.mse is not None
            better, beside = best.mse < last, f"error is {best.mse:.6g}, the last value's {last:.6g}"
        if not better:
            raise DivergedError(
                f"the model of {self.step} steps is no better than the last value repeated: its {beside}. The "
                f"learning rate ({self.spec.recipe.learning_rate:g}) is probably too high, or the steps are too few."
            )


def train(
    spec: TrainingSpec,
    checkpoint: Path | None = None,
    *,
    resume: bool = False,
    using: core.State | None = None,
    wrap: Callable[[nn.Module], nn.Module] = lambda module: module,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """The result of training until the recipe's last step, or until `should_stop` returns True.

    Args:
        checkpoint: the file that saves the run's state at every evaluation.
        resume: whether to continue from that file if it exists. The final weights are then the same, bit for bit, as
            without the interruption.
        using: the core that computes a network that it knows; by default the one that this process uses. Its absence
            means PyTorch. A resumed run keeps what it began on.
        wrap: as for `modules.builder`.
        on_progress: called after every update.
        should_stop: called before every update.

    Raises:
        UnknownNameError, InputError: as `modules.builder`, or the budget has too few points.
        DivergedError: the loss became infinite or NaN; the last good checkpoint is kept.
        CheckpointError: the checkpoint cannot be read, is of another run, or began on a core that is not here.
    """
    build = modules.builder(spec, wrap)
    using = core.state() if using is None else using
    with one_thread(), torch.random.fork_rng():
        torch.default_generator.manual_seed(spec.seed)
        sampler = sampler_of(spec)
        saved = None
        if resume and checkpoint is not None and checkpoint.exists():
            saved = checkpoints.load(checkpoint)
            using = _core_of(saved[0], spec.fingerprint, checkpoint)
        loop = _Loop(build, spec.recipe, spec.seed, sampler, validation_of(spec, sampler), spec.scaling, using.core,
                     spec.fingerprint)  # fmt: skip
        if saved is not None and checkpoint is not None:
            loop.restore(*saved, checkpoint)
        loop.advance(checkpoint, on_progress, should_stop)
        state = loop.state
        return Trained(
            spec=spec,
            module=loop.chosen(),
            finished=state.step >= spec.recipe.steps,
            step=state.step,
            seconds=state.seconds,
            best_step=state.best_step,
            history=list(state.history),
            last_value=loop.validation.last_value.score,
            core=state.core,
        )


def _core_of(state: CheckpointState, fingerprint: str, path: Path) -> core.State:
    """The core that a run began on. Raises CheckpointError if it is another run, or the core is not here."""
    if state.fingerprint != fingerprint:
        raise CheckpointError(
            f"the checkpoint {path} is of another run: its model, signal, recipe or seed differ from those asked "
            "for. Give the same options to resume it, or start again without --resume."
        )
    using = compiled.named(state.core)
    if state.core and using.core is None:
        raise CheckpointError(
            f"the checkpoint {path} began on the core {state.core[:40]!r}, which is not here: {using.why}. Resume it "
            "where that core runs, or start again without --resume."
        )
    return using


class Fitted(NamedTuple):
    """A module with the best averaged weights, in eval mode, and their step."""

    module: nn.Module
    best_step: int


def fit(
    build: Callable[[], nn.Module],
    windows: Finite,
    recipe: Recipe,
    seed: int,
    *,
    loss: Loss = nn.functional.mse_loss,
) -> Fitted:
    """The result of training a module on given windows, in the units of the windows; no spec states it.

    Args:
        loss: of forecasts [B, H] and targets; it also judges the weights on the held-out windows.

    Raises:
        DivergedError: the loss became infinite or NaN.
    """
    with one_thread(), torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        loop = _Loop(build, recipe, seed, windows, OnWindows(windows, loss), Scaling(), core.find(), "", loss)
        loop.advance(None, lambda progress: None, lambda: False)
        return Fitted(loop.chosen(), loop.state.best_step)


class _Loop:
    """The state of a run between two updates."""

    def __init__(
        self,
        build: Callable[[], nn.Module],
        recipe: Recipe,
        seed: int,
        sampler: Sampler,
        validation: Validation,
        scaling: Scaling,
        using: core.Core | None,
        fingerprint: str,
        loss: Loss = nn.functional.mse_loss,
    ) -> None:
        self.recipe, self.seed, self.sampler, self.validation, self.loss = recipe, seed, sampler, validation, loss
        self.module, self.average = build(), build()
        self.average.load_state_dict(self.module.state_dict())
        self.average.eval()
        # A module finds its parameters anew at each call, which takes a small one as long as its forecast.
        self.parameters = list(zip(self.average.parameters(), self.module.parameters(), strict=True))
        on_core, judged = (compiled.through(module, using) for module in (self.module, self.average))
        self.network, self.judged = on_standardised(on_core, scaling), on_standardised(judged, scaling)
        self.optimiser = optimisers.build(recipe, self.module)
        self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        self.state = CheckpointState(fingerprint, 0, 0.0, 0, math.inf, [], core=compiled.name_of(on_core))

    def advance(
        self,
        checkpoint: Path | None,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        state, recipe = self.state, self.recipe
        batches = self.sampler.batches(state.step)
        before, began, losses = state.seconds, time.perf_counter(), []
        self._reseed()
        while state.step < recipe.steps and not should_stop():
            context, target = next(batches)
            for _, parameter in self.parameters:
                parameter.grad = None
            loss = self.loss(self.network(batch(context)).float(), tensor(target))
            loss.backward()  # type: ignore[no-untyped-call]
            value = loss.item()
            if not math.isfinite(value):
                raise self._diverged(value, checkpoint)
            self.optimiser.step(recipe.learning_rate_at(state.step))
            state.step += 1
            self._average()
            losses.append(value)
            state.seconds = before + time.perf_counter() - began
            evaluation = None
            if recipe.is_evaluated_at(state.step):
                evaluation = self._evaluate(float(np.mean(losses)), checkpoint)
                losses.clear()
                if checkpoint is not None:
                    self.save(checkpoint)
                self._reseed()
            on_progress(Progress(state.step, recipe.steps, value, evaluation, self.average))

    def _reseed(self) -> None:
        """Seed torch from the step, so that a module that draws random numbers continues alike after a resume."""
        # `torch.manual_seed` would note the whole stack for the graphics cards that this machine may have, each time.
        seed = np.random.SeedSequence([self.seed, self.state.step]).generate_state(1)[0]
        torch.default_generator.manual_seed(int(seed))

    def _average(self) -> None:
        with torch.no_grad():
            for average, value in zip(self.average.buffers(), self.module.buffers(), strict=True):
                average.copy_(value)
            for average, value in self.parameters:
                optimisers.averaged(average, value, self.state.step, self.recipe.averaging)

    def _evaluate(self, loss: float, checkpoint: Path | None) -> Evaluation:
        state, judgement = self.state, self.validation.judge(self.judged)
        if not math.isfinite(judgement.score):
            raise self._diverged(judgement.score, checkpoint)
        seen = state.step * self.recipe.batch_size
        evaluation = Evaluation(
            state.step, seen, round(state.seconds, 3), loss, judgement.excess, judgement.mse
        )
        state.history.append(evaluation)
        if judgement.criterion < state.best_criterion:
            state.best_criterion, state.best_step = judgement.criterion, state.step
            self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        return evaluation

    def save(self, checkpoint: Path) -> None:
        groups = {
            "model": self.module.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.tensors(),
        }
        checkpoints.save(checkpoint, self.state, groups)

    def restore(self, state: CheckpointState, groups: dict[str, dict[str, Tensor]], path: Path) -> None:
        if not 0 <= state.step <= self.recipe.steps:
            raise CheckpointError(f"the checkpoint {path} states step {state.step}, of a run of {self.recipe.steps}.")
        try:
            self.module.load_state_dict(groups["model"])
            self.best = groups["best"]
            self.optimiser.load(groups["optimiser"])
            self.average.load_state_dict(self.best)
            self.average.load_state_dict(groups["average"])
        except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(f"the checkpoint {path} does not fit the model: {error}. Train again.") from None
        state.core = self.state.core  # the same target, perhaps of another build
        self.state = state

    def chosen(self) -> nn.Module:
        """The module with the best averaged weights, in eval mode."""
        self.average.load_state_dict(self.best)
        return self.average

    def _diverged(self, value: float, checkpoint: Path | None) -> DivergedError:
        last = self.state.history[-1].step if self.state.history else 0
        rescue = f" The checkpoint of step {last} is kept: {checkpoint}." if checkpoint and last else ""
        return DivergedError(
            f"training diverged: at step {self.state.step} the loss is {value}. The learning rate "
            f"({self.recipe.learning_rate:g}) is probably too high for this model; try a tenth of it.{rescue}"
        )
