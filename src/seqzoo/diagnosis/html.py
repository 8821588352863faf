"""The report as one self-contained HTML file: its sentences, its table and its figures as inline SVG, no script."""

from __future__ import annotations

from html import escape

from .. import _palette
from ..evaluation import plots
from . import figures, words
from .report import Report

STYLE = f"\n{_palette.css()}" + """
body { margin: 2rem auto; max-width: 56rem; padding: 0 1rem; color: var(--ink); background: var(--card);
  font: 16px/1.5 system-ui, sans-serif; }
.verdict { border-left: 4px solid var(--model); padding-left: 1rem; font-size: 1.1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.used td { font-weight: 600; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; color: var(--ink); fill: currentColor; }
.note { color: var(--muted); }
"""


def page(report: Report) -> str:
    """The whole document of a finished report.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    assert report.verdict is not None and report.surrogates is not None and report.twin is not None
    title = f"seqzoo doctor: {report.series.name}"
    drawings = {name: plots.inline(figure) for name, figure in figures.figures_of(report).items()}

    def drawing(name: str) -> str:
        if name not in drawings:
            return ""
        return f'<figure role="img" aria-label="{figures.SHOWS[name]}">{drawings[name]}</figure>\n'

    left_out = [f"Left out: {one.name}: {one.reason}" for one in report.left_out]
    against = [words.against_line(row, report) for row in report.contest if row.verdict]
    body = (
        f'<p class="verdict">{escape(report.verdict.text)}</p>\n'
        f"<h2>The series</h2>\n{_paragraphs(words.series_lines(report.series))}{drawing('series')}"
        f"{drawing('structure')}<h2>The contest</h2>\n{_paragraphs([words.protocol_line(report.protocol)])}"
        f"{_table(report)}{_paragraphs([*against, *left_out])}{drawing('contest')}"
        f"<h2>Anything that a linear forecaster does not see?</h2>\n"
        f"{_paragraphs([words.surrogates_line(report.surrogates)])}{drawing('surrogates')}"
        f"<h2>The price of little data</h2>\n{_paragraphs([words.twin_line(report.twin)])}"
        f"<h2>What would change the answer</h2>\n"
        f"{_paragraphs([words.learning_line(curve) for curve in report.learning])}{drawing('learning')}"
        f'<p class="note">{escape(words.LEGEND)}</p>\n'
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


def _table(report: Report) -> str:
    headings = ("forecaster", "kind", "MASE", "95% interval", "MAE", "seeds")
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    rows = []
    for row in report.contest:
        cells = (row.label, row.kind, f"{row.mase:.3f}", words.interval(*row.interval), f"{row.mae:.4g}",
                 words.seeds(row))  # fmt: skip
        kind = ' class="used"' if report.verdict is not None and row.name == report.verdict.use else ""
        inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr{kind}>{inner}</tr>")
    body = "\n".join(rows)
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n'


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>\n" for line in lines)
