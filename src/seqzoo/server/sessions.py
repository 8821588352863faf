"""Stream sessions: the state of recurrent models between requests, the only client state that the server holds."""

from __future__ import annotations

import secrets

from cachetools import TTLCache

from ..runtime.stream import Stream
from .answers import Refused

MOST = 1000
IDLE_SECONDS = 600.0


class Sessions:
    """Streams by an identifier that is hard to guess. Idle sessions end, and beyond `most` the least recently used.

    Use it from the event loop only, like the streams.
    """

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        self._streams: TTLCache[str, Stream] = TTLCache(most, idle_seconds)

    def open(self, stream: Stream) -> str:
        """The identifier of a new session."""
        key = secrets.token_urlsafe(16)
        self._streams[key] = stream
        return key

    def get(self, key: str) -> Stream:
        """The stream of an identifier.

        Raises:
            Refused: no stream has it, or the stream was idle for too long.
        """
        stream = self._streams.get(key)
        if stream is None:
            raise Refused(404, "the stream does not exist, or it was idle for too long: open a new one.", "stream")
        self._streams[key] = stream  # its idle time starts again
        return stream

    def close(self, key: str) -> None:
        """End a session.

        Raises:
            Refused: no stream has this identifier.
        """
        self.get(key)
        self._streams.pop(key, None)
