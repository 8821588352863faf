"""A Ray cluster, or Ray on this machine, as the place where tasks run."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from .._extras import require
from ..errors import SeqzooError
from .tasks import ATTEMPTS, POLL, Coming, Failure, Outcome, Retry, Task, attempt, line

AHEAD = 2  # tasks in flight for each core: one runs while the next one's arguments travel
CONNECTS = 5.0  # seconds that the head node has to answer
STORE = 80 << 20  # bytes of the object store of a Ray that starts here: tasks and outcomes are small


class OnRay:
    """A `Place`: plain tasks of Ray, one core each.

    Ray's retries are off: a place retries by itself, so that it can say what was tried again.

    Args:
        address: of a cluster's head node, as HOST:PORT, or `auto` for the one that runs on this machine. None starts
            Ray on this machine, and ends it.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    def __init__(self, address: str | None = None) -> None:
        require(["ray"], "running tasks on Ray", "ray")
        self._address = address

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            SeqzooError: no cluster answers at the address.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".*")  # Ray tells standard output of each lost worker
        own: dict[str, Any] = {}
        if self._address is None:
            from ..runtime.engines._parallel import cores

            # Ray listens on every address of the machine: only who knows this token may talk to it
            os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
            own = {"num_cpus": cores(), "object_store_memory": STORE, "include_dashboard": False}
        elif self._address != "auto":
            _check_it_listens(self._address)
        import ray

        try:
            ray.init(self._address or "local", log_to_driver=False, logging_level="error", namespace="seqzoo", **own)
        except (ConnectionError, ray.exceptions.RayError, ValueError, RuntimeError) as error:
            raise SeqzooError(f"no Ray answers on {self._address or 'this machine'}: {line(error)}") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the cluster, or end the Ray that was started here."""
        import ray

        ray.shutdown()

    def run(
        self,
        work: Callable[[Task], Outcome],
        tasks: Iterable[Task],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_retry: Callable[[Retry], None] = lambda retry: None,
    ) -> Iterator[tuple[Task, Outcome | Failure]]:
        """As `Place.run`."""
        import ray
        from ray import exceptions

        lost = (
            exceptions.WorkerCrashedError, exceptions.NodeDiedError, exceptions.LocalRayletDiedError,
            exceptions.OutOfMemoryError, exceptions.ObjectLostError,
        )  # fmt: skip
        remote = ray.remote(num_cpus=1, max_retries=0)(attempt)
        function = ray.put(work)
        coming = Coming(tasks, ATTEMPTS, on_retry)
        flying: dict[Any, tuple[Task, int]] = {}
        try:
            while not should_stop():
                most = AHEAD * _cores()  # asks the head node, so not once for each task
                while len(flying) < most and (following := coming.take()) is not None:
                    flying[remote.remote(function, following[0])] = following
                if not flying:
                    return
                done, _ = ray.wait(list(flying), num_returns=1, timeout=POLL)
                for reference in done:
                    task, number = flying.pop(reference)
                    try:
                        outcome: Outcome | Failure = ray.get(reference)
                    except lost as error:
                        outcome = Failure(_loss(error))
                        if coming.again(task, number, outcome.reason):
                            continue
                    except exceptions.RayError as error:  # an outcome that cannot be pickled
                        outcome = Failure(line(error.cause if getattr(error, "cause", None) else error))
                    yield task, outcome
        finally:
            for reference in flying:
                ray.cancel(reference, force=True)


def _check_it_listens(address: str) -> None:
    """Raises SeqzooError unless something listens at HOST:PORT. Ray itself would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    problem = "expected HOST:PORT"
    if host and port.isdecimal() and int(port) < 1 << 16:
        try:
            socket.create_connection((host, int(port)), CONNECTS).close()
            return
        except OSError as error:
            problem = str(error)
    raise SeqzooError(f"no Ray answers on {address}: {problem}. Start it (`ray start --head`), or use --on local.")


def _cores() -> int:
    """The cores of the nodes that live now; 1 while there are none."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def _loss(error: Exception) -> str:
    """How a worker was lost, as a sentence."""
    if type(error).__name__ == "OutOfMemoryError":
        return "its worker was ended, since its node had too little memory left."
    if type(error).__name__ == "NodeDiedError":
        return "its node was lost."
    return "its worker died."
