"""The process of a diagnosis. Only `examinations.py` starts it: when that server ends, so does this process."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from .. import _storage
from ..errors import MissingExtraError, SeqzooError, first_line
from ..runtime.engines._parallel import cores
from . import html
from .examinations import EVENTS, PAGE, Decided, Event, Reached, Refused, ordered
from .report import Report
from .stages import stages


def main(folder: Path) -> None:
    """Compute the diagnosis that is ordered in a folder, and append its events there."""
    threading.Thread(target=_follow_the_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # pages come first

    def say(event: Event) -> None:
        with (folder / EVENTS).open("ab", buffering=0) as log:
            log.write(msgspec.json.encode(event) + b"\n")

    try:
        order, given = ordered(folder)
        shown: dict[str, str] = {}
        report = None
        for step in stages(
            given, season=order.season, horizon=order.horizon, depth=order.depth, workers=cores()
        ):
            report = step.report
            now = _section(report, step.stage) if step.done in (1, step.total) else ""
            is_new = now != shown.get(step.stage, "")
            shown[step.stage] = now or shown.get(step.stage, "")
            say(Reached(step.stage, step.done, step.total, now if is_new else ""))
        assert report is not None and report.verdict is not None
        _storage.write_file(folder / PAGE, html.document(report.series.name, shown).encode())
        network = next((row.name for row in report.contest if row.kind == "network"), "")
        say(Decided(
            report.verdict.use, report.verdict.kind, network, report.protocol.horizon, report.series.season,
            report.seconds,
        ))  # fmt: skip
    except SeqzooError as error:
        say(Refused(str(error)))
    except Exception as error:
        say(Refused(f"this failed on {first_line(error)}."))
        raise


def _section(report: Report, stage: str) -> str:
    try:
        return html.section(report, stage)
    except MissingExtraError as error:
        return f"<p>{error}</p>"


def _follow_the_server() -> None:
    """End this process and those that it started once the server closes its end of the pipe."""
    with contextlib.suppress(OSError):
        while os.read(0, 100):
            pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # everything is on disk
