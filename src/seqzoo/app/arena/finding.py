"""A finding of the arena on a page: the chart, the conclusions, the table and how it was measured."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nicegui import ui

from ...pages import finding as shared
from ..ui import charts, theme
from . import plots

if TYPE_CHECKING:
    from ...arena.report.findings import Finding


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
                self.words = theme.html("", "hint", "p")
                theme.html("How they were measured", tag="h3").style("margin-top: 24px")
                self.measured = theme.html("")

    def show(self, title: str, finding: Finding, command: str) -> None:
        """Show a finding in place of the earlier one. `command` is the command line that measures it."""
        self.title.set_content(escape(title))
        self.bars.set_content(shared.bars(finding))
        self.legend.set_content(shared.legend(finding))
        self.chart.style(f"height: {plots.height(finding)}")
        charts.redraw(self.chart, plots.options(finding), shared.description(finding))
        self.sentences.set_content(shared.sentences(finding))
        self.table.set_content(shared.table(title, finding))
        self.words.set_content(shared.columns(finding))
        self.measured.set_content(shared.measured(finding, command))
