"""How many threads torch uses: one, for models this small. Importing this module imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch operations of this thread on one core, then give back the setting found.

    At these sizes a second thread costs more than it brings, and sums in one fixed order make the
    results the same on any number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
