"""A report: everything that the terminal, JSON and HTML show of a diagnosis."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from .contest import LeftOut, Row
from .description import Description, Given
from .ground import Protocol
from .verdict import LearningCurve, LongerContext, Verdict

NOT_AT_DEPTH = "the quick depth leaves it out"
STAGES = ("series", "contest", "surrogates", "twin", "learning", "verdict")


@dataclass(frozen=True)
class Surrogates:
    """The test of linearity, see `evaluation.nonlinearity`; NaN and a reason where it was not made.

    Args:
        p: probability of so high a rank of the network's gain if the series is linear.
        gain: share of the linear forecaster's squared error, one step ahead, that a small network removes.
        gains: [S], the same on each surrogate, ascending.
        points: how many values were tested, the latest.
        is_differenced: whether first differences were tested.
        reason: why the test was not made.
        part: values of the longest unbroken part, which was tested; 0 where no gap divides the series.
    """

    p: float = math.nan
    gain: float = math.nan
    gains: tuple[float, ...] = ()
    points: int = 0
    is_differenced: bool = False
    reason: str = ""
    part: int = 0


@dataclass(frozen=True)
class Twin:
    """A network on the twin of the series, see `signals.twin`; NaN and a reason where it was not trained.

    Args:
        excess: the network's squared error over that of the best possible forecaster of the twin, minus 1.
        network: its architecture.
        points: how many values of the twin it was trained on, as many as the training part has.
        reason: why there is none.
    """

    excess: float = math.nan
    network: str = ""
    points: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """A diagnosis; parts that are not known yet are None or empty.

    Args:
        series: what was understood of the series.
        protocol: how the forecasters were compared.
        given: the series itself, for figures.
        contest: a row for each forecaster, the best first.
        left_out: forecasters that did not take part, and why.
        surrogates: the test of linearity.
        twin: a network on a series whose best possible forecaster is known.
        learning: learning curves, of the linear forecaster and of the best network.
        longer_context: what twice the context gains a linear forecaster.
        verdict: what to use.
        seconds: how long it took.
    """

    series: Description
    protocol: Protocol
    given: Given = field(repr=False)
    contest: list[Row] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    surrogates: Surrogates | None = None
    twin: Twin | None = None
    learning: list[LearningCurve] = field(default_factory=list)
    longer_context: LongerContext | None = None
    verdict: Verdict | None = None
    seconds: float = 0.0

    def facts(self) -> dict[str, Any]:
        """The report for JSON, without the values of the series."""
        names = [item.name for item in dataclasses.fields(self) if item.name != "given"]
        parts = {name: getattr(self, name) for name in names}
        return {
            name: [dataclasses.asdict(one) for one in part] if isinstance(part, list)
            else dataclasses.asdict(part) if dataclasses.is_dataclass(part) and not isinstance(part, type)
            else part
            for name, part in parts.items()
        }  # fmt: skip
