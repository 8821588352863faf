"""Stream sessions: a recurrent model's state kept between requests, the only state the server holds."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

from ..runtime.stream import Stream
from .answers import Refused

MOST = 1000
IDLE_SECONDS = 600.0


@dataclass
class Session:
    """One stream, and when it was last used."""

    stream: Stream
    used: float


class Sessions:
    """Streams by an identifier that nobody can guess. Idle ones end; beyond `most`, the least recently used.

    Used from the event loop alone, as the streams are.
    """

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most, self.idle_seconds = most, idle_seconds
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, stream: Stream) -> str:
        """The identifier of a new session."""
        now = time.monotonic()
        while self._sessions:
            key, oldest = next(iter(self._sessions.items()))
            if len(self._sessions) < self.most and now - oldest.used < self.idle_seconds:
                break
            del self._sessions[key]
        key = secrets.token_urlsafe(16)
        self._sessions[key] = Session(stream, now)
        return key

    def get(self, key: str) -> Stream:
        """The stream of an identifier.

        Raises:
            Refused: none, or it was idle for too long.
        """
        now, session = time.monotonic(), self._sessions.get(key)
        if session is None or now - session.used >= self.idle_seconds:
            self._sessions.pop(key, None)
            raise Refused(404, "there is no such stream, or it was idle for too long: open a new one.", "stream")
        session.used = now
        self._sessions.move_to_end(key)
        return session.stream

    def close(self, key: str) -> None:
        """End a session. Raises Refused if there is none."""
        self.get(key)
        del self._sessions[key]
