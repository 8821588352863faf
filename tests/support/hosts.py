"""Hosts on this machine, as `python -m http.server` is one. Tests and benchmarks share them."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Quiet(SimpleHTTPRequestHandler):
    """Answers with the files of a folder, and logs nothing."""

    def log_message(self, *_: Any) -> None:
        """No line for a request."""


@contextlib.contextmanager
def answering(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a host whose requests a handler answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def served(
    folder: Path, handler: type[SimpleHTTPRequestHandler] = Quiet
) -> contextlib.AbstractContextManager[str]:
    """The address of a host of the files of a folder."""
    return answering(functools.partial(handler, directory=str(folder)))
