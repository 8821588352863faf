"""What the process of a run tells, a line of JSON each, and how it is read while it grows."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
LIMIT = 64 << 20  # bytes of a log; the longest run writes less than one MB


class _Event(msgspec.Struct, frozen=True, tag_field="event", tag=str.lower):
    """One line."""


class Began(_Event, frozen=True):
    """A process has taken the run up.

    Args:
        steps: of the whole run.
        floors: expected MSE of every reference, or that measured of each rival, averaged over the horizon.
        episodic: whether each value is of a window of its own (sorted by truth), not of one series.
        truth: [T] the clean values one step ahead; of a measured series, the values.
        bayes: [T] the Bayes forecasts of them; empty for a measured series.
    """

    steps: AtLeastOne
    floors: dict[str, float]
    episodic: bool
    truth: list[float]
    bayes: list[float]


class Evaluated(_Event, frozen=True):
    """The averaged weights after `step` updates: MSE, excess where a floor is known, loss since the last."""

    step: AtLeastOne
    mse: float
    excess: float | None
    loss: float
    learning_rate: float
    seconds: float


class Snapshot(_Event, frozen=True):
    """[T] the forecasts one step ahead, by the averaged weights after `step` updates."""

    step: AtLeastOne
    forecast: list[float]


class Ended(_Event, frozen=True):
    """The process has left in good order, its checkpoint behind it."""

    step: int
    finished: bool


class Failed(_Event, frozen=True):
    """Training cannot go on."""

    reason: str


class Kept(_Event, frozen=True):
    """The best weights so far are a model of the user's own. Without a floor above zero there is no excess."""

    name: str
    excess: float | None
    error: float | None
    is_verified: bool = True


class Notkept(_Event, frozen=True):
    """They could not be kept under that name."""

    name: str
    reason: str


Event = Began | Evaluated | Snapshot | Ended | Failed | Kept | Notkept
Point = TypeVar("Point", Evaluated, Snapshot)
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def append(path: Path, event: Event) -> None:
    """Add a line, in one write; one that a process died in is closed first."""
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
        torn = b"\n" if size and file.read(1) != b"\n" else b""
        file.write(torn + msgspec.json.encode(event) + b"\n")


class Log:
    """The events of a run, of which each `read` takes up what is new. Safe to use from many threads.

    Steps that were done again, after a process had died, count once: the later ones.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = 0
        self.began: Began | None = None
        self.last: Ended | Failed | None = None
        self.keeping: Kept | Notkept | None = None
        self.kept: list[Kept] = []
        self.evaluations: list[Evaluated] = []
        self.snapshots: list[Snapshot] = []
        self._offset, self._rest = 0, b""
        self._lock = threading.Lock()

    def read(self) -> None:
        """Take up what was written since."""
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    file.seek(self._offset)
                    data = file.read(max(0, LIMIT - self._offset))
            except FileNotFoundError:
                return
            if not data:
                return
            self._offset += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                try:
                    self._take(_decoder.decode(line))
                except msgspec.MsgspecError:  # a process died in the middle of it
                    continue
            self.version += 1

    def _take(self, event: Event) -> None:
        match event:
            case Began():
                self.began, self.last = event, None
            case Evaluated():
                self.evaluations = [*_before(self.evaluations, event.step), event]
            case Snapshot():
                self.snapshots = [*_before(self.snapshots, event.step), event]
            case Ended() | Failed():
                self.last = event
            case Kept():
                self.keeping, self.kept = event, [*self.kept, event]
            case Notkept():
                self.keeping = event


def _before(events: list[Point], step: int) -> list[Point]:
    end = len(events)
    while end and events[end - 1].step >= step:
        end -= 1
    return events[:end]
