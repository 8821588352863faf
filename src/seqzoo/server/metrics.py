"""The server's metrics for Prometheus: requests, latency, loads, refusals, and work in progress."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ..errors import SeqzooError

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one server. Each has a separate registry, so that servers of one process do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "seqzoo_requests", "Requests by kind and status", ["kind", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "seqzoo_request_seconds", "Time to answer", ["kind"], registry=self.registry, buckets=BUCKETS
        )
        self.refused = Counter(
            "seqzoo_refused", "Requests refused, by reason", ["reason"], registry=self.registry
        )
        self.loads = Counter("seqzoo_loads", "Model loads by outcome", ["outcome"], registry=self.registry)
        self.loaded = Gauge("seqzoo_loaded_models", "Models in memory", registry=self.registry)
        self.busy = Gauge("seqzoo_requests_in_progress", "Requests being answered", registry=self.registry)
        self.queue = Gauge("seqzoo_queue_depth", "Work that threads have or wait for", registry=self.registry)
        self._cells: dict[tuple[str, int], tuple[Any, Any]] = {}

    def observe(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Count an answered request. Its kind is that of the route, so clients cannot create new labels."""
        kind = scope.get("kind", "other")
        cells = self._cells.get((kind, status))
        if cells is None:
            cells = self.requests.labels(kind, str(status)), self.latency.labels(kind)
            self._cells[kind, status] = cells
        cells[0].inc()
        cells[1].observe(seconds)
        if "refused" in scope:
            self.refused.labels(scope["refused"]).inc()

    def loaded_one(self, name: str, problem: SeqzooError | None) -> None:
        """Count a load of a model as "ok" or "failed"."""
        self.loads.labels("ok" if problem is None else "failed").inc()

    def text(self, loaded: int) -> bytes:
        """All metrics in the Prometheus text format."""
        self.loaded.set(loaded)
        return generate_latest(self.registry)
