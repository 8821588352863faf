"""The catalogue: one row for each bundle of the shelf and each reference of every signal."""

from __future__ import annotations

import csv
import functools
import io
import json
import math
from pathlib import Path
from typing import Any

from ..bundles import shelf
from ..bundles.describe import describe_signal
from ..bundles.manifest import Manifest
from ..bundles.store import SHIPPED, open_bundle
from ..errors import BundleError
from ..forecasters.exact import linear_mse
from ..forecasters.floors import floors, vanishes
from ..forecasters.references import CONTEXT_LENGTH
from ..forecasters.table import REFERENCES, RULES
from ..signals import FAMILIES, make

STORED_FLOORS = Path(__file__).with_name("floors.json")


def rows() -> list[dict[str, Any]]:
    """One row of facts for each model and reference, sorted by signal and then by excess.

    The excess is None if the floor is zero. For a measured series, whose floors are unknown, excess and skill are
    both None. `excess_best_linear` and `excess_last_value` are the excesses of these references on the same signal
    and horizon. A bundle that cannot be read has an `error` in place of these facts, and stands last.
    """
    catalogue: list[dict[str, Any]] = []
    known: dict[str, dict[str, float]] = {}
    for name, path in shelf.available().items():
        row: dict[str, Any] = {"name": name, "path": str(path), "shipped": path.parent == SHIPPED}
        try:
            facts = open_bundle(path).manifest
            row |= _row(facts)
        except Exception as error:  # one bad bundle must not break the list
            why = str(error) if isinstance(error, BundleError) else f"{type(error).__name__}: {error}"
            catalogue.append({**row, "error": why.encode("utf-8", "backslashreplace").decode()})
            continue
        catalogue.append(row)
        if facts.contract.horizon == 1 and row["shipped"]:
            known[facts.source.key] = facts.score.floors
    for family in FAMILIES:
        of_signal = _with_rules(family, known.get(family) or _floors(family))
        catalogue += [_reference(name, family, of_signal) for name in REFERENCES]
    order = {family: place for place, family in enumerate(FAMILIES)}
    return sorted(catalogue, key=lambda row: _place(row, order))


def _place(row: dict[str, Any], order: dict[str, int]) -> tuple[int, float]:
    """The key for sorting a row by signal and excess; rows without an excess follow the others."""
    excess = row.get("excess", 0)
    return order.get(row.get("family", ""), len(order)), math.inf if excess is None else excess


def table() -> str:
    """The rows as CSV with a header, without the paths of bundles."""
    catalogue = rows()
    columns = [*dict.fromkeys(key for row in catalogue for key in row if key != "path")]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _text(value) for key, value in row.items()} for row in catalogue)
    return out.getvalue()


def _text(value: Any) -> Any:
    """A value for CSV; text from a bundle is quoted where a spreadsheet would take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _with_rules(family: str, known: dict[str, float]) -> dict[str, float]:
    """The floors with the exact errors of rules that were added after these floors were stored."""
    added = {name: weights for name, weights in RULES.items() if name not in known}
    process = make(family)
    return known | {name: float(linear_mse(process, rule(CONTEXT_LENGTH, 1))[0]) for name, rule in added.items()}


@functools.cache
def _floors(family: str) -> dict[str, float]:
    """Floors one step ahead of a signal without a shipped bundle; stored, so that a listing draws no windows."""
    known: dict[str, dict[str, float]] = json.loads(STORED_FLOORS.read_bytes())
    return known.get(family) or computed_floors(family)


def computed_floors(family: str) -> dict[str, float]:
    """The floors of a signal for `STORED_FLOORS`; the same on every machine up to rounding.

    `python -m seqzoo.runtime.catalogue` writes the file again.
    """
    return dict(floors(make(family), CONTEXT_LENGTH)[0].items())


def _row(facts: Manifest) -> dict[str, Any]:
    return {
        "title": facts.title,
        "summary": facts.summary,
        "architecture": facts.architecture,
        "family": facts.source.key,
        "signal": describe_signal(facts),
        "reference": False,
        "parameters": facts.parameters,
        "bytes": facts.size,
        "excess": facts.score.excess and facts.score.excess[0],
        "skill": facts.score.skill and facts.score.skill[0],
        "mse": facts.score.mse[0],
        **_marks(facts.score.floors),
    }


def _marks(known: dict[str, float]) -> dict[str, float | None]:
    if not known or vanishes(known):
        return {"excess_best_linear": None, "excess_last_value": None}
    return {f"excess_{name}": known[name] / known["bayes"] - 1 for name in ("best_linear", "last_value")}


def _reference(name: str, family: str, known: dict[str, float]) -> dict[str, Any]:
    bayes, last = known["bayes"], known["last_value"]
    return {
        "name": f"{name}.{family}",
        "shipped": True,
        "title": REFERENCES[name].label,
        "summary": REFERENCES[name].summary,
        "family": family,
        "signal": make(family).description,
        "reference": True,
        "parameters": 0,
        "bytes": 0,
        "excess": known[name] / bayes - 1,
        "skill": (last - known[name]) / (last - bayes),
        **_marks(known),
    }


if __name__ == "__main__":
    _on_bundles = {row["family"] for row in rows() if row.get("parameters") and row["shipped"]}
    _stored = {family: computed_floors(family) for family in FAMILIES if family not in _on_bundles}
    STORED_FLOORS.write_text(json.dumps(_stored, indent=2) + "\n", "utf-8")
