"""A Ray cluster, or Ray on this machine, as the place where tasks run."""

from __future__ import annotations

import contextlib
import os
import pickle
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Self

from .._extras import environment, require, single_threaded
from ..errors import SeqzooError
from .loop import Ended, Loop, Lost, attempts_of
from .tasks import POLL, Failure, Outcome, Task, line

CONNECTS = 5.0  # seconds that the head node has to accept a connection
ANSWERS = 30.0  # seconds that it has to answer a question; it may be busy, and Ray gives up after 60
WATCH = 1.0  # seconds between two looks at the head node
STORE = 80 << 20  # bytes of the object store of a Ray that starts here: tasks and outcomes are small
TOKEN = secrets.token_hex(32)  # of a Ray that starts here; Ray reads it once in a process


class OnRay(Loop[Any]):
    """A `Place`: plain tasks of Ray, one core each.

    Ray's retries are off: a place retries by itself, so that it can say what was tried again.

    Args:
        address: of a cluster's head node, as HOST:PORT, or `auto` for the one that runs on this machine. None starts
            Ray on this machine, and ends it.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    ahead = 2  # one runs while the next one's arguments travel

    def __init__(self, address: str | None = None) -> None:
        require(["ray"], "running tasks on Ray", "ray")
        super().__init__()
        self._address = address
        self._settings = contextlib.ExitStack()
        self._head, self._watched, self._cores = "", 0.0, 1
        self._hangs = False

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            SeqzooError: no cluster answers at the address.
        """
        settings = {
            name: os.environ.get(name, value)
            # Ray tells standard output of each lost worker, where JSON goes
            for name, value in {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": ".*"}.items()
        }
        own: dict[str, Any] = {}
        if self._address is None:
            from ..runtime.engines._parallel import cores

            # Ray listens on every address of the machine: only who knows this token may talk to it
            settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
            own = {"num_cpus": cores(), "object_store_memory": STORE, "include_dashboard": False}
        elif self._address != "auto":
            _check_it_listens(self._address)
        with contextlib.ExitStack() as undo:
            undo.enter_context(environment(settings))
            self._connect(own)
            self._settings = undo.pop_all()
        return self

    def _connect(self, own: Mapping[str, Any]) -> None:
        import ray

        try:
            context = ray.init(
                self._address or "local", log_to_driver=False, logging_level="error", namespace="seqzoo", **own
            )
        except (ConnectionError, ray.exceptions.RayError, ValueError, RuntimeError) as error:
            raise SeqzooError(f"no Ray answers on {self._address or 'this machine'}: {line(error)}") from None
        self.dashboard = f"http://{context.dashboard_url}" if context.dashboard_url else ""
        is_client = (self._address or "").startswith("ray://")
        self._head = str(self._address if is_client else ray.get_runtime_context().gcs_address)
        self._watched = 0.0
        self._remote = ray.remote(num_cpus=1, max_retries=0)(_attempts_of)

    def __exit__(self, *_: object) -> None:
        """Leave the cluster, or end the Ray that was started here."""
        import ray

        try:
            if not self._hangs:
                ray.shutdown()
        finally:
            self._settings.close()

    def _prepared(self, work: Callable[[Task], Outcome]) -> Any:
        import ray

        return ray.put(ray.cloudpickle.dumps(work))

    def _workers(self) -> int:
        """The cores of the nodes that live now; 1 while there are none."""
        if time.monotonic() > self._watched + WATCH:  # asks the head node, so not for each task
            if _problem(self._head):
                raise self._lost()
            asking = threading.Thread(target=self._ask_for_cores, daemon=True)
            asking.start()
            asking.join(ANSWERS)  # a head node that dies meanwhile never answers
            if asking.is_alive():
                self._hangs = True
                raise self._lost()
            self._watched = time.monotonic()
        return self._cores

    def _ask_for_cores(self) -> None:
        import ray

        self._cores = max(1, int(ray.cluster_resources().get("CPU", 0)))

    def _begin(self, prepared: Any, tasks: list[Any]) -> Any:
        return self._remote.remote(prepared, pickle.dumps(tasks))

    def _done(self, flying: Collection[Any]) -> Iterable[Any]:
        import ray

        return list(ray.wait(list(flying), num_returns=1, timeout=POLL)[0])

    def _result(self, handle: Any) -> Ended | Lost | Failure:
        import ray
        from ray import exceptions

        try:
            result: Ended = ray.get(handle)
        except exceptions.LocalRayletDiedError:
            raise self._lost() from None
        except exceptions.OutOfMemoryError:
            return Lost("its worker was ended, since its node had too little memory left.")
        except exceptions.NodeDiedError:
            return Lost("its node was lost.")
        except (exceptions.WorkerCrashedError, exceptions.ObjectLostError):
            return Lost("its worker died.")
        except exceptions.RayError as error:  # an outcome that cannot be pickled
            return Failure(line(error.cause if getattr(error, "cause", None) else error))
        return result

    def _cancel(self, flying: Mapping[Any, Any]) -> None:
        import ray

        for handle in () if self._hangs else flying:
            ray.cancel(handle, force=True)

    def _lost(self) -> SeqzooError:
        """To be raised where the head node does not answer: Ray would wait for a minute and end this process."""
        return SeqzooError(
            f"the cluster is lost: its head node {self._head} no longer answers. Finished tasks are kept. Start the "
            "cluster again (`ray start --head`) and give the same command, which goes on with the others."
        )


def _attempts_of(pickled: bytes, tasks: bytes) -> Ended:
    """In the worker: it has one core, so polars gets one thread, as a process of `Local` does.

    Ray sees to it for linear algebra only. Tasks arrive pickled, since to unpickle one may import polars.
    """
    os.environ.update(single_threaded())
    return attempts_of(pickled, pickle.loads(tasks))


def _check_it_listens(address: str) -> None:
    """Raises SeqzooError unless something listens at HOST:PORT. Ray itself would wait for minutes."""
    if problem := _problem(address):
        raise SeqzooError(
            f"no Ray answers on {address}: {problem}. Start it (`ray start --head`), or use --on local."
        )


def _problem(address: str) -> str:
    """Why nothing answers at HOST:PORT; empty if something does."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal() and int(port) < 1 << 16):
        return "expected HOST:PORT"
    try:
        socket.create_connection((host, int(port)), CONNECTS).close()
    except OSError as error:
        return str(error)
    return ""
