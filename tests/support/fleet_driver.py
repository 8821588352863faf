"""A driver that a test interrupts, and then kills: `python -m support.fleet_driver ADDRESS FOLDER`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from seqzoo.arena import sweep
from seqzoo.cli.progress import interrupts
from seqzoo.execution.tasks import place
from support import fleet_work


def main(address: str, folder: str) -> None:
    """A task that lasts until Ctrl-C, and then a sweep that does not end by itself."""
    with place(f"ray:{address}") as at:
        with interrupts() as stopped:
            ended = list(at.run(fleet_work.lasting, [folder], should_stop=stopped))
        print(f"stopped with {len(ended)} outcomes", flush=True)
        sweep.run(fleet_work.trials(), Path(folder, "rows"), at, work=partial(fleet_work.row, folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
