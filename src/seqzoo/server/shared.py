"""What the endpoints of the control API share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from ..runtime import ClosedForm, Predictor
from ..runtime.repository import Model, Repository
from .answers import Refused
from .metrics import Metrics
from .sessions import Sessions

T = TypeVar("T")

HEAVY = 2  # proofs and floors that run at the same time


class Shared:
    """The repository, the streams, and how work is done off the event loop."""

    def __init__(self, repository: Repository, metrics: Metrics) -> None:
        self.repository, self.metrics, self.sessions = repository, metrics, Sessions()
        self._limiter: CapacityLimiter | None = None

    async def model(self, name: str) -> Model:
        """The model, loaded if need be."""
        model = self.repository.peek(name)
        return await to_thread.run_sync(self.repository.get, name) if model is None else model

    async def heavy(self, work: Callable[[], T]) -> T:
        """Run what takes seconds in a thread, few at a time."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(HEAVY)
        self.metrics.queue.inc()
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self.metrics.queue.dec()

    def bundle_of(self, name: str, model: Model) -> Predictor:
        """The model as one that has a bundle. Raises Refused for a reference."""
        if isinstance(model, ClosedForm):
            raise Refused(404, f"{name} is computed from the signal: there is no bundle of it.", "unknown_name")
        return model
