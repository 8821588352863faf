"""Tasks with keys, whose outcomes are rows of a folder: a task that has its rows is not repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .. import _storage
from ..errors import InputError
from .tasks import Failure, Outcome, Place, Retry

GATHER = 0.5  # seconds that rows wait to be written together

Row = Mapping[str, Any]


class Keyed(Protocol):
    """A task."""

    @property
    def key(self) -> str:
        """A digest of everything that determines the outcome."""


Asked = TypeVar("Asked", bound=Keyed)


def run(
    wanted: Sequence[Asked],
    folder: Path,
    place: Place,
    work: Callable[[Asked], Outcome],
    rows_of: Callable[[Asked, Outcome | Failure], Sequence[Row]],
    *,
    belongs: Callable[[Row], bool] = lambda row: True,
    check: Callable[[Sequence[Row]], None] = lambda rows: None,
    stays: Callable[[Row], bool] | None = None,
    is_there: Callable[[Row], bool] = lambda row: True,
    anew: bool = False,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[Asked, Outcome | Failure], None] = lambda task, outcome: None,
    on_retry: Callable[[Retry], None] = lambda retry: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the tasks, ordered by key, and whether all are there, after doing those without rows.

    Rows are written within a second after their batch of tasks ends. Those whose column `error` is not empty are done
    again by the next run.

    Args:
        work: a function of a module, so that it can be pickled.
        rows_of: the rows of an outcome, each with the column `error`.
        belongs: whether a row is of this command; a folder with others is refused, also anew.
        check: called with the rows that the folder holds; raises where they are of another run.
        stays: whether a row of another key stays in the table; by default all do.
        is_there: whether what a row speaks of is still there; the task is done again otherwise.
        anew: whether the rows that are there are removed first.

    Raises:
        InputError: the folder holds something else, or another run writes into it.
        OSError: the folder cannot be written to.
    """
    from ..data.reading.rows import RowFolder

    _storage.check_writable(folder)
    with _storage.only_writer(folder), RowFolder(folder, GATHER) as rows:
        asked = {task.key for task in wanted}
        before = rows.rows()
        if not all("error" in row and belongs(row) for row in before):
            raise InputError(f"{folder} holds rows of another command. Give another --out.")
        if anew:
            rows.clear()
            before = []
        check(before)
        failed = {row["key"] for row in before if row["error"] or not is_there(row)}
        only = None if stays is None else asked | {row["key"] for row in before if stays(row)}
        done = {row["key"] for row in before if row["key"] in asked} - failed
        del before
        on_start(len(done), len(asked))
        missing = [task for task in wanted if task.key not in done]
        stops = rows.polled(should_stop)
        for task, outcome in place.run(work, missing, should_stop=stops, on_retry=on_retry):
            rows.add(task.key, rows_of(task, outcome))
            done.add(task.key)
            on_end(task, outcome)
        is_complete = len(done) == len(asked)
        if is_complete:
            rows.finish(only)
        return [row for row in rows.rows() if row["key"] in asked], is_complete
