"""The spec of a run on a measured series, made in a process: it takes torch. Imports no torch."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import InputError
from ...signals import Observed
from ...training.spec import TrainingSpec
from ..local import Local
from ..tasks import Failure

MOST_STEPS = 20_000


class Order(NamedTuple):
    """What to train: an architecture on a series, `horizon` steps ahead.

    Args:
        steps: updates; None for those of its recipe.
        calendar: as for `spec_on_series`.
    """

    architecture: str
    source: Observed
    horizon: int
    steps: int | None = None
    calendar: tuple[str, ...] = ()


def spec_for(order: Order) -> TrainingSpec:
    """The spec, with its window chosen on the values before the hold-out; its scaling is chosen by the run.

    Raises:
        InputError: as `training.on_series.spec_on_series`, or there is no such architecture.
    """
    if order.steps is not None and not 20 <= order.steps <= MOST_STEPS:
        raise InputError(f"steps must be from 20 to {MOST_STEPS:,}, got {order.steps:,}.")
    ((_, outcome),) = Local(1).run(_spec, [order])
    if isinstance(outcome, Failure):
        raise InputError(outcome.reason)
    return outcome


def _spec(order: Order) -> TrainingSpec:
    from ...publishing import build
    from ...training.on_series import spec_on_series
    from ...zoo import _registry

    steps = order.steps
    changes = {} if steps is None else {"recipe.steps": steps, "recipe.evaluate_every": max(5, steps // 60)}
    architecture = _registry.architecture(order.architecture)
    spec = spec_on_series(
        architecture, order.source, order.horizon, scaling="series", changes=changes, calendar=order.calendar
    )
    build.check_exportable(spec)
    return spec
