"""A built site below the root of a host of files, as `python -m http.server` serves it."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

from seqzoo.pages import hero, train
from seqzoo.site import build

MODELS = (hero.MODEL, "lstm.sine", "mlp.sine")


def files() -> dict[str, bytes]:
    """The files of a site of a few models, whose page Train averages Bayes over few windows."""
    train.facts.cache_clear()
    with mock.patch.object(train, "WINDOWS", 500):
        built = build.build(only=MODELS).files
    train.facts.cache_clear()
    return built


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a host of the files of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
