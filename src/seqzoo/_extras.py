"""What is installed beyond the light core, and how many threads torch uses."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import MissingExtraError


def has_torch() -> bool:
    """Whether torch is installed; does not import it."""
    return importlib.util.find_spec("torch") is not None


def check_torch(purpose: str) -> None:
    """Raises MissingExtraError, which states the purpose, unless torch is installed; does not import it."""
    if not has_torch():
        raise MissingExtraError(purpose, "train")


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch operations of this thread on one core, then give back the setting found. Imports torch.

    At these sizes a second thread costs more than it brings, and sums in one fixed order make the
    results the same on any number of cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
