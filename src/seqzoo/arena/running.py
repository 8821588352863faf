"""Runs an experiment: measures the cases that its folder lacks, at some place, and saves after each measurement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .. import _storage
from ..execution.tasks import Failure, Place, Retry
from .experiment import AnyExperiment, CaseT, Experiment, MeasurementT, ResultsT


class CaseEnded(NamedTuple):
    """The end of a case, for `on_end`; `done` includes the cases that the folder already held."""

    case: Any
    measurement: Any
    done: int
    total: int

    def line(self, experiment: AnyExperiment) -> str:
        """The case and its measurement or failure, in one line."""
        is_failed = isinstance(self.measurement, Failure)
        end = f"failed: {self.measurement.reason}" if is_failed else experiment.tell(self.measurement)
        return f"{experiment.label(self.case)}: {end}"


def run(
    experiment: Experiment[CaseT, MeasurementT, ResultsT],
    settings: Any,
    folder: Path,
    *,
    place: Place,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[CaseEnded], None] = lambda ended: None,
    on_retry: Callable[[Retry], None] = lambda retry: None,
    should_stop: Callable[[], bool] = lambda: False,
    measure: Callable[[CaseT], MeasurementT] | None = None,
) -> tuple[ResultsT, bool]:
    """The results, and whether every case has been measured, after measuring the cases that `folder` lacks.

    The results are saved after each case.

    Args:
        place: where the cases are measured.
        on_start: called with the number of cases already measured, and of all cases.
        on_end: called after each case.
        on_retry: called when a case is measured again, since its worker was lost.
        should_stop: polled; True ends the run with the results so far.
        measure: replaces the experiment's `measure`.

    Raises:
        InputError: the settings are invalid, the folder holds other results, or another run writes into it.
        SeqzooError: a case failed, and the experiment ends at the first failure.
        OSError: the folder can no longer be written to.
    """
    cases = experiment.cases(settings)
    _storage.check_writable(folder)
    with _storage.only_writer(folder):
        results = experiment.begin(folder, settings)
        missing = [case for case in cases if not results.holds(case)]
        done = len(cases) - len(missing)
        on_start(done, len(cases))
        work = measure or experiment.measure
        for case, measurement in place.run(work, missing, should_stop=should_stop, on_retry=on_retry):
            done += 1
            if isinstance(measurement, Failure):
                results.fail(case, measurement.reason)
            else:
                results.enter(case, measurement)
            experiment.save(results, folder)
            on_end(CaseEnded(case, measurement, done, len(cases)))
        return results, done == len(cases)
