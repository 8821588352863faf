"""Texts of a table of thirty days, and what is read from a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from seqzoo.data.measured import Choices, Reading
from seqzoo.data.reading import read

DAYS = [f"2024-01-{day:02}" for day in range(1, 31)]
VALUES = [1.5 + 0.25 * step for step in range(30)]
COMMAS = [str(value).replace(".", ",") for value in VALUES]


def lines(times: Any, values: Any = VALUES, separator: str = ",", header: str = "date,y") -> str:
    rows = [f"{time}{separator}{value}" for time, value in zip(times, values, strict=False)]
    return "\n".join([header, *rows] if header else rows) + "\n"


def told(source: str | bytes, **choices: Any) -> Reading:
    return read(source.encode() if isinstance(source, str) else source, Choices(**choices), named="the file")


def hours(zone: str, start: str, count: int, minutes: int = 60, *, offset: bool = False) -> list[str]:
    """What the clock of a zone shows from `start` on."""
    first = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    shown = [(first + timedelta(minutes=minutes * step)).astimezone(ZoneInfo(zone)) for step in range(count)]
    return [stamp.isoformat() if offset else stamp.strftime("%Y-%m-%d %H:%M") for stamp in shown]


BASE = lines(DAYS)
