"""Diagnoses for pages, each with a process and a folder SEQZOO_HOME/diagnoses/KEY. Imports no torch.

The key is a digest of the series and of the options: whoever asks for the same diagnosis again sees the same one,
while it is computed and afterwards. Its process renders each stage as HTML and appends it to `events.jsonl`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import re
import shutil
import threading
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from .. import __version__, _storage
from ..data.measured import Reading
from ..errors import InputError, IntegrityError
from ..execution.child import Child, last_line
from .description import Given

ORDER, VALUES, EVENTS, STDERR, PAGE = "order.json", "values.npy", "events.jsonl", "stderr.txt", "report.html"
MOST_KEPT = 30  # diagnoses; beyond that, the oldest ones without a process are deleted
AT_ONCE = 2  # processes
FORMAT = 2  # of the events and of what is computed: a diagnosis in another format is made again
LIMIT = 256 << 20
_KEY = re.compile(r"[0-9a-f]{16}")


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a diagnosis is asked for, without the values. Fields as for `Given` and `stages`."""

    name: str
    depth: str
    season: int | None = None
    horizon: int | None = None
    start: str | None = None
    frequency: str | None = None
    understood: str = ""
    counts: dict[str, Any] = {}


class Reached(msgspec.Struct, frozen=True, tag_field="event", tag="reached"):
    """A finished step, see `stages.Step`; `html` is what the stage shows from now on, empty if unchanged."""

    stage: str
    done: int
    total: int
    html: str = ""


class Decided(msgspec.Struct, frozen=True, tag_field="event", tag="decided"):
    """The end: what to use, its kind, the network of the contest that errs least, the horizon and the season."""

    use: str
    kind: str
    network: str
    horizon: int
    season: int
    seconds: float


class Refused(msgspec.Struct, frozen=True, tag_field="event", tag="refused"):
    """The series cannot be diagnosed."""

    reason: str


Event = Reached | Decided | Refused
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Examination(NamedTuple):
    """How far a diagnosis is.

    Args:
        how: "running", "finished", "refused" for a `reason`, or "died" for one.
        stages: the latest step of each stage.
        shown: the HTML of each stage.
        decided: the end, once it is reached.
        version: changes whenever another field may have changed.
    """

    key: str
    how: str
    stages: dict[str, Reached]
    shown: dict[str, str]
    decided: Decided | None
    reason: str
    version: tuple[int, str]


