"""The report as one self-contained HTML file: its sentences, its table and its figures as inline SVG, no script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from .. import _palette
from .._formats import typeset
from ..evaluation import plots
from . import figures, words
from .report import STAGES, Report

STYLE = f"\n{_palette.css()}" + """
body { margin: 2rem auto; max-width: 56rem; padding: 0 1rem; color: var(--ink); background: var(--card);
  font: 16px/1.5 system-ui, sans-serif; }
.verdict { border-left: 4px solid var(--model); padding-left: 1rem; font-size: 1.1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.used td { font-weight: 600; }
figure { margin: 1rem 0; } .narrow { display: none; }
@media (max-width: 640px) { .wide { display: none; } .narrow { display: block; } }
svg { max-width: 100%; height: auto; color: var(--ink); fill: currentColor; }
.note { color: var(--muted); }
"""


def page(report: Report) -> str:
    """The whole document of a finished report.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    return document(report.series.name, {stage: section(report, stage) for stage in STAGES})


def document(name: str, sections: Mapping[str, str]) -> str:
    """The document of the sections of a series; the verdict comes first."""
    title = f"seqzoo doctor: {name}"
    body = "".join(sections[stage] for stage in ("verdict", *STAGES[:-1]))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}"
        f'<p class="note">{escape(words.LEGEND)}</p>\n</main>\n</body>\n</html>\n'
    )


def section(report: Report, stage: str) -> str:
    """What a stage has found: its heading, sentences, table and figures; empty before it has an outcome.

    Args:
        stage: one of `report.STAGES`.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    parts: dict[str, Callable[[Report], str]] = {
        "series": _series, "contest": _contest, "surrogates": _surrogates, "twin": _twin, "learning": _learning,
        "verdict": _verdict,
    }  # fmt: skip
    return parts[stage](report)


def _verdict(report: Report) -> str:
    return "" if report.verdict is None else f'<p class="verdict">{escape(typeset(report.verdict.text))}</p>\n'


def _series(report: Report) -> str:
    return (
        f"<h2>The series</h2>\n{_paragraphs(words.series_lines(report.series))}"
        f"{_drawing(report, 'series')}{_drawing(report, 'structure')}"
    )


def _contest(report: Report) -> str:
    if not report.contest:
        return ""
    left_out = [f"Left out: {one.name}: {one.reason}" for one in report.left_out]
    against = [words.against_line(row, report) for row in report.contest if row.verdict]
    return (
        f"<h2>The contest</h2>\n{_paragraphs([words.protocol_line(report.protocol)])}{_table(report)}"
        f"{_paragraphs([*against, *left_out])}{_drawing(report, 'contest')}"
    )


def _surrogates(report: Report) -> str:
    if report.surrogates is None:
        return ""
    return (
        f"<h2>Anything that a linear forecaster does not see?</h2>\n"
        f"{_paragraphs([words.surrogates_line(report.surrogates)])}{_drawing(report, 'surrogates')}"
    )


def _twin(report: Report) -> str:
    line = "" if report.twin is None else words.twin_line(report.twin)
    return line and f"<h2>The price of little data</h2>\n{_paragraphs([line])}"


def _learning(report: Report) -> str:
    if not report.learning:
        return ""
    lines = [words.learning_line(curve) for curve in report.learning]
    return f"<h2>What would change the answer</h2>\n{_paragraphs(lines)}{_drawing(report, 'learning')}"


def _drawing(report: Report, name: str) -> str:
    """A figure twice: wide, and for a phone narrow with its panels one below the other. CSS shows one of them."""
    figure = ""
    for kind in ("wide", "narrow"):
        drawn = figures.figure_of(report, name, narrow=kind == "narrow")
        if drawn is not None:
            shows = figures.SHOWS[name]
            figure += f'<figure class="{kind}" role="img" aria-label="{shows}">{plots.inline(drawn)}</figure>\n'
    return figure


def _table(report: Report) -> str:
    """The table of the contest; a wide one scrolls, also by keyboard."""
    headings = ("forecaster", "kind", "MASE", "95% interval", "MAE", "seeds")
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    rows = []
    for row in report.contest:
        cells = (row.label, row.kind, f"{row.mase:.3f}", words.interval(*row.interval), f"{row.mae:.4g}",
                 words.seeds(row))  # fmt: skip
        kind = ' class="used"' if report.verdict is not None and row.name == report.verdict.use else ""
        inner = "".join(f"<td>{escape(typeset(cell))}</td>" for cell in cells)
        rows.append(f"<tr{kind}>{inner}</tr>")
    body = "\n".join(rows)
    around = '<div class="scroll" tabindex="0" role="region" aria-label="The contest">'
    return f"{around}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{escape(typeset(line))}</p>\n" for line in lines)
