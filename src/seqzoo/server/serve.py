"""Builds the server and runs it until it is asked to stop."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import logging
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any

from uvicorn import Config

from ..errors import InputError
from ..runtime.repository import MOST_LOADED, Repository
from . import control
from .edge import App, Edge, Receive, Scope, Send, access
from .guard import DrainingServer, GuardedProtocol
from .metrics import Metrics
from .origins import Origins
from .v2 import V2

MAX_MESSAGE = 1 << 20  # bytes of one websocket message of a page, inflated
Pages = Callable[[Repository], App]


def application(
    engine: str = "light",
    most_loaded: int = MOST_LOADED,
    *,
    token: str | None = None,
    is_public: bool = False,
    origins: Origins | None = None,
    is_draining: Callable[[], bool] = lambda: False,
    pages: Pages | None = None,
) -> App:
    """The ASGI application: /v2 for the protocol, /api for control, /docs and /metrics.

    `pages` answers all other paths and /docs, and `origins` says whose web pages may use the server. The other
    arguments are those of `V2`.

    Raises:
        InputError: the token is empty.
    """
    if token is not None and not token.strip():
        raise InputError("the token is empty: give one that is hard to guess, or omit it.")
    metrics = Metrics()
    # Where the engine cannot run a model, a page falls back to onnx, and the API answers with an error.
    repository = Repository(engine, most_loaded, metrics.loaded_one, None if pages is None else "onnx")
    inference = V2(repository, metrics, token, is_public, is_draining).app()
    api = control.app(repository, metrics)
    everything_else: Any = api if pages is None else pages(repository)

    roots = [root for root in control.ROOTS if pages is None or root != "/docs"]

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        inner: Any = everything_else
        if scope["type"] == "http":
            if _is_under(scope["path"], "/v2"):
                inner = inference
            elif any(_is_under(scope["path"], root) for root in roots):
                inner = api
        await inner(scope, receive, send)

    return Edge(route, metrics, origins or Origins(is_public))


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    engine: str = "light",
    most_loaded: int = MOST_LOADED,
    token: str | None = None,
    names: Iterable[str] = (),
    access_log: bool = False,
    pages: Pages | None = None,
    on_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. All accepted requests are answered before the server stops.

    Args:
        port: 0 for any free one.
        names: accepted host names besides localhost and IP addresses; on loopback, all others are refused.
        pages: builds the application of /docs and every path outside the API; it may use websockets.
        on_ready: called with the address once connections are accepted.

    Raises:
        InputError: the address cannot be bound, or a name is not a host name.
    """
    origins = Origins(not is_loopback(host), names)
    listener = _bind(host, port)
    if access_log:
        _log_to_stderr()
    app = application(
        engine,
        most_loaded,
        token=token,
        is_public=not is_loopback(host),
        origins=origins,
        is_draining=lambda: server.is_draining,  # the server is built below, from this application
        pages=pages,
    )
    config = Config(
        app,
        http=GuardedProtocol,
        ws="none" if pages is None else "websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        lifespan="off" if pages is None else "on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
    server = DrainingServer(config, listener)
    address_host = f"[{host}]" if ":" in host else host
    on_ready(f"http://{address_host}:{listener.getsockname()[1]}")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _is_under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket:
    if not host:
        raise InputError("--host is empty: give 127.0.0.1 for this machine only, or 0.0.0.0 for all machines.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as problem:
        listener.close()
        reason = problem.strerror if isinstance(problem, OSError) else "a port must be from 0 to 65535"
        raise InputError(f"cannot listen on {host} port {port}: {reason}. Choose another with --port.") from None
    return listener


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {"message": record.getMessage()})
        return json.dumps({"time": self.formatTime(record), **facts})


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json())
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False
