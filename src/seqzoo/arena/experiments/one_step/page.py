"""The report of a folder: Markdown, a figure, and one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from .... import _palette, _storage
from ....evaluation import plots
from ...report.figures import arena_figure
from ...report.tables import HEADINGS, METHOD, NOTE, Board, boards, markdown, summary, verdict_line
from ...results import TrainingResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = f"\n{_palette.css()}" + """
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: var(--ink); background: var(--card);
  font: 16px/1.5 system-ui, sans-serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.reference td { color: var(--muted); font-style: italic; }
td.failed { text-align: left; white-space: normal; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; color: var(--ink); fill: currentColor; }
.note { color: var(--muted); max-width: 50rem; }
"""


FIGURE, MARKDOWN, HTML = "excess.svg", "report.md", "index.html"
FIGURE_SHOWS = "Excess over Bayes of every model, by budget"


def write(results: TrainingResults, folder: Path) -> list[Board]:
    """The boards of results, after writing their report into a folder.

    Raises:
        OSError: the folder cannot be written to.
        MissingExtraError: matplotlib is not installed.
    """
    by_budget = boards(results)
    figure = arena_figure(by_budget)
    plots.save(figure, folder / FIGURE)
    title = f"seqzoo arena: {results.signal}"
    text = f"# {title}\n\n![{FIGURE_SHOWS}]({FIGURE})\n\n{markdown(by_budget)}\n{NOTE}\n\n{METHOD}\n"
    _storage.write_file(folder / MARKDOWN, text.encode("utf-8", "backslashreplace"))
    _storage.write_file(folder / HTML, page(title, by_budget, figure).encode("utf-8", "backslashreplace"))
    return by_budget


def page(title: str, boards: Sequence[Board], figure: Figure) -> str:
    """The whole document."""
    body = "\n".join(_board(board) for board in boards)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f'<figure role="img" aria-label="{FIGURE_SHOWS}">{plots.inline(figure)}</figure>\n'
        f'{body}\n<p class="note">{escape(NOTE)}</p>\n<p class="note">{escape(METHOD)}</p>\n'
        f"</main>\n</body>\n</html>\n"
    )


def _board(board: Board) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in HEADINGS)
    rows = []
    for row in board.rows:
        name, *rest = row.cells()
        if row.error:
            cells = f'<td class="failed" colspan="{len(HEADINGS) - 1}">{escape(rest[0])}</td>'
        else:
            cells = "".join(f"<td>{escape(text)}</td>" for text in rest)
        kind = ' class="reference"' if row.is_reference else ""
        rows.append(f"<tr{kind}><td>{escape(name)}</td>{cells}</tr>")
    body = "\n".join(rows)
    return (
        f"<h2>{escape(board.title)}</h2>\n<p>{escape(board.training)}</p>\n"
        f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n'
        f"{_list(summary(board))}\n<details><summary>Every pair</summary>\n"
        f"{_list([verdict_line(verdict) for verdict in board.verdicts])}\n</details>"
    )


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
