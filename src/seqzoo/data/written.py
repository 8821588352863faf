"""Times written as the file that was read writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from .frequency import DAY

CHECKED = 500  # cells at either end that a form has to write as they stand
_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of a time, with the text of one cell as an example of its style.

    Args:
        key: y, m, d, b (name of the month), q, w (ISO week), H, M, S, f, p (half of the day), or o (offset from UTC).
        width: the fewest digits, or letters of a name.
        like: the example.
    """

    key: str
    width: int
    like: str


@dataclass(frozen=True)
class Form:
    """How a file writes a time.

    Args:
        pieces: parts and the texts between them, in order.
        per_second: units of a second where times are whole numbers of them since 1970, without pieces; else 0.
    """

    pieces: tuple[Part | str, ...] = ()
    per_second: int = 0

    def write(self, local: int, offset: int = 0) -> str:
        """A time in this form.

        Args:
            local: microseconds since 1970, as the clock shows it.
            offset: microseconds, local time minus UTC.
        """
        if self.per_second:
            return str((local - offset) * self.per_second // 1_000_000)
        days, rest = divmod(local, DAY)
        day = date(1970, 1, 1) + timedelta(days=days)
        halves = any(isinstance(piece, Part) and piece.key == "p" for piece in self.pieces)
        week = day.isocalendar()
        by_week = any(isinstance(piece, Part) and piece.key == "w" for piece in self.pieces)
        hour = rest // 3_600_000_000
        numbers = {
            "y": week.year if by_week else day.year, "m": day.month, "d": day.day, "q": (day.month + 2) // 3,
            "w": week.week, "H": (hour + 11) % 12 + 1 if halves else hour, "M": rest // 60_000_000 % 60,
            "S": rest // 1_000_000 % 60,
        }  # fmt: skip
        texts = []
        for piece in self.pieces:
            if isinstance(piece, str):
                texts.append(piece)
            elif piece.key == "b":
                name = _NAMES[day.month - 1]
                texts.append(_cased(name if piece.width > 3 else name[:3], piece.like))
            elif piece.key == "p":
                half = piece.like.lower().replace("a", "p") if hour >= 12 else piece.like.lower().replace("p", "a")
                texts.append(_cased(half, piece.like))
            elif piece.key == "o":
                texts.append(_offset(offset, piece.like))
            elif piece.key == "f":
                texts.append(f"{rest % 1_000_000:06}".ljust(piece.width, "0")[: piece.width])
            elif piece.key == "y" and len(piece.like) == 2:
                texts.append(f"{numbers['y'] % 100:02}")
            else:
                texts.append(f"{numbers[piece.key]:0{piece.width}}")
        return "".join(texts)


def form_of(
    pattern: str, names: Mapping[str, str], cells: Sequence[str], local: NDArray[np.int64],
    offsets: NDArray[np.int64] | None,
) -> Form | None:  # fmt: skip
    """The form of a column of times; None for ISO 8601, or if none writes all first and last cells as they stand.

    Args:
        pattern: a regular expression whose groups are named after parts.
        names: the part of each group that has another name.
        cells: [T], each a time of the pattern.
        local: [T], as `Form.write`.
        offsets: [T], as `Form.write`; None if the cells state none.
    """
    places = [*range(min(CHECKED, len(cells))), *range(max(CHECKED, len(cells) - CHECKED), len(cells))]
    matches = [re.match(pattern, cells[at]) for at in places]
    if not matches or not all(matches):
        return None
    groups = [match.groupdict() for match in matches if match]
    last = matches[-1]
    assert last is not None
    # What is never below ten shows no padding; it is then taken to be padded as other parts are.
    unpadded = any(len(each[group] or "00") == 1 for each in groups for group in each)
    pieces: list[Part | str] = []
    end = 0
    for group in sorted((key for key, text in groups[-1].items() if text is not None), key=last.start):
        pieces.append(last.string[end : last.start(group)])
        end = last.end(group)
        texts = [each[group] or "" for each in groups]
        key, like = names.get(group, group), last[group]
        width = max(map(len, texts)) if key == "b" else min(map(len, texts))
        if width == 2 and unpadded and key not in "MS" and not any(text.startswith("0") for text in texts):
            width = 1
        pieces.append(Part(key, width, like))
    if "T" in pieces:
        return None  # ISO 8601
    form = Form((*pieces, last.string[end:]))
    zeros = np.zeros(len(cells), np.int64) if offsets is None else offsets
    return form if all(form.write(int(local[at]), int(zeros[at])) == cells[at] for at in places) else None


def _cased(text: str, like: str) -> str:
    letters = [letter for letter in like if letter.isalpha()]
    if all(letter.isupper() for letter in letters):
        return text.upper()
    return text.capitalize() if letters[0].isupper() else text


def _offset(offset: int, like: str) -> str:
    if like[0] not in "+-" and offset == 0:
        return like
    minutes = abs(offset) // 60_000_000
    digits = f"{minutes // 60:02}:{minutes % 60:02}"
    if like[0] in "+-" and len(like) == 3 and minutes % 60 == 0:
        digits = digits[:2]
    elif like[0] in "+-" and ":" not in like:
        digits = digits.replace(":", "")
    return ("-" if offset < 0 else "+") + digits
