"""Tasks over many series: each share of the files is a task, each series a row, with a result or a reason."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from .. import __version__
from ..data.measured import Choices, longest_filled
from ..data.series import Series
from ..errors import InputError
from . import keyed
from .keyed import Row
from .tasks import Failure, Place, Retry, line

if TYPE_CHECKING:
    from ..data.reading.shares import Share

class Question(Protocol):
    """What is asked of each series; can be pickled."""

    def facts(self) -> dict[str, Any]:
        """Everything beside the series that determines a row, for JSON."""

    def answer(self, series: Series) -> dict[str, Any]:
        """The row of a series.

        Raises:
            InputError: it cannot be used.
        """


@dataclass(frozen=True)
class Asked:
    """A question about the series of a share: a task.

    Args:
        gaps: the rule that fills gaps, if one does.
        digest: of the question, as `digest_of` returns it.
    """

    share: Share
    choices: Choices
    gaps: str | None
    digest: str

    @property
    def key(self) -> str:
        """A digest of everything that determines the rows."""
        facts = (self.digest, self.share.file, self.share.digest, self.share.label, self.share.problem)
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:24]


class Refused(NamedTuple):
    """A series that has no result, and why; without a label where it is a whole file."""

    file: str
    series: str
    reason: str

    @property
    def name(self) -> str:
        """The file, with the series where the file holds several."""
        return f"{self.file}: {self.series}" if self.series else self.file


def asked(question: Question, shares: Iterable[Share], choices: Choices, gaps: str | None) -> list[Asked]:
    """The tasks of a question about shares."""
    digest = digest_of(question, choices, gaps)
    return [Asked(share, choices, gaps, digest) for share in shares]


def digest_of(question: Question, choices: Choices, gaps: str | None) -> str:
    """A digest of what is asked of every series, and of the version that answers."""
    facts = {"question": question.facts(), "choices": msgspec.to_builtins(choices), "gaps": gaps}
    return hashlib.sha256(msgspec.json.encode({**facts, "version": __version__}, order="sorted")).hexdigest()[:16]


def answers(question: Question, task: Asked) -> list[dict[str, Any]]:
    """In the worker: a row for each series of the task; the column `refused` says why one cannot be used.

    What may end differently another time, as a file that is not there, is in the column `error`.
    """
    try:
        reading = task.share.reading(task.choices)
        if task.gaps is not None:
            reading = reading.filled(task.gaps, longest_filled())
    except InputError as error:
        return [{"series": task.share.label, "refused": line(error)}]
    except OSError as error:
        reason = f"its file cannot be read here: {error.strerror}." if error.strerror else str(error)
        return [{"series": task.share.label, "refused": "", "error": reason}]
    rows = []
    for label, series in zip(reading.labels, reading.series, strict=True):
        row: dict[str, Any] = {"series": label, "refused": ""}
        try:
            row |= question.answer(series if task.gaps is None else series.trimmed())
        except InputError as error:
            row["refused"] = line(error)
        except Exception as error:  # a series that fails loses no other one of its file
            row["error"] = f"its values led to an error that nobody expected: {line(error)}"
        rows.append(row)
    return rows


def run(
    question: Question,
    tasks: Sequence[Asked],
    folder: Path,
    place: Place,
    *,
    fresh: bool = False,
    on_start: Callable[[int, int], None] = lambda done, total: None,
    on_end: Callable[[Asked, list[dict[str, Any]] | Failure], None] = lambda task, outcome: None,
    on_retry: Callable[[Retry], None] = lambda retry: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the tasks by file and series, and whether all are there. Arguments and errors as for `keyed.run`.

    Rows of files that are not among the tasks stay in the folder; those of an older content of a file do not.

    Args:
        fresh: whether rows that the folder holds are replaced, also those of another question.

    Raises:
        InputError: the folder holds rows of another question.
    """
    digests, files = {task.digest for task in tasks}, {task.share.file for task in tasks}

    def check(rows: Sequence[Row]) -> None:
        if any(row.get("question") not in digests for row in rows):
            raise InputError(
                f"{folder} holds rows of another model, other options or another version. Give the command that "
                "began it, --fresh to begin anew, or another --out."
            )

    rows, is_complete = keyed.run(
        tasks, folder, place, functools.partial(answers, question), _rows_of,
        belongs=lambda row: "question" in row, check=check, stays=lambda row: row["file"] not in files, anew=fresh,
        on_start=on_start, on_end=on_end, on_retry=on_retry, should_stop=should_stop,
    )  # fmt: skip
    return sorted(rows, key=lambda row: (row["file"], row["series"])), is_complete


def refused_of(rows: Iterable[Row]) -> list[Refused]:
    """Those rows that hold a reason in place of a result."""
    return [Refused(row["file"], row["series"], row.get("refused") or row["error"])
            for row in rows if row.get("refused") or row["error"]]  # fmt: skip


def _rows_of(task: Asked, outcome: list[dict[str, Any]] | Failure) -> list[dict[str, Any]]:
    common = {"file": task.share.file, "question": task.digest}
    if isinstance(outcome, Failure):
        return [{**common, "series": task.share.label, "error": outcome.reason}]
    return [{**common, "error": "", **row} for row in outcome]
