"""What a file holds, read in a process with bounds on its time and memory: a file may come from anybody."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import Any

from anyio import CapacityLimiter

from ...data.measured import Choices, Reading
from ...data.numerals import shown
from ...data.series import Series
from ...data.typed import rows_of
from ...errors import InputError, SeqzooError
from ...execution.local import Local
from ...execution.tasks import Failure
from ..ui.cache import Cache
from . import uploads
from .uploads import Upload

SECONDS = 60.0
MEMORY = 4 << 30  # bytes of address space; the reader takes about ten times the 64 MB that a file may unpack to
PLAIN = 1 << 20  # bytes of a file that is first read as plain numbers
AT_ONCE = 2  # processes that read


@dataclass(frozen=True, eq=False)
class Understood:
    """What was understood of a file with certain choices.

    Args:
        columns: what choices may call each column.
        labels: the series of the file.
        option: the choice that settles which of several series is read.
        series: the one that was read; None if there is a problem.
        told: what was understood, in the reader's words.
        counts: what was sorted, dropped and filled.
        problem: why no series was read.
    """

    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    option: str = ""
    series: Series | None = None
    told: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


_known: Cache[tuple[str, str, Choices], Understood] = Cache(8)
readers = CapacityLimiter(AT_ONCE)
"""Of the threads that call `understood`: many visitors must not take every thread of the app."""


def understood(upload: Upload, choices: Choices) -> Understood:
    """What a file holds. Waits for a process: call it in a thread, with the limiter `readers`.

    A file that takes too much time or memory, or kills its reader, is a problem like any other.
    """
    uploads.touch(upload.sha256)
    key = upload.sha256, upload.name, choices
    if (cached := _known.get(key)) is not None and upload.path.exists():
        return cached
    deadline = time.monotonic() + SECONDS
    order = upload, choices, MEMORY
    outcomes = list(Local(1, attempts=1).run(_understand, [order], should_stop=lambda: time.monotonic() > deadline))
    if not outcomes:
        return Understood(problem=f"{upload.name} takes longer than {SECONDS:g} seconds to read. Give a part of it.")
    outcome = outcomes[0][1]
    if isinstance(outcome, Failure):
        return Understood(
            problem=f"{upload.name} cannot be read within {MEMORY >> 20:,} MB of memory, or it broke the reader: "
            f"{outcome.reason} Give a part of it, as CSV."
        )
    return _known.put(key, outcome)


def _understand(order: tuple[Upload, Choices, int]) -> Understood:
    """In the process: read the file within so many bytes of memory."""
    upload, choices, memory = order
    _bound(memory)
    columns: tuple[str, ...] = ()
    reading = None
    try:
        raw = uploads.read(upload)
        reading = _plain(raw, upload.name) if choices == Choices() else None
        if reading is None:
            from ..._extras import check_polars

            check_polars("reading tables")
            from ...data.reading import columns_of, table_of
            from ...data.reading.layout import read_table

            table = table_of(raw, choices, named=upload.name)
            columns = tuple(columns_of(table))
            reading = read_table(table, upload.name, choices)
        series = reading.one()
    except SeqzooError as error:
        labels, option = ((), "") if reading is None else (reading.labels, reading.option.removeprefix("--"))
        return Understood(columns, labels, option, problem=str(error))
    except MemoryError:
        return Understood(columns, problem=f"{upload.name} takes more than {memory >> 20:,} MB of memory to read.")
    told, counts = reading.understood, dict(reading.counts)
    return Understood(columns, reading.labels, reading.option.removeprefix("--"), series, told, counts)


def _plain(raw: bytes, named: str) -> Reading | None:
    """The numbers of a file that holds nothing else, one a line or all on one line; None for any other."""
    if len(raw) > PLAIN:
        return None
    try:
        values = rows_of(raw.decode("utf-8", "replace"), named, PLAIN).series()
        if not values:
            return None
        series = Series("series", values)  # type: ignore[arg-type]  # a list of floats is converted
    except InputError:
        return None
    return Reading((series,), (named.partition(".")[0],), f"{shown(named)}: {len(values):,} numbers; no times.")


def _bound(memory: int) -> None:
    """Bound the memory and the processor time of this process, where the system can.

    What its libraries say is dropped: an allocator without memory says so at every attempt.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (2 * int(SECONDS), 2 * int(SECONDS)))
