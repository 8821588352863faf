"""What there is to use, a row each: every bundle of the shelf, and the references of every signal."""

from __future__ import annotations

import csv
import functools
import io
import math
from typing import Any

from . import shelf
from .bundle import SHIPPED, open_bundle
from .cards import describe_signal, label
from .errors import BundleError
from .floors import REFERENCES, floors, vanishes
from .runtime.closed_form import CONTEXT_LENGTH, SUMMARIES
from .signals import FAMILIES, make


def rows() -> list[dict[str, Any]]:
    """By signal, and from the best possible to the worst: name, what it is, size, excess and skill.

    An excess is None where the floor is zero. `excess_best_linear` and `excess_last_value` are those references on
    the same signal and horizon. A bundle whose manifest cannot be used has its `error` in place of these, and comes
    last.
    """
    found: list[dict[str, Any]] = []
    known: dict[str, dict[str, float]] = {}
    for name, path in shelf.available().items():
        row: dict[str, Any] = {"name": name, "path": str(path), "shipped": path.parent == SHIPPED}
        try:
            facts = open_bundle(path).manifest
        except BundleError as error:
            found.append({**row, "error": str(error)})
            continue
        row |= {
            "title": facts.title,
            "summary": facts.summary,
            "architecture": facts.architecture,
            "family": facts.signal.family,
            "signal": describe_signal(facts),
            "reference": False,
            "parameters": facts.parameters,
            "bytes": facts.size,
            "excess": facts.score.excess and facts.score.excess[0],
            "skill": facts.score.skill[0],
            **_marks(facts.score.floors),
        }
        found.append(row)
        if facts.contract.horizon == 1 and row["shipped"]:
            known[facts.signal.family] = facts.score.floors
    for family in FAMILIES:
        of_signal = known.get(family) or _floors(family)
        found += [_reference(name, family, of_signal) for name in REFERENCES]
    order = {family: place for place, family in enumerate(FAMILIES)}
    return sorted(found, key=lambda row: _place(row, order))


def _place(row: dict[str, Any], order: dict[str, int]) -> tuple[int, float]:
    """By signal and excess; where that is undefined, after what has one."""
    excess = row.get("excess", 0)
    return order.get(row.get("family", ""), len(order)), math.inf if excess is None else excess


def table() -> str:
    """The rows as CSV with a header, without the folders they lie in."""
    found = rows()
    columns = [*dict.fromkeys(key for row in found for key in row if key != "path")]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _text(value) for key, value in row.items()} for row in found)
    return out.getvalue()


def _text(value: Any) -> Any:
    """What a bundle says of itself, so that no spreadsheet takes it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


@functools.cache
def _floors(family: str) -> dict[str, float]:
    """Floors of a signal that no shipped bundle is on, one step ahead, from few samples."""
    return dict(floors(make(family), CONTEXT_LENGTH, samples=2_000)[0].items())


def _marks(known: dict[str, float]) -> dict[str, float | None]:
    if vanishes(known):
        return {"excess_best_linear": None, "excess_last_value": None}
    return {f"excess_{name}": known[name] / known["bayes"] - 1 for name in ("best_linear", "last_value")}


def _reference(name: str, family: str, known: dict[str, float]) -> dict[str, Any]:
    bayes, last = known["bayes"], known["last_value"]
    return {
        "name": f"{name}.{family}",
        "shipped": True,
        "title": label(name),
        "summary": SUMMARIES[name],
        "family": family,
        "signal": make(family).description,
        "reference": True,
        "parameters": 0,
        "bytes": 0,
        "excess": known[name] / bayes - 1,
        "skill": (last - known[name]) / (last - bayes),
        **_marks(known),
    }
