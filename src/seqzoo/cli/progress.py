"""Progress bars in the terminal, and Ctrl-C as a request to stop."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from ..execution.tasks import Failure
from ..forecasters.floors import NO_EXCESS, vanishes
from ..forecasters.table import label
from .tables import console, is_live, mse_of

if TYPE_CHECKING:
    from ..arena.experiment import AnyExperiment
    from ..arena.running import CaseEnded
    from ..arena.sweep import Trial
    from ..diagnosis.stages import Step
    from ..execution.seeds import Kept, Seeded
    from ..execution.series import Asked
    from ..execution.tasks import Place, Retry
    from ..publishing.verify import Check
    from ..training.loop import Progress as Update
    from ..training.spec import TrainingSpec


class _Shown:
    """A progress bar with a note. It is hidden where output is not a terminal."""

    def __init__(self, title: str, total: int | None, *, quiet: bool) -> None:
        self.quiet, self.live = quiet, not quiet and is_live(console)
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            *self._columns(),
            console=console,
            disable=not self.live,
        )
        self.task = self.progress.add_task(escape(title), total=total, note="")

    def _columns(self) -> Sequence[ProgressColumn]:
        """What stands behind the number of steps."""
        return TextColumn("{task.fields[note]}"), TimeRemainingColumn()

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.progress.stop()

    def say(self, line: str) -> None:
        """Print a line where the bar is hidden."""
        if not self.quiet and not self.live:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def say_again(self, task: str, retry: Retry) -> None:
        """Print that a task is tried again, above the bar where there is one."""
        line = f"{task}: {retry.reason} It is tried again."
        if self.live:
            self.progress.console.print(escape(line), highlight=False)
        self.say(line)


class Bar(_Shown):
    """The progress of one training, with its loss and excess."""

    def __init__(self, spec: TrainingSpec, *, quiet: bool) -> None:
        super().__init__(spec.zoo_name, spec.recipe.steps, quiet=quiet)
        self.spec = spec
        self.has_excess, self.linear = False, 0.0

    def references(self, floors: dict[str, float]) -> None:
        """Print the MSE of each reference. Called before the first update."""
        if self.quiet:
            return
        lines = ", ".join(f"{label(name)} {mse_of(value)}" for name, value in floors.items())
        self.has_excess = "bayes" in floors and not vanishes(floors)
        self.linear = floors["best_linear"] / floors["bayes"] - 1 if self.has_excess else 0.0
        whose = "the references" if "bayes" in floors else "rivals on the values that choose the weights"
        console.print(f"MSE of {whose}: {lines}", highlight=False)
        if "bayes" in floors and not self.has_excess:
            console.print(f"{NO_EXCESS}.".capitalize(), highlight=False)

    def __call__(self, update: Update) -> None:
        """Called after every update of the weights."""
        if self.quiet:
            return
        if update.evaluation is None:
            if self.live and update.step % 10 == 0:
                self.progress.update(self.task, completed=update.step)
            return
        point = update.evaluation
        note = f"loss {point.loss:.5f}"
        if self.has_excess and point.excess is not None:
            note += f"  excess {point.excess:.2%} (best linear {self.linear:.1%}, Bayes 0%)"
        if point.mse is not None:
            note += f"  MSE {point.mse:.6g}"
        self.progress.update(self.task, completed=update.step, note=note)
        every = max(1, update.steps // 10)
        if update.step % every < self.spec.recipe.evaluate_every or update.step == update.steps:
            self.say(f"step {update.step}/{update.steps}  {note}")


class PlaceBar(_Shown):
    """The progress of tasks at a place: those done, failed and in flight, their rate, and the time left.

    Args:
        title: what the tasks are for.
        place: where they run; the address of its dashboard is printed, if it has one.
    """

    def __init__(self, title: str, place: Place, *, quiet: bool) -> None:
        self.place = place
        self.done, self.failed, self.total = 0, 0, 0
        self._before, self._began = 0, time.monotonic()
        super().__init__(title, None, quiet=quiet)

    def __enter__(self) -> Self:
        if self.place.dashboard and not self.quiet:
            console.print(f"Dashboard: {self.place.dashboard}", highlight=False)
        return super().__enter__()

    def begin(self, done: int, total: int) -> None:
        """Called when the number of tasks is known, and how many were done before."""
        self.done, self.failed, self.total = done, 0, total
        self._before, self._began = done, time.monotonic()
        self.progress.reset(self.task, completed=done, total=total, note="")

    def end(self, line: str, *, is_failed: bool) -> None:
        """Called after every task, with its outcome in a line."""
        self.done += 1
        self.failed += is_failed
        self.progress.update(self.task, completed=self.done, note=escape(line))

    def state(self) -> str:
        """Failed tasks, tasks in flight, rate, and time left."""
        passed, now = time.monotonic() - self._began, self.done - self._before
        parts = [f"{self.failed:,} failed"] if self.failed else []
        parts += [f"{self.place.in_flight:,} in flight"] if self.place.in_flight else []
        if now and passed > 0:
            parts.append(_rate(now / passed))
            if self.done < self.total:
                parts.append(f"{_duration((self.total - self.done) * passed / now)} left")
        return ", ".join(parts)

    def _columns(self) -> Sequence[ProgressColumn]:
        return _State(self), TextColumn("{task.fields[note]}")


class _State(ProgressColumn):
    def __init__(self, bar: PlaceBar) -> None:
        super().__init__()
        self._bar = bar

    def render(self, task: Task) -> Text:
        return Text(self._bar.state())


def _rate(each_second: float) -> str:
    """Tasks in the unit of time in which there is at least one, up to an hour."""
    for seconds, unit in ((1, "s"), (60, "min")):
        if each_second * seconds >= 1:
            return f"{each_second * seconds:.3g}/{unit}"
    return f"{each_second * 3600:.3g}/h"


def _duration(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


class ExperimentBar(PlaceBar):
    """The progress of an experiment."""

    def __init__(self, experiment: AnyExperiment, place: Place, *, quiet: bool) -> None:
        super().__init__(experiment.counted, place, quiet=quiet)
        self.experiment = experiment

    def start(self, done: int, total: int) -> None:
        """Called once, when the number of cases is known."""
        self.begin(done, total)
        if done:
            self.say(f"{done} of {total} {self.experiment.counted} are measured already.")

    def __call__(self, ended: CaseEnded) -> None:
        """Called after every case."""
        line = ended.line(self.experiment)
        self.end(line, is_failed=isinstance(ended.measurement, Failure))
        if self.experiment.is_long:
            self.say(f"{ended.done}/{ended.total}  {line}")

    def again(self, retry: Retry) -> None:
        """Called when a case is measured again."""
        self.say_again(self.experiment.label(retry.task), retry)


class TrialBar(PlaceBar):
    """The progress of a sweep."""

    def start(self, done: int, total: int) -> None:
        """Called when the number of trainings is known."""
        self.begin(done, total)
        if done:
            self.say(f"{done} of {total} trainings are in the folder already.")

    def __call__(self, trial: Trial, result: dict[str, Any] | Failure) -> None:
        """Called after every training."""
        end = f"failed: {result.reason}" if isinstance(result, Failure) else f"excess {result['excess']:.2%}"
        line = f"{_asked(trial)}: {end}"
        self.end(line, is_failed=isinstance(result, Failure))
        self.say(f"{self.done}/{self.total}  {line}")

    def again(self, retry: Retry) -> None:
        """Called when a training begins again, since its worker was lost."""
        self.say_again(_asked(retry.task), retry)


class SeedBar(PlaceBar):
    """The progress over seeds."""

    def start(self, done: int, total: int) -> None:
        """Called when the number of trainings is known."""
        self.begin(done, total)
        if done:
            self.say(f"{done} of {total} trainings are kept already.")

    def __call__(self, task: Seeded, outcome: Kept | Failure) -> None:
        """Called after every training."""
        end = f"failed: {outcome.reason}" if isinstance(outcome, Failure) else f"MSE {mse_of(outcome.row['mse'])}"
        line = f"seed {task.spec.seed}: {end}"
        self.end(line, is_failed=isinstance(outcome, Failure))
        self.say(f"{self.done}/{self.total}  {line}")

    def again(self, retry: Retry) -> None:
        """Called when a training begins again, since its worker was lost."""
        self.say_again(f"seed {retry.task.spec.seed}", retry)


class SeriesBar(PlaceBar):
    """The progress over many series."""

    def start(self, done: int, total: int) -> None:
        """Called when the number of series is known; a file that is read whole counts as one."""
        self.begin(done, total)
        if done:
            self.say(f"{done:,} of {total:,} series are in the folder already.")

    def __call__(self, task: Asked, outcome: list[dict[str, Any]] | Failure) -> None:
        """Called after every series."""
        is_failed = isinstance(outcome, Failure) or any(row["refused"] or row.get("error") for row in outcome)
        self.end("", is_failed=is_failed)

    def again(self, retry: Retry) -> None:
        """Called when a series is computed again, since its worker was lost."""
        self.say_again(retry.task.share.name, retry)


def _asked(trial: Trial) -> str:
    words = [f"{field}={value}" for field, value in trial.setting.items()]
    return ", ".join([*words, f"seed {trial.spec.seed}", f"{trial.spec.recipe.steps} updates"])


class StageBar(_Shown):
    """The progress of a diagnosis, stage by stage."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__("series", 1, quiet=quiet)

    def __call__(self, step: Step) -> None:
        """Called after every step."""
        self.progress.update(self.task, description=step.stage, completed=step.done, total=step.total)


class BacktestBar(_Shown):
    """The progress of a backtest, cutoff by cutoff, and of a model that is fitted again."""

    def __init__(self, name: str, cutoffs: int, *, quiet: bool) -> None:
        super().__init__(name, cutoffs, quiet=quiet)

    def __call__(self, done: int) -> None:
        """Called when so many cutoffs are finished."""
        self.progress.update(self.task, completed=done, note="")

    def training(self, update: Update) -> None:
        """Called after every update of weights."""
        if self.live and update.step % 10 == 0:
            self.progress.update(self.task, note=f"fitting again, step {update.step}/{update.steps}")


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """A context whose value returns whether Ctrl-C or SIGTERM has arrived; a second one interrupts at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_check(check: Check) -> None:
    """Print one line of a verification."""
    mark = {True: "[green]ok  [/]", False: "[red]FAIL[/]", None: "[yellow]--  [/]"}[check.passed]
    detail = " ".join(check.detail.split())
    console.print(f"{mark} {escape(check.name)}: {escape(detail)}", highlight=False, soft_wrap=True)
