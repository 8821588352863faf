"""The process of a run, which trains it or saves its best weights. Only `manager.py` starts it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from ... import _storage
from ...bundles import shelf
from ...errors import DivergedError, InputError, SeqzooError, first_line
from ...publishing import build
from ...publishing.verify import verify
from ...training.loop import train
from ...training.on_series import choose
from ...zoo import _registry
from . import recording
from .events import Ended, Failed, ModelSaved, SavingFailed, append, saved
from .manager import PLAN
from .plans import Plan
from .recording import CHECKPOINT, EVENTS


def main(folder: Path, task: str, argument: str) -> None:
    """Train the run in a folder (task "train"), or save its best weights as the model `argument` (task "keep")."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: asked.set())
    threading.Thread(target=_wait_for_the_server_to_end, args=(asked,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # pages come first
    with recording.held(folder):
        plan = msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
        try:
            for path in plan.model_files:
                _registry.load_file(Path(path))
            if task == "keep":
                append(folder / EVENTS, _keep(folder, plan, argument))
            else:
                _train(folder, plan, asked.is_set)
        except SeqzooError as error:
            append(folder / EVENTS, SavingFailed(argument, str(error)) if task == "keep" else Failed(str(error)))
        except Exception as error:
            reason = f"this failed on {first_line(error)}; {folder / 'stderr.txt'} says where."
            append(folder / EVENTS, SavingFailed(argument, reason) if task == "keep" else Failed(reason))
            raise


def _train(folder: Path, plan: Plan, should_stop: Callable[[], bool]) -> None:
    """Train, after choosing the scaling and before keeping the model, where the plan says so."""
    build.check_exportable(plan.spec)
    if plan.chooses_scaling:
        must_stop = recording.wishes(folder, should_stop)
        spec = choose(plan.spec, should_stop=must_stop)
        if must_stop():
            append(folder / EVENTS, Ended(0, False))
            return
        plan = msgspec.structs.replace(plan, spec=spec, chooses_scaling=False)
        _storage.write_file(folder / PLAN, msgspec.json.encode(plan) + b"\n")
    trained = recording.train(folder, plan.spec, should_stop=should_stop)
    if not (trained.finished and plan.keep_as):
        return
    with contextlib.suppress(DivergedError):  # the page says that it is no better than the last value
        trained.check_useful()
        try:
            append(folder / EVENTS, _keep(folder, plan, plan.keep_as))
        except SeqzooError as error:
            append(folder / EVENTS, SavingFailed(plan.keep_as, str(error)))


def _wait_for_the_server_to_end(asked: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 100):
            pass
    asked.set()


def _keep(folder: Path, plan: Plan, name: str) -> ModelSaved:
    """The event, after scoring, exporting and verifying the best weights and saving them as a user's model.

    Raises:
        InputError: the name is taken, or the bundle fails its verification.
    """
    spec = plan.spec
    card = _registry.architecture(spec.architecture).card_of(spec.source, spec.config)
    trained = train(spec, folder / CHECKPOINT, resume=True, should_stop=lambda: True)
    exported = folder / "made" / name
    try:
        written = build.export(trained, card, exported, name=name)
        report = verify(exported)
        if not report.passed:
            failed = "; ".join(f"{check.name}: {check.detail}" for check in report.checks if check.passed is False)
            raise InputError(f"the model does not pass its proof and was not saved: {failed}")
        target = shelf.place(name)
        if target.exists():
            raise InputError(f"there is a model {name!r} already; choose another name.")
        target.parent.mkdir(parents=True, exist_ok=True)
        exported.rename(target)
    finally:
        shutil.rmtree(exported.parent, ignore_errors=True)
    return saved(name, written.manifest.score, is_verified=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
    os._exit(0)  # everything is on disk; a normal exit of torch would keep the run alive for a second or two
