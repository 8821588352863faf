"""Whether optional packages are installed, and how many threads torch and libraries of linear algebra use."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from .errors import MissingExtraError


def has_torch() -> bool:
    """Whether torch is installed, without importing it."""
    return importlib.util.find_spec("torch") is not None


def require(modules: Sequence[str], purpose: str, extra: str) -> None:
    """Raises MissingExtraError, which names the extra, unless all modules are installed. Imports none of them."""
    if not all(importlib.util.find_spec(name) for name in modules):
        raise MissingExtraError(purpose, extra)


def check_torch(purpose: str) -> None:
    """Raises MissingExtraError, which states the purpose, unless torch is installed. Does not import torch."""
    if not has_torch():
        raise MissingExtraError(purpose, "train")


def has_polars() -> bool:
    """Whether polars and narwhals, with which tables are read, are installed; imports neither."""
    return all(importlib.util.find_spec(name) is not None for name in ("polars", "narwhals"))


def check_polars(purpose: str) -> None:
    """Raises MissingExtraError, which states the purpose, unless polars and narwhals are installed."""
    if not has_polars():
        raise MissingExtraError(purpose, "series")


@contextmanager
def one_thread() -> Iterator[None]:
    """Run this thread's torch operations on one core, then restore the previous setting. Imports torch.

    For models this small a second thread costs more than it saves. One thread also sums in a fixed order, so the
    results are the same on any number of cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def single_threaded() -> dict[str, str]:
    """Variables for the environment of a process that is one of several, or has only small matrices and tables.

    They count where NumPy and polars are not imported yet. Threads that wait for each other take more CPU time than
    the products of small matrices; what the user has set stays.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
    return {name: os.environ.get(name, "1") for name in names}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of the environment, which a process that is started meanwhile inherits, and put back what was."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def one_thread_of_algebra() -> Iterator[None]:
    """The same for this process, for a while, where threadpoolctl is installed, as it is with statsforecast."""
    if importlib.util.find_spec("threadpoolctl") is None:
        yield
        return
    import threadpoolctl

    with threadpoolctl.threadpool_limits(1):
        yield
