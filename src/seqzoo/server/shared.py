"""The state and the helpers that endpoints share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from ..forecasters.protocol import Bundled, Forecaster, has_bundle
from ..runtime.repository import Repository
from .answers import Refused
from .metrics import Metrics
from .sessions import Sessions

T = TypeVar("T")

HEAVY = 2  # slow computations, such as verifications and floors, at the same time


async def loaded(repository: Repository, name: str) -> Forecaster:
    """The model of that name; a thread loads it if necessary.

    Raises:
        SeqzooError: see `Repository.get`.
    """
    model = repository.peek(name)
    if model is not None:
        repository.touch(name)
        return model
    return await to_thread.run_sync(repository.get, name)


class Shared:
    """The repository, the metrics, the streams, and a limit on slow work in threads."""

    def __init__(self, repository: Repository, metrics: Metrics) -> None:
        self.repository, self.metrics, self.sessions = repository, metrics, Sessions()
        self._limiter: CapacityLimiter | None = None

    async def model(self, name: str) -> Forecaster:
        """See `loaded`."""
        return await loaded(self.repository, name)

    async def heavy(self, work: Callable[[], T]) -> T:
        """The result of `work`, which takes seconds: it runs in a thread, at most HEAVY at a time."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(HEAVY)
        with self.metrics.queue.track_inprogress():
            return await to_thread.run_sync(work, limiter=self._limiter)

    def bundle_of(self, name: str, model: Forecaster) -> Bundled:
        """The model, typed as one with a bundle.

        Raises:
            Refused: the model is a reference.
        """
        if not has_bundle(model):
            raise Refused(404, f"{name} is computed from the signal and has no bundle.", "unknown_name")
        return model
