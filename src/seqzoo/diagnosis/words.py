"""The report in sentences, the same in the terminal and in HTML."""

from __future__ import annotations

import math

from .._formats import counted, percent
from .contest import Row
from .description import Description
from .ground import Protocol
from .report import NOT_AT_DEPTH, Report, Surrogates, Twin
from .verdict import LearningCurve

LEGEND = (
    "MASE: mean absolute error over that of seasonal naive (without a season, of the last value) within the training "
    "part, one season ahead. Intervals: 95%, by a block bootstrap over cutoffs. p: Diebold and Mariano with Harvey's "
    "correction, after Holm over the networks. A network forecasts the mean of its seeds."
)


def series_lines(series: Description) -> list[str]:
    """What was understood of the series."""
    since = f" from {series.start}" if series.start else ""
    step = f", step {series.frequency}" if series.frequency else ""
    gaps = f"{series.missing:,} missing in {counted(series.gaps, 'gap')}, the longest of {series.longest_gap:,}"
    where = ", ".join(map(str, series.outlier_positions)) + (", ..." if series.outliers > 10 else "")
    seasons = ", ".join(f"{one.length} (strength {one.strength:.2f})" for one in series.seasons) or "none seen"
    return [
        *([series.understood] if series.understood else []),
        f"{series.name}: {series.length:,} {'steps' if series.missing else 'values'}{since}{step}; "
        f"{gaps if series.missing else 'none missing'}.",
        f"Values from {series.minimum:.6g} to {series.maximum:.6g}, mean {series.mean:.6g}, standard deviation "
        f"{series.sd:.3g}; longest run of equal values: {series.longest_run}.",
        f"Season: {seasons}; used: {series.season if series.season > 1 else 'none'}. "
        f"Trend strength {series.trend:.2f}, noise {series.noise:.3g}, spectral entropy {series.entropy:.2f}. "
        f"Outliers: {series.outliers}{f' (at {where})' if series.outliers else ''}."
        + (" Season, trend, noise and entropy are those with straight lines across gaps." if series.missing else ""),
    ]


def protocol_line(protocol: Protocol) -> str:
    """How the forecasters were compared."""
    steps = counted(protocol.horizon, "step")
    first = counted(protocol.training, "value")
    gaps = ""
    if protocol.gaps:
        gaps = " No window crosses a gap: rules and statistical models read the values since the last one"
        left_out = counted(protocol.left_out, "cutoff")
        gaps += f"; {left_out} with a gap near {'it' if protocol.left_out == 1 else 'them'} do not count." if (
            protocol.left_out
        ) else "."
    quick = " The quick depth has one small network, no statistical model, no twin, no learning curve of a network."
    return (
        f"Contest: {steps} ahead from {counted(protocol.cutoffs, 'cutoff')}. Each forecaster is fitted once, on the "
        f"first {first}.{gaps}{quick if protocol.depth == 'quick' else ''}"
    )


def against_line(row: Row, report: Report) -> str:
    """A network against the best rival."""
    rival = next(other for other in report.contest if other.kind != "network")
    return (
        f"{row.label} against {rival.label}: {row.verdict} (MASE {row.difference:+.3f}, 95% interval "
        f"{interval(*row.difference_interval, sign='+')}; p {p_of(row.p)} after Holm)."
    )


def surrogates_line(test: Surrogates) -> str:
    """The test of linearity."""
    part = f" The longest unbroken part, of {counted(test.part, 'value')}, counts." if test.part else ""
    if test.reason:
        return f"Nonlinear? Not tested: {test.reason}{part}"
    outcome = "Something is detected" if test.p <= 0.05 else "Nothing is detected"
    return (
        f"Nonlinear? {outcome} that a linear forecaster does not see. A small network changes its squared error by "
        f"{-test.gain:+.1%}, and by {-test.gains[-1]:+.1%} on the best of {len(test.gains)} surrogates "
        f"(p {p_of(test.p)}).{part}"
    )


def twin_line(twin: Twin) -> str:
    """What a network loses to the best possible forecaster where that is known; empty where the depth has no twin."""
    if twin.reason == NOT_AT_DEPTH:
        return ""
    if twin.reason:
        return f"Twin: none trained ({twin.reason.rstrip('.')})."
    return (
        f"Twin: a linear Gaussian process like this series, whose best possible forecaster is known. Trained on "
        f"{twin.points:,} values of it, {twin.network} makes {percent(twin.excess)} more squared error than it does."
    )


def learning_line(curve: LearningCurve) -> str:
    """A learning curve."""
    pairs = zip(curve.points, curve.mase, strict=True)
    errors = ", ".join(f"{mase:.3f} from {points:,}" for points, mase in pairs)
    return f"Learning curve, MASE of {curve.name}: {errors} values."


def p_of(p: float) -> str:
    """A p-value with its sign, for example "= 0.031"."""
    return "unknown" if math.isnan(p) else "< 0.001" if p < 0.001 else f"= {p:.3f}"


def interval(low: float, high: float, sign: str = "") -> str:
    """An interval as text."""
    return "too few cutoffs" if math.isnan(low) else f"{low:{sign}.3f} to {high:{sign}.3f}"


def seeds(row: Row) -> str:
    """The spread of MASE over seeds; empty for a rival."""
    return f"{min(row.seeds):.3f} to {max(row.seeds):.3f}" if row.seeds else ""
