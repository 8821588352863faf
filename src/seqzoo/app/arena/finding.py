"""A finding of the arena on a page: the chart, the conclusions, the table and how it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from nicegui import ui

from ..ui import charts, theme
from . import plots

if TYPE_CHECKING:
    from ...arena.report.findings import Finding


LONGEST_NAME = 40  # characters before a colon that are set in bold


class FindingPanels:
    """Panels for one finding; `show` fills them and may be called again. `title` heads the chart."""

    def __init__(self, title: str, kind: str) -> None:
        self.holder = ui.element("div").classes("stack arena").props(f'data-shown="{kind}"')
        with self.holder:
            with ui.element("div").classes("arena-split"):
                with ui.element("div").classes("panel"):
                    self.title = theme.html(escape(title), tag="h2")
                    self.bars = theme.html("", "hint", "p")
                    self.legend = theme.html("")
                    self.chart = charts.chart({}, "Loading")
                with ui.element("div").classes("panel"):
                    theme.html("What the numbers show", tag="h3")
                    self.sentences = theme.html("", "finding")
            with ui.element("div").classes("panel"):
                theme.html("The numbers", tag="h3")
                self.table = theme.html("")
                theme.html("How they were measured", tag="h3").style("margin-top: 24px")
                self.measured = theme.html("")

    def show(self, title: str, finding: Finding, command: str) -> None:
        """Show a finding in place of the earlier one. `command` is the command line that measures it."""
        self.title.set_content(escape(title))
        self.bars.set_content(f"Bars: {escape(finding.measured['Bars'])}.")
        self.legend.set_content(plots.legend(finding))
        self.chart.style(f"height: {plots.height(finding)}")
        charts.redraw(self.chart, plots.options(finding), plots.description(finding))
        self.sentences.set_content(_sentences(finding))
        self.table.set_content(_table(title, finding.headings, finding.rows))
        facts = "".join(f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in finding.measured.items())
        facts += f"<dt>Command</dt><dd><code>{escape(command)}</code></dd>"
        self.measured.set_content(f'<dl class="measured">{facts}</dl>')


def _sentences(finding: Finding) -> str:
    sentences = _list(finding.sentences) if finding.sentences else "<p>The results so far allow no conclusion.</p>"
    if not finding.details:
        return sentences
    return f"{sentences}<details><summary>Every pair</summary>{_list(finding.details)}</details>"


def _list(lines: Sequence[str]) -> str:
    def item(line: str) -> str:
        name, colon, rest = line.partition(":")
        if not colon or len(name) > LONGEST_NAME:
            return f"<li>{escape(line)}</li>"
        return f"<li><b>{escape(name)}</b>:{escape(rest)}</li>"

    return f"<ul>{''.join(item(line) for line in lines)}</ul>"


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as HTML. Where it is too wide for the page it scrolls, by keyboard too."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {escape(title)}"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
