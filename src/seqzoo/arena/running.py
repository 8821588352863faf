"""Runs an experiment: what its folder lacks, in processes, with the results saved after each measurement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .. import _storage
from ..execution.local import Failure, in_processes
from .experiment import AnyExperiment, CaseT, Experiment, MeasurementT, ResultsT


class CaseEnded(NamedTuple):
    """Passed to `on_end` after every case; `done` counts those that were there before."""

    case: Any
    measurement: Any
    done: int
    total: int

    def line(self, experiment: AnyExperiment) -> str:
        """The case and what it came to, in one line."""
        is_failed = isinstance(self.measurement, Failure)
        end = f"failed: {self.measurement.reason}" if is_failed else experiment.tell(self.measurement)
        return f"{experiment.label(self.case)}: {end}"


def run(
    experiment: Experiment[CaseT, MeasurementT, ResultsT],
    settings: Any,
    folder: Path,
    *,
    workers: int,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[CaseEnded], None] = lambda ended: None,
    should_stop: Callable[[], bool] = lambda: False,
    measure: Callable[[CaseT], MeasurementT] | None = None,
) -> tuple[ResultsT, bool]:
    """Measure the cases that `folder` has no measurement of, and save after each.

    Returns the results, and whether every case was measured. `should_stop` ends it with what is there.

    Args:
        workers: processes at the same time.
        on_start: called with the number of cases that are there already, and of all.
        measure: what is done with a case, if not what the experiment does.

    Raises:
        InputError: settings that cannot be, or a folder that holds other results or that another run writes into.
        SeqzooError: a case failed, and the experiment ends with that.
        OSError: the folder can no longer be written to.
    """
    cases = experiment.cases(settings)
    _storage.check_writable(folder)
    with _storage.only_writer(folder):
        results = experiment.begin(folder, settings)
        missing = [case for case in cases if not results.holds(case)]
        done = len(cases) - len(missing)
        on_start(done, len(cases))
        for case, measurement in in_processes(measure or experiment.measure, missing, workers, should_stop):
            done += 1
            if isinstance(measurement, Failure):
                results.fail(case, measurement.reason)
            else:
                results.enter(case, measurement)
            experiment.save(results, folder)
            on_end(CaseEnded(case, measurement, done, len(cases)))
        return results, done == len(cases)
