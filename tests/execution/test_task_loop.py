"""The loop that places share: what flies together, what flies again, and how much at once."""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from seqzoo.execution.local import Local
from seqzoo.execution.loop import KNOWN, LARGEST, Ended, Loop, Lost, attempts_of
from seqzoo.execution.tasks import ATTEMPTS, Failure, Retry
from support import arena_work


class Counted(Loop[int]):
    """A place whose tasks take no time. Batches that hold a deadly task are lost; one that holds a shy task fails."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.sizes, self.most = seconds, [], 0
        self.batches: dict[int, list[int]] = {}

    def _workers(self) -> int:
        return 4

    def _begin(self, prepared: Any, tasks: list[Any]) -> int:
        self.sizes.append(len(tasks))
        self.batches[len(self.sizes)] = tasks
        return len(self.sizes)

    def _done(self, flying: Collection[int]) -> Iterable[int]:
        self.most = max(self.most, len(flying))
        return [min(flying)]

    def _result(self, handle: int) -> Ended | Lost | Failure:
        tasks = self.batches.pop(handle)
        if 400 in tasks:
            return Lost("its worker died.")
        if 500 in tasks:
            return Failure("it is shy.")
        return Ended(attempts_of(pickle.dumps(abs), tasks).outcomes, self.seconds * len(tasks))

    def _cancel(self, flying: Mapping[int, Any]) -> None:
        self.batches.clear()


def test_quick_tasks_fly_together_and_only_the_one_to_blame_fails() -> None:
    place, retries = Counted(1e-4), list[Retry]()
    outcomes = dict(place.run(abs, iter(range(2000)), on_retry=retries.append))
    assert {task: outcome for task, outcome in outcomes.items() if task != outcome} == {
        400: Failure("its worker died."), 500: Failure("it is shy."),
    }  # fmt: skip
    assert place.sizes[:KNOWN] == [1] * KNOWN and max(place.sizes) == 160  # 4 workers, 250 batches a second
    lost = {retry.task for retry in retries}
    assert len(lost) == 160 and len(retries) == 160 + ATTEMPTS - 2  # all once, the deadly one until it fails
    assert place.most == 4 and place.in_flight == 0
    for seconds, size in ((0.05, 1), (0.0, LARGEST)):
        place = Counted(seconds)
        assert len(list(place.run(abs, range(1000)))) == 1000 and max(place.sizes) == size


class Opened:
    """A task's function that counts how often it is unpickled."""

    count = 0

    def __setstate__(self, state: Any) -> None:
        Opened.count += 1

    def __getstate__(self) -> str:
        return "a model"

    def __call__(self, number: int) -> int:
        return number + 1


def test_a_worker_opens_the_function_of_a_run_once() -> None:
    assert [attempts_of(pickle.dumps(Opened()), [number]).outcomes for number in range(3)] == [[1], [2], [3]]
    assert Opened.count == 1


def test_a_process_that_dies_with_many_quick_tasks_costs_only_the_one_that_killed_it() -> None:
    tasks = [100 + number for number in range(300)] + [5]
    outcomes = dict(Local(1).run(arena_work.square, tasks))
    assert "signal 9" in outcomes.pop(5).reason and outcomes == {task: task**2 for task in tasks[:-1]}
