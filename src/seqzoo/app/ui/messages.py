"""Checks of the messages that pages send over their socket. An invalid one becomes a line of the log."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from nicegui import core
from socketio.exceptions import ConnectionRefusedError as Turned  # type: ignore[import-untyped]

LONGEST = 300  # characters of a page's error message in the log
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_LEFT = "Client has been deleted but is still being used"  # logged when a tab is closed while its view is computed

failures = logging.getLogger("seqzoo.app")


def enter() -> None:
    """Wrap NiceGUI's message handlers, which do not check what they receive."""
    handlers = core.sio.handlers["/"]
    handlers["log"] = _complain
    for kind in set(handlers) - {"disconnect"}:  # sent by this process, not by a page
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
        except Exception as problem:  # exceptions of a view's handlers are caught before they get here
            failures.warning("a message %s of a page cannot be read: %s", kind, _short(problem))
            return False

    return handle


def _complain(_: str, message: Any) -> None:
    """Log a message of a page's script."""
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
