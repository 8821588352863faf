"""The course of another training, drawn beside that of a run: the one recorded with the model, or another run's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ...._course import Evaluation
from ....bundles import history
from ....bundles.store import Bundle
from ....errors import SeqzooError
from ....execution.runs import Runs
from ....execution.runs.plans import Plan, clock, described, named, titled
from ....training.spec import TrainingSpec
from .curves import RECORDED, Course

NONE = "none"
Listed = Sequence[tuple[str, Plan]]


class Recorded(NamedTuple):
    """The training that a bundle has recorded."""

    name: str
    spec: TrainingSpec
    points: list[Evaluation]


def recorded(bundle: Bundle) -> Recorded | None:
    """The training of a bundle; None if its history cannot be read, which its verification reports."""
    try:
        return Recorded(bundle.manifest.name, TrainingSpec.of_manifest(bundle.manifest), history.of(bundle))
    except SeqzooError:
        return None


def offered(record: Recorded | None, spec: TrainingSpec, run: str, listed: Listed) -> dict[str, str]:
    """What can be drawn beside a run of this spec, by its value in the address, in words; empty where nothing can."""
    options = {id: f"{clock(plan)}, {in_words(plan, spec.name)}" for id, plan in listed if _fits(plan, spec, run, id)}
    if not options and (record is None or ground(record.spec) != ground(spec)):
        return {}
    return {"": "the recorded course", **options, NONE: "nothing"}


def chosen(
    record: Recorded | None, asked: str, spec: TrainingSpec, run: str, listed: Listed, known: Runs
) -> Course | None:
    """The course that an address asks for.

    Unless it asks for one, that of the last run with the same settings, else that of the model.
    """
    if asked == NONE:
        return None
    for id, plan in listed:
        is_same = not asked and id != run and plan.spec.fingerprint == spec.fingerprint
        if not (is_same or (id == asked and _fits(plan, spec, run, id))):
            continue
        try:
            points = known.status(id).evaluations
        except SeqzooError:  # deleted meanwhile
            continue
        if is_same and points:
            return Course(RECORDED, f"Recorded by the run of {clock(plan)}", points)
        if not is_same:
            words = f"The run of {clock(plan)}, {in_words(plan, spec.name)}"
            return Course(titled(plan, is_of_many=named(plan.spec) != named(spec)), words, points)
    if asked or record is None or ground(record.spec) != ground(spec):
        return None
    return Course(RECORDED, f"Recorded in the training of {record.name}", record.points)


def ground(spec: TrainingSpec) -> tuple[bytes, int, int]:
    """What trainings must have in common for their errors to be compared: the source, context and horizon."""
    return msgspec.json.encode(spec.source), spec.context_length, spec.horizon


def in_words(plan: Plan, name: str = "") -> str:
    """The settings of a plan, after the name of its model where that is another one."""
    words = described(plan.spec, is_chosen=not plan.chooses_scaling)
    return f"{plan.spec.name}, {words}" if name and plan.spec.name != name else words


def _fits(plan: Plan, spec: TrainingSpec, run: str, id: str) -> bool:
    return id != run and ground(plan.spec) == ground(spec)
