"""Stream sessions: a recurrent model's state kept between requests, the only state the server holds."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from ..runtime.stream import Stream
from .answers import Refused

MOST = 1000
IDLE_SECONDS = 600.0


@dataclass
class Session:
    """One stream. `lock` makes its values follow one another."""

    model: str
    stream: Stream
    used: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """Sessions by an identifier that nobody can guess. Idle ones end; beyond `most`, the least recently used."""

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most, self.idle_seconds = most, idle_seconds
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, model: str, stream: Stream) -> str:
        """A new session's identifier."""
        with self._lock:
            oldest = time.monotonic() - self.idle_seconds
            while self._sessions:
                key, session = next(iter(self._sessions.items()))
                if len(self._sessions) < self.most and session.used > oldest:
                    break
                del self._sessions[key]
            key = secrets.token_urlsafe(16)
            self._sessions[key] = Session(model, stream)
            return key

    def get(self, key: str) -> Session:
        """The session of an identifier.

        Raises:
            Refused: none, or it was idle for too long.
        """
        with self._lock:
            session = self._sessions.get(key)
            if session is None or session.used < time.monotonic() - self.idle_seconds:
                self._sessions.pop(key, None)
                raise Refused(404, "there is no such stream, or it was idle for too long: open a new one.", "stream")
            session.used = time.monotonic()
            self._sessions.move_to_end(key)
            return session

    def close(self, key: str) -> None:
        """End a session. Raises Refused if there is none."""
        self.get(key)
        with self._lock:
            self._sessions.pop(key, None)
