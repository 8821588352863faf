"""What commands over many series share: which files are meant, where the rows lie, the run, and what was refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import _storage
from .._formats import counted, printable
from .app import FileOptions

if TYPE_CHECKING:
    from ..execution.keyed import Row
    from ..execution.series import Question, Refused

OverSeries = Annotated[
    str | None,
    typer.Option("--on", help="Over many series: where tasks run: local, local:N (processes), ray or ray:ADDRESS."),
]
MOST_NAMED = 10


def are_many(given: Sequence[str]) -> bool:
    """Whether paths name several files: a folder, a pattern, or a Parquet file too large to be read whole.

    Raises:
        InputError: one is a model.
    """
    from .._extras import has_polars
    from .sources import STANDARD_INPUT, check_series

    for each in given:
        check_series(each)
    if len(given) > 1:
        return True
    if not has_polars() or given[0] == str(STANDARD_INPUT):
        return False
    from ..data.reading.shares import is_several

    return is_several(given[0]) or _is_long(Path(given[0]))


def rows_of(
    question: Question, title: str, given: Sequence[str], how: FileOptions, on: str | None, out: Path | None,
    folder: Path, *, fresh: bool, quiet: bool,
) -> tuple[list[Row], bool]:  # fmt: skip
    """The rows of a question about every series of files, by file and series, and whether all are there.

    Args:
        out: the folder of the rows, if the user named it.
        folder: the same, or the one that is used otherwise.

    Raises:
        InputError: there are no files, or the folder holds other rows.
        MissingExtraError: polars is not installed.
    """
    from .._extras import check_polars

    check_polars("many series")
    from ..data.measured import Choices
    from ..data.reading.shares import files_of, shares_of
    from ..data.series import GAPS
    from ..errors import InputError
    from ..execution import series
    from ..execution.tasks import place
    from .progress import SeriesBar, interrupts

    if how.gaps is not None and how.gaps not in GAPS:
        raise InputError(f"--gaps must be {', '.join(GAPS)}, and is {how.gaps!r}.")
    if out is not None:
        _storage.check_place(out)
    stated: dict[str, Any] = how.stated
    choices = Choices(**stated)
    files = [file for file in files_of(given) if folder.resolve() not in Path(file).resolve().parents]
    tasks = series.asked(question, shares_of(files, choices), choices, how.gaps)
    if not tasks:
        named = "" if choices.only is None else f" {choices.only!r}"
        raise InputError(f"no series{named} in {', '.join(given)[:200]}.")
    where = "local" if on is None else on
    with place(where) as at, interrupts() as stopped, SeriesBar(title, at, quiet=quiet) as bar:
        rows, is_complete = series.run(
            question, tasks, folder, at, fresh=fresh, on_start=bar.start, on_end=bar, on_retry=bar.again,
            should_stop=stopped,
        )  # fmt: skip
    return list(rows), is_complete


def default_folder(question: Question, given: Sequence[str]) -> Path:
    """The folder of the rows of a question about these files, where the user names none."""
    facts = json.dumps([question.facts(), *given], default=str)
    return _storage.home() / "series" / hashlib.sha256(facts.encode()).hexdigest()[:16]


def say_refused(refused: Sequence[Refused], count: int) -> None:
    """Print how many of `count` series have no result, and the first reasons, each with its first series."""
    by_reason: dict[str, list[Refused]] = {}
    for each in refused:
        by_reason.setdefault(each.reason, []).append(each)
    if not refused or (len(refused) == count and len(by_reason) == 1):  # which `end` says
        return
    more = f", the first {MOST_NAMED} reasons" if len(by_reason) > MOST_NAMED else ""
    typer.echo(f"Without a result: {len(refused):,}{more}:")
    for reason, (first, *others) in list(by_reason.items())[:MOST_NAMED]:
        also = f" and {len(others):,} more" if others else ""
        typer.echo(printable(f"  {first.name}{also}: {reason}"))


def end(folder: Path, refused: Sequence[Refused], count: int, *, is_complete: bool) -> None:
    """Say where a run that was stopped goes on, and exit.

    Raises:
        InputError: none of `count` series has a result.
    """
    if not is_complete:
        kept = f"the rows in {folder} are kept, and the same command goes on, without --fresh."
        typer.echo(f"Stopped; {kept}", err=True)
        raise typer.Exit(130)
    if len(refused) == count:
        from ..errors import InputError

        reasons = {each.reason for each in refused}
        why = f": {reasons.pop()}" if len(reasons) == 1 else f"; {folder} has the reason of each."
        raise InputError(f"none of {counted(count, 'series has', 'series has')} a result{why}")


def _is_long(path: Path) -> bool:
    from .sources import TABLE_LIMIT

    try:
        if path.stat().st_size <= TABLE_LIMIT or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False
