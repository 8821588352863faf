"""The arena of the site: a page for each part of each committed result, with links between them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ..arena.experiment import AnyExperiment, CommittedResults
from ..arena.experiments import EXPERIMENTS
from ..pages import finding as shared

if TYPE_CHECKING:
    from ..arena.report.findings import Finding

WIDE, NARROW = 720, 330  # of the two figures, in pixels, of which the style sheet shows one


class _Part(NamedTuple):
    """A part of the committed results of an experiment. Its page lies at `path` within the arena."""

    path: str
    experiment: AnyExperiment
    results: CommittedResults
    finding: Finding

    @property
    def address(self) -> str:
        return f"/arena/{self.path}"

    @property
    def label(self) -> str:
        return self.finding.parts.get(self.finding.part, "")

    @property
    def title(self) -> str:
        """The experiment, the results if there are several, and the part."""
        return ", ".join(filter(None, (self.experiment.title, self.results.label, self.label)))


def pages() -> dict[str, tuple[str, str]]:
    """Every page as {path: (title, body)}; that at "" is the first one."""
    parts = _parts()
    return {part.path: (part.title, _body(part, parts)) for part in parts}


def _parts() -> list[_Part]:
    parts: list[_Part] = []
    for experiment in EXPERIMENTS:
        is_first = True
        for results in experiment.committed:
            if not (results.folder / experiment.file).exists():
                continue
            table = experiment.read(results.folder)
            for part in experiment.summarise(table, "", frozenset()).parts or [""]:
                own = "" if is_first else f"{results.name}{part and '-' + part}/"
                path = f"{experiment.key}/{own}" if parts else ""
                parts.append(_Part(path, experiment, results, experiment.summarise(table, part, frozenset())))
                is_first = False
    return parts


def _body(part: _Part, parts: list[_Part]) -> str:
    own = [each for each in parts if each.experiment is part.experiment]
    same = [each for each in own if each.results is part.results]
    every = _first(parts, "experiment")
    chips = _chips("Question", [(each.experiment.title, each) for each in every], part.experiment)
    chips += _chips("Signal", [(each.results.label, each) for each in _first(own, "results")], part.results)
    chips += _chips(part.experiment.parts, [(each.label, each) for each in same], part.finding)
    finding, title = part.finding, escape(part.title)
    figures = "".join(
        f'<div class="{kind}">{shared.figure(finding, width)}</div>'
        for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    command = f"seqzoo {part.experiment.command} {part.results.options}"
    return (
        f'<h1>The arena</h1><p class="intro">{shared.INTRO}</p><div class="filters">{chips}</div>'
        f'<p class="lead after">{shared.notice(part.experiment.notice)}</p><div class="stack arena">'
        f'<div class="arena-split"><div class="panel"><h2>{title}</h2><p class="hint">{shared.bars(finding)}</p>'
        f'{shared.legend(finding)}<div class="figures" role="img" aria-label="{escape(shared.description(finding))}">'
        f'{figures}</div></div><div class="panel"><h3>What the numbers show</h3>'
        f'<div class="finding">{shared.sentences(finding)}</div></div></div><div class="panel"><h3>The numbers</h3>'
        f'{shared.table(part.title, finding)}<p class="hint">{shared.columns(finding)}</p>'
        f'<h3 class="after">How they were measured</h3>{shared.measured(finding, command)}</div></div>'
    )


def _first(parts: list[_Part], key: str) -> list[_Part]:
    """The first part of each experiment or of each of its results."""
    return list({id(getattr(each, key)): each for each in reversed(parts)}.values())[::-1]


def _chips(label: str, offered: list[tuple[str, _Part]], chosen: object) -> str:
    """A labelled row of links; nothing for fewer than two. `chosen` is what the page shows."""
    if len(offered) < 2:
        return ""
    links = "".join(
        f'<a class="chip" href="{escape(part.address)}"{_CURRENT if chosen in part else ""}>{escape(words)}</a>'
        for words, part in offered
    )
    return (
        f'<nav class="filter" aria-label="{escape(label)}"><span class="label">{escape(label)}</span>'
        f'<div class="filter">{links}</div></nav>'
    )


_CURRENT = ' aria-current="page"'
