"""What pages send over their socket. One that no page would send costs a line of the log, and nothing else."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from nicegui import core
from socketio.exceptions import ConnectionRefusedError as Turned  # type: ignore[import-untyped]

LONGEST = 300  # characters of a page's own complaint that the log takes
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_LEFT = "Client has been deleted but is still being used"  # its view was being computed when the tab was closed

failures = logging.getLogger("seqzoo.app")


def enter() -> None:
    """Stand between the sockets and NiceGUI, which takes what it is sent for what its script sends."""
    handlers = core.sio.handlers["/"]
    handlers["log"] = _complain
    for kind in set(handlers) - {"disconnect"}:  # which comes from here
        handlers[kind] = _checked(kind, handlers[kind])
    for name in ("engineio.server", "socketio.server"):
        logging.getLogger(name).addFilter(_in_a_line)
    logging.getLogger("nicegui").addFilter(lambda record: not record.getMessage().startswith(_LEFT))


def _checked(kind: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(*given: Any) -> Any:
        try:
            done = handler(*given)
            return await done if inspect.isawaitable(done) else done
        except Turned:
            raise
        except Exception as problem:  # what a view's own handler raises is caught further in
            failures.warning("a message %s of a page cannot be read: %s", kind, _short(problem))
            return False

    return handle


def _complain(_: str, message: Any) -> None:
    """What a page's script says of itself."""
    if isinstance(message, dict) and isinstance(message.get("level"), str):
        level = _LEVELS.get(message["level"], logging.INFO)
        failures.log(level, "a page says: %s", ascii(str(message.get("message"))[:LONGEST])[1:-1])


def _in_a_line(record: logging.LogRecord) -> bool:
    if record.exc_info:
        record.msg, record.args = f"{record.getMessage()}: {_short(record.exc_info[1])}", ()
        record.exc_info = record.exc_text = None
    return True


def _short(problem: BaseException | None) -> str:
    return ascii(f"{type(problem).__name__}: {problem}"[:LONGEST])[1:-1]
