"""The process of a run: trains it, or keeps what it has come to. Started by `manager.py` alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ... import _storage
from ...bundles import shelf
from ...errors import InputError, SeqzooError
from ...forecasters.floors import MAX_SAMPLED, averaged, floors
from ...publishing.verify import verify
from ...signals import Signal
from .events import Began, Ended, Evaluated, Event, Failed, Kept, Log, Notkept, Snapshot, append
from .manager import CHECKPOINT, EVENTS, PLAN, WISH
from .plans import Plan

POINTS = 160  # of the series that snapshots forecast
SPACING = 1.2  # of the steps of snapshots, each to the one before
FLOOR_WINDOWS = 50_000
SNAPSHOT_SEED = 2**31 + 3  # neither training's, nor validation's, nor that of scores
WISH_SECONDS = 0.1


def main(folder: Path, task: str, argument: str) -> None:
    """Do a task of the run in that folder: train it, or keep it under the name `argument`."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    threading.Thread(target=_wait_for_the_server_to_end, args=(asked,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # pages come first

    def say(event: Event) -> None:
        append(folder / EVENTS, event)

    with _hold(folder):
        plan = msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
        try:
            if task == "keep":
                say(_keep(folder, plan, argument))
            else:
                _train(folder, plan, asked, say)
        except SeqzooError as error:
            say(Notkept(argument, str(error)) if task == "keep" else Failed(str(error)))
        except Exception as error:
            from ...zoo._trial import first_line

            reason = f"this failed on {first_line(error)}; {folder / 'stderr.txt'} says where."
            say(Notkept(argument, reason) if task == "keep" else Failed(reason))
            raise


def _wait_for_the_server_to_end(asked: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 100):
            pass
    asked.set()


def _hold(folder: Path) -> contextlib.ExitStack:
    """Hold the folder; whoever asks whether it is held does so for an instant."""
    stack = contextlib.ExitStack()
    for attempt in range(40):
        try:
            stack.enter_context(_storage.only_writer(folder))
            break
        except InputError:
            if attempt == 39:
                raise
            time.sleep(0.05)
    return stack


def _train(folder: Path, plan: Plan, asked: threading.Event, say: Callable[[Event], None]) -> None:
    from ..._course import Evaluation
    from ...publishing import build
    from ...training.checkpoints import load
    from ...training.loop import Progress, Run, train
    from ...zoo import _registry

    build.check_exporter()
    run = Run.of(_registry.entry(plan.entry), seed=plan.settings.seed, changes=plan.changes)
    if run.architecture not in _registry.shipped():
        build.check_exportable(run)
    began, windows = _began(run.signal, run.config.context_length, run.config.horizon, run.recipe.steps)
    say(began)
    log, checkpoint = Log(folder / EVENTS), folder / CHECKPOINT
    log.read()
    shown = log.snapshots[-1].step if log.snapshots else 0

    def tell(point: Evaluation) -> None:
        # The error of the targets themselves is that of Bayes and the distance from it.
        mse = began.floors["bayes"] * (1 + point.excess)
        rate = run.recipe.learning_rate_at(point.step - 1)
        say(Evaluated(point.step, mse, point.excess, point.loss, rate, point.seconds))

    def on_progress(progress: Progress) -> None:
        nonlocal shown
        if progress.evaluation is None:
            return
        tell(progress.evaluation)
        if progress.step >= shown * SPACING or progress.step == progress.steps:
            shown = progress.step
            say(Snapshot(shown, _short(build.eager(progress.module, windows).numpy()[:, 0])))

    if checkpoint.exists():  # a process may have died after it and before it could tell
        told = log.evaluations[-1].step if log.evaluations else 0
        for point in load(checkpoint)[0].history:
            if point.step > told:
                tell(point)
    must_stop = _wishes(folder / WISH, asked)
    trained = train(run, checkpoint, resume=True, on_progress=on_progress, should_stop=must_stop)
    say(Ended(trained.step, trained.finished))


def _began(signal: Signal, length: int, horizon: int, steps: int) -> tuple[Began, NDArray[np.float32]]:
    """The first event, and the windows [T, L, 1] of the snapshots."""
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
    return Began(steps, reference, signal.episodic, _short(truth), _short(bayes)), context[:, :, None]


def _wishes(path: Path, asked: threading.Event) -> Callable[[], bool]:
    """Whether the run must leave: asked ten times a second at most."""
    next_look = 0.0

    def must_stop() -> bool:
        nonlocal next_look
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + WISH_SECONDS
            if _storage.read_file(path, 100) != b"run":
                asked.set()
        return asked.is_set()

    return must_stop


def _keep(folder: Path, plan: Plan, name: str) -> Kept:
    """Score, export and verify the best weights so far, then put them among the user's own models.

    Raises:
        InputError: the name is taken, or the bundle does not pass its proof.
    """
    from ...publishing import build
    from ...training.loop import Run, train
    from ...zoo import _registry

    entry = _registry.entry(plan.entry)
    run = Run.of(entry, seed=plan.settings.seed, changes=plan.changes)
    trained = train(run, folder / CHECKPOINT, resume=True, should_stop=lambda: True)
    made = folder / "made" / name
    try:
        written = build.export(trained, entry.card, made, name=name)
        report = verify(made)
        if not report.passed:
            failed = "; ".join(f"{check.name}: {check.detail}" for check in report.checks if check.passed is False)
            raise InputError(f"the model does not pass its proof and was not kept: {failed}")
        target = shelf.place(name)
        if target.exists():
            raise InputError(f"there is a model {name!r} already; choose another name.")
        target.parent.mkdir(parents=True, exist_ok=True)
        made.rename(target)
    finally:
        shutil.rmtree(made.parent, ignore_errors=True)
    return Kept(name, *(written.manifest.score.excess or (None, None)))


def _short(values: NDArray[np.floating]) -> list[float]:
    return [round(float(value), 5) for value in values]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    os._exit(0)  # all is on disk; to take torch down in order would keep the run alive for a second or two
