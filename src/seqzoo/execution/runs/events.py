"""The events of a run, one line of JSON each, and a log that reads them while the run appends more."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from ...bundles.manifest import ScoreFacts

AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
LIMIT = 64 << 20  # bytes of a log; the longest run writes less than one MB


class _Event(msgspec.Struct, frozen=True, tag_field="event", tag=str.lower):
    """One line of the log."""


class Began(_Event, frozen=True):
    """A process has started or continued the run.

    Args:
        steps: the steps of the whole run.
        floors: expected MSE of every reference, or measured MSE of each rival, averaged over the horizon.
        episodic: whether each value is from a separate window (sorted by true value), not from one series.
        truth: [T] the clean values one step ahead; for a measured series, the observed values.
        bayes: [T] the Bayes forecasts of these values; empty for a measured series.
    """

    steps: AtLeastOne
    floors: dict[str, float]
    episodic: bool
    truth: list[float]
    bayes: list[float]


class Evaluated(_Event, frozen=True):
    """An evaluation of the averaged weights after `step` updates: MSE, excess if a floor is known, and mean loss
    since the last evaluation."""

    step: AtLeastOne
    mse: float
    excess: float | None
    loss: float
    learning_rate: float
    seconds: float


class Snapshot(_Event, frozen=True):
    """The forecasts [T] one step ahead, by the averaged weights after `step` updates."""

    step: AtLeastOne
    forecast: list[float]


class Ended(_Event, frozen=True):
    """The process has ended normally, after writing its checkpoint."""

    step: int
    finished: bool


class Failed(_Event, frozen=True):
    """Training cannot continue."""

    reason: str


class ModelSaved(_Event, frozen=True, tag="kept"):
    """The best weights so far were saved as a user's model.

    Args:
        excess: over Bayes, with its standard error `error`; None without a floor above zero.
        mse: on the hold-out of a measured series; None on a signal.
        rival: the rival of the lowest MSE there, and that MSE.
    """

    name: str
    excess: float | None
    error: float | None
    is_verified: bool = True
    mse: float | None = None
    rival: tuple[str, float] | None = None


def saved(name: str, score: ScoreFacts, *, is_verified: bool) -> ModelSaved:
    """The event for a model with this score."""
    excess, error = score.excess or (None, None)
    if not score.rivals:
        return ModelSaved(name, excess, error, is_verified)
    rival = min(score.rivals.items(), key=lambda row: row[1])
    return ModelSaved(name, excess, error, is_verified, score.mse[0], rival)


class SavingFailed(_Event, frozen=True, tag="notkept"):
    """The best weights could not be saved under this name."""

    name: str
    reason: str


Event = Began | Evaluated | Snapshot | Ended | Failed | ModelSaved | SavingFailed
Point = TypeVar("Point", Evaluated, Snapshot)
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def append(path: Path, event: Event) -> None:
    """Append a line, in one write; first ends a line that another process left unfinished when it died."""
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
        torn = b"\n" if size and file.read(1) != b"\n" else b""
        file.write(torn + msgspec.json.encode(event) + b"\n")


class Log:
    """The events of a run; each `read` reads the new ones. Safe to use from many threads.

    Of steps that were repeated after a process died, only the last repetition counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = 0
        self.began: Began | None = None
        self.last: Ended | Failed | None = None
        self.last_saving: ModelSaved | SavingFailed | None = None
        self.saved: list[ModelSaved] = []
        self.evaluations: list[Evaluated] = []
        self.snapshots: list[Snapshot] = []
        self._offset, self._rest = 0, b""
        self._lock = threading.Lock()

    def read(self) -> None:
        """Read the events that were appended since the last call."""
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
                except msgspec.MsgspecError:  # a process died while it wrote the line
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
            case ModelSaved():
                self.last_saving, self.saved = event, [*self.saved, event]
            case SavingFailed():
                self.last_saving = event


def _before(events: list[Point], step: int) -> list[Point]:
    end = len(events)
    while end and events[end - 1].step >= step:
        end -= 1
    return events[:end]
