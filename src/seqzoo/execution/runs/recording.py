"""A training that records its events in the folder of its run, for the page's worker and the command line alike."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ... import _storage
from ..._arrays import values_of, with_channel, with_known
from ..._course import Evaluation
from ...data.gaps import default_cutoff_of
from ...errors import InputError
from ...evaluation.holdout import LINEAR, rules_of_windows
from ...forecasters.floors import MAX_SAMPLED, averaged, floors
from ...forecasters.linear import RidgeAutoregression
from ...signals import Observed, ObservedSet, Simulated
from ...training.sources import Finite, sampler_of
from ...training.spec import TrainingSpec
from .events import Began, Ended, Evaluated, Event, Log, Snapshot, append
from .film import Recorder

if TYPE_CHECKING:
    from ...training.loop import Progress, Trained

WISH, EVENTS, CHECKPOINT = "wish", "events.jsonl", "checkpoint.safetensors"
POINTS = 160  # length of the series that snapshots forecast
SPACING = 1.2  # ratio of the steps of successive snapshots
FLOOR_WINDOWS = 50_000
SNAPSHOT_SEED = 2**31 + 3  # not used by training, validation or scores
WISH_SECONDS = 0.1


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Lock the folder of a run; the run counts as under way while the lock is held.

    Raises:
        InputError: another process holds the lock.
    """
    with contextlib.ExitStack() as stack:
        for attempt in range(40):  # `is_held` takes the lock for an instant
            try:
                stack.enter_context(_storage.only_writer(folder))
                break
            except InputError:
                if attempt == 39:
                    raise
                time.sleep(0.05)
        yield


def is_held(folder: Path) -> bool:
    """Whether a process has locked the folder with `held`. Always False on a file system without locks."""
    if not folder.is_dir():
        return False
    try:
        with _storage.only_writer(folder):
            return False
    except InputError:
        return True


def train(
    folder: Path,
    spec: TrainingSpec,
    *,
    on_began: Callable[[Began], None] = lambda began: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """The result of training from the folder's checkpoint, or from the beginning; records every event in the folder.

    Training stops when `should_stop` returns True, or when the folder's file WISH holds anything but "run".

    Raises:
        SeqzooError: as `loop.train`; the caller must record it.
    """
    from ...publishing import build
    from ...training import loop
    from ...training.checkpoints import load

    def say(event: Event) -> None:
        append(folder / EVENTS, event)

    began, windows = _began(spec)
    scaling = spec.scaling
    if isinstance(spec.source, ObservedSet):  # whose `windows` are standardised
        scaling = msgspec.structs.replace(scaling, center=0.0, scale=1.0)
    say(began)
    on_began(began)
    log, checkpoint = Log(folder / EVENTS), folder / CHECKPOINT
    log.read()
    drawn_at = log.snapshots[-1].step if log.snapshots else 0
    film = Recorder(folder, spec)

    def tell(point: Evaluation) -> None:
        # The expected MSE is the Bayes floor times (1 + excess).
        mse = point.mse if point.excess is None else began.floors["bayes"] * (1 + point.excess)
        assert mse is not None
        rate = spec.recipe.learning_rate_at(point.step - 1)
        say(Evaluated(point.step, mse, point.excess, point.loss, rate, point.seconds))

    def note(progress: Progress) -> None:
        nonlocal drawn_at
        on_progress(progress)
        film.note(progress)
        if progress.evaluation is None:
            return
        tell(progress.evaluation)
        if progress.step >= drawn_at * SPACING or progress.step == progress.steps:
            drawn_at = progress.step
            forecast = build.in_units(progress.module, scaling)(windows)
            say(Snapshot(drawn_at, _short(forecast[:, 0])))

    if checkpoint.exists():  # a process may have died after writing it and before recording its evaluation
        recorded = log.evaluations[-1].step if log.evaluations else 0
        for point in load(checkpoint)[0].history:
            if point.step > recorded:
                tell(point)
    must_stop = wishes(folder, should_stop)
    trained = loop.train(spec, checkpoint, resume=True, on_progress=note, should_stop=must_stop)
    say(Ended(trained.step, trained.finished))
    return trained


def _began(spec: TrainingSpec) -> tuple[Began, NDArray[np.floating]]:
    """The first event, and the windows [T, L, D] of the snapshots, in the units of the source."""
    signal, length, horizon = spec.source.process, spec.context_length, spec.horizon
    if signal is None:
        return _began_on_series(spec)
    samples = min(FLOOR_WINDOWS, signal.windows_to_score // 4, MAX_SAMPLED // max(length, horizon))
    reference = averaged(floors(signal, length, horizon, samples=samples))
    rng = np.random.default_rng(SNAPSHOT_SEED)
    if signal.episodic:
        draw = signal.draw(POINTS, length, 1, rng)
        order = np.argsort(draw.clean[:, 0])
        context, truth = draw.context[order], draw.clean[order, 0]
    else:
        draw = signal.draw(1, length, POINTS, rng)
        series = np.concatenate([draw.context[0], draw.target[0]])
        context, truth = sliding_window_view(series, length)[:POINTS], draw.clean[0]
    context = context.astype(np.float32)
    bayes = signal.posterior(context.astype(np.float64), 1)[0][:, 0]
    return Began(spec.recipe.steps, reference, signal.episodic, _short(truth), _short(bayes)), with_channel(context)


def _began_on_series(spec: TrainingSpec) -> tuple[Began, NDArray[np.floating]]:
    """The same for measured series: the last of the held-out windows, and the errors of the rivals.

    Those of a set are standardised, each by its series.
    """
    windows = sampler_of(spec)
    assert isinstance(windows, Finite)
    read, target = windows.held_out
    context, target = (windows.scaling.restore(part).astype(np.float64) for part in (values_of(read), target))
    assert not isinstance(spec.source, Simulated)
    length, horizon = spec.context_length, spec.horizon
    rules = rules_of_windows(length, horizon, spec.source.season)
    forecasts = {name: rule(with_channel(context)) for name, rule in rules.items()}
    if isinstance(spec.source, Observed):
        seen = spec.source.past()
        with contextlib.suppress(InputError):  # a past that is too short
            forecasts[LINEAR] = RidgeAutoregression(length).fit(seen[: default_cutoff_of(seen)], horizon)(context)
    floors = {name: float(((ahead - target) ** 2).mean()) for name, ahead in forecasts.items()}
    began = Began(spec.recipe.steps, floors, False, _short(target[-POINTS:, 0]), [])
    known = read[-POINTS:, :, 1:] if read.ndim == 3 else None
    return began, with_known(context[-POINTS:], known)


def wishes(folder: Path, should_stop: Callable[[], bool]) -> Callable[[], bool]:
    """A function that returns whether the run must stop; it reads the folder's file at most ten times a second."""
    path = folder / WISH
    next_look, is_over = 0.0, False

    def must_stop() -> bool:
        nonlocal next_look, is_over
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + WISH_SECONDS
            is_over = is_over or _storage.read_file(path, 100) != b"run"
        return is_over or should_stop()

    return must_stop


def _short(values: NDArray[np.floating]) -> list[float]:
    """The values with 12 digits, which suffice near 1.7e9 and near 1e-9 alike."""
    return [float(f"{value:.12g}") for value in values]