class Examinations:
    """The diagnoses of one home folder. Its methods wait for disks and processes: call them off the event loop.

    A process shares a pipe with the server that started it, and ends with it.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / "diagnoses"
        self._lock = threading.RLock()
        self._children: dict[str, Child] = {}

    @staticmethod
    def key(order: Order, values: np.ndarray) -> str:
        """The key of a diagnosis of values [T], NaN where one is missing."""
        asked = msgspec.json.encode([FORMAT, __version__, order], order="deterministic")
        return hashlib.sha256(asked + np.asarray(values, "<f8").tobytes()).hexdigest()[:16]

    def start(self, order: Order, values: np.ndarray) -> str:
        """The key of a diagnosis, which runs now, unless it has been finished before.

        Raises:
            InputError: as many as may run at once are under way, or the disk cannot be written to.
        """
        key = self.key(order, values)
        with self._lock:
            known = self.state(key)
            if known is not None and known.how in ("running", "finished"):
                return key
            if sum(child.is_alive for child in self._children.values()) >= AT_ONCE:
                raise InputError(f"{AT_ONCE} diagnoses are under way, the most at once: wait until one ends.")
            self._forget(key)
            self._prune()
            raw = io.BytesIO()
            np.save(raw, np.asarray(values, "<f8"), allow_pickle=False)
            try:
                _storage.write_folder(
                    self.folder / key, {ORDER: msgspec.json.encode(order) + b"\n", VALUES: raw.getvalue()}
                )
                environment = {"SEQZOO_HOME": str(self.home)}
                folder = self.folder / key
                self._children[key] = Child(
                    "seqzoo.diagnosis.worker", [str(folder)], folder / STDERR, environment
                )
            except OSError as error:
                raise InputError(f"the diagnosis cannot be started: {error}.") from None
        return key

    def cancel(self, key: str) -> None:
        """End a diagnosis that runs, with every process that it started, and delete it."""
        with self._lock:
            child = self._children.get(key)
            if child is not None and child.is_alive:
                self._forget(key)

    def state(self, key: str) -> Examination | None:
        """How far a diagnosis is; None if there is none."""
        folder = self.folder / key
        if not _KEY.fullmatch(key) or not (folder / ORDER).is_file():
            return None
        child = self._children.get(key)
        status = None if child is None else child.status  # before the events, so as to miss none
        is_alive = child is not None and status is None
        stages: dict[str, Reached] = {}
        shown: dict[str, str] = {}
        end: Decided | Refused | None = None
        count = 0
        for event in _events(folder / EVENTS):
            count += 1
            if isinstance(event, Reached):
                stages[event.stage] = event
                if event.html:
                    shown[event.stage] = event.html
            else:
                end = event
        how, reason = "running", ""
        if isinstance(end, Decided):
            how = "finished"
        elif isinstance(end, Refused):
            how, reason = "refused", end.reason
        elif not is_alive:
            how = "died"
            last = last_line(folder / STDERR)[:200] if (folder / STDERR).exists() else ""
            reason = last or "its process ended without a word."
        decided = end if isinstance(end, Decided) else None
        return Examination(key, how, stages, shown, decided, reason, (count, how))

    def page(self, key: str) -> bytes | None:
        """The whole report of a finished diagnosis, one HTML file; None if there is none."""
        if not _KEY.fullmatch(key):
            return None
        try:
            return _storage.read_file(self.folder / key / PAGE, LIMIT)
        except IntegrityError:
            return None

    def close(self) -> None:
        """End every process."""
        for child in self._children.values():
            child.kill()

    def _forget(self, key: str) -> None:
        if (child := self._children.pop(key, None)) is not None:
            child.kill()
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def _prune(self) -> None:
        with contextlib.suppress(OSError):
            kept = [path for path in self.folder.iterdir() if _KEY.fullmatch(path.name)]
            kept.sort(key=lambda path: path.stat().st_mtime, reverse=True)
            for path in kept[MOST_KEPT - 1 :]:
                child = self._children.get(path.name)
                if child is None or not child.is_alive:
                    self._forget(path.name)


def order_of(reading: Reading, depth: str, season: int | None, horizon: int | None) -> Order:
    """The order of a diagnosis of a reading of one series."""
    times = reading.one().times
    return Order(
        name=reading.labels[0], depth=depth, season=season, horizon=horizon,
        start=None if times is None else times.stamp(0),
        frequency=None if times is None else times.frequency.alias,
        understood=reading.understood, counts=msgspec.to_builtins(reading.counts),
    )  # fmt: skip


def ordered(folder: Path) -> tuple[Order, Given]:
    """The order in a folder, and the series that it is about.

    Raises:
        InputError: as `Given.of`.
    """
    order = msgspec.json.decode(_storage.read_file(folder / ORDER, 1 << 20), type=Order)
    values = np.load(io.BytesIO(_storage.read_file(folder / VALUES, LIMIT)), allow_pickle=False)
    given = Given.of(values, order.name)
    facts = {"start": order.start, "frequency": order.frequency, "understood": order.understood}
    return order, Given(given.name, given.values, given.is_missing, **facts, counts=order.counts)  # type: ignore[arg-type]


def _events(path: Path) -> list[Event]:
    try:
        lines = _storage.read_file(path, LIMIT).split(b"\n")
    except IntegrityError:
        return []
    events = []
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError):  # the last line may be half written
            events.append(_decoder.decode(line))
    return events


@functools.cache
def _of(home: Path) -> Examinations:
    return Examinations(home)


def here() -> Examinations:
    """The diagnoses of SEQZOO_HOME, the same for every caller of this process."""
    return _of(_storage.home())
