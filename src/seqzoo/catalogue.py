"""What there is to use, a row each: every bundle of the shelf, and the references of the signals they are on."""

from __future__ import annotations

from typing import Any

from . import shelf
from .bundle import SHIPPED, open_bundle
from .cards import describe_signal, label
from .errors import BundleError
from .floors import REFERENCES
from .runtime.closed_form import SUMMARIES
from .signals import FAMILIES, make


def rows() -> list[dict[str, Any]]:
    """By signal, and from the best possible to the worst: name, what it is, size, excess and skill.

    A bundle whose manifest cannot be used has its `error` in place of these, and comes last.
    """
    found: list[dict[str, Any]] = []
    floors: dict[str, dict[str, float]] = {}
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
            "excess": facts.score.excess[0],
            "skill": facts.score.skill[0],
        }
        found.append(row)
        if facts.contract.horizon == 1 and row["shipped"]:
            floors[facts.signal.family] = facts.score.floors
    found += [_reference(name, family, known) for family, known in floors.items() for name in REFERENCES]
    order = {family: place for place, family in enumerate(FAMILIES)}
    return sorted(found, key=lambda row: (order.get(row.get("family", ""), len(order)), row.get("excess", 0)))


def _reference(name: str, family: str, floors: dict[str, float]) -> dict[str, Any]:
    bayes, last = floors["bayes"], floors["last_value"]
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
        "excess": floors[name] / bayes - 1,
        "skill": (last - floors[name]) / (last - bayes),
    }
