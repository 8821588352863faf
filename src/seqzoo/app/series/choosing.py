"""The page /series without a series: drop a file, or pick one of the collection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui

from ...data import collection
from ...errors import SeqzooError
from ...execution import runs
from ...signals import Simulated
from ..ui import controls, theme
from . import drawing, uploads
from .corrections import FREQUENCIES

KINDS = ".csv,.txt,.tsv,.jsonl,.json,.parquet,.gz,.zst,text/*"
FILES = "/series/files"
MEGABYTES = f"{uploads.MOST_BYTES >> 20} MB"
MOST_RUNS = 5


async def show() -> None:
    """Fill the page."""
    theme.html(
        "<h1>Your series</h1>"
        '<p class="intro">Give a file of measurements, or pick a series of the collection. You see what was '
        "understood of it, ask the doctor whether a network is worth its cost, and train one.</p>"
    )
    _DropZone()
    kept = ui.element("div")
    await _kept(kept)
    theme.html("<h2>The collection</h2>", "section")
    cards = await to_thread.run_sync(lambda: [_card(each) for each in collection.COLLECTION.values()])
    with ui.element("div").classes("cards"):
        for card in cards:
            theme.html(card)
    await _trainings()


class _DropZone:
    """Where a file is dropped or chosen; the browser sends it, and then opens its page."""

    def __init__(self) -> None:
        with ui.element("div").classes("panel dropzone") as zone:
            theme.html("Drop a file here", tag="h2")
            theme.html(
                f"CSV, TSV, JSON lines or Parquet, also as .gz or .zst; at most {MEGABYTES}. A column of times and "
                "one of values will do.", "muted", "p",
            )  # fmt: skip
            with ui.element("label").classes("file"):
                theme.html("or choose one", tag="span")
                chooser = ui.element("input").props(f'type="file" accept="{KINDS}"')
            self.status = theme.html("", "hint", "p").props('role="status"')
            self.error = theme.html("", "error-line", "p").props('role="alert"')
            theme.html(
                f"The file stays on the machine of this server, among the latest {uploads.MOST_FILES} "
                f"({uploads.MOST_IN_ALL >> 20} MB), until you delete it.", "hint", "p",
            )  # fmt: skip
        chooser.on("change", self._told, js_handler=sent("event.target"))
        zone.on("drop", self._told, js_handler=sent("(event.preventDefault(), event.dataTransfer)"))
        zone.on("dragover", js_handler="(event) => event.preventDefault()")

    def _told(self, event: Any) -> None:
        """Show what the browser tells: "sending" and a name, or "failed" and why."""
        what, words = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", "")
        words = words if isinstance(words, str) else ""
        self.status.set_content(f"Sending {escape(uploads.plain(words))}…" if what == "sending" else "")
        self.error.set_content(theme.sentence(words) if what == "failed" else "")


async def _kept(holder: ui.element) -> None:
    """List the files that are kept, with a button that deletes each."""
    files = await to_thread.run_sync(uploads.listed)
    holder.clear()
    if not files:
        return

    def delete(sha256: str) -> Callable[[], Any]:
        async def act() -> None:
            await to_thread.run_sync(uploads.delete, sha256)
            await _kept(holder)

        return act

    with holder:
        theme.html("<h2>Files kept here</h2>", "section")
        with ui.element("ul").classes("panel kept-files"):
            for file in files:
                with ui.element("li"):
                    link = f'<a href="/series?of={file.sha256}">{escape(file.name)}</a>'
                    theme.html(f'{link} <span class="hint">{size_of(file.size)}</span>', tag="span")
                    button = controls.button("Delete", delete(file.sha256))
                    button.props["aria-label"] = f"Delete {file.name}"


def size_of(count: int) -> str:
    """A number of bytes as text."""
    return f"{count:,} bytes" if count < 1024 else f"{count / 1024:,.0f} KB"


def _card(series: collection.CollectedSeries) -> str:
    """The card of a series of the collection, as HTML."""
    try:
        picture = drawing.sketch_of(series.name)
    except SeqzooError as error:
        picture = f'<p class="sketch hint">{theme.sentence(error)}</p>'
    season = f"season {series.season}" if series.season > 1 else "no fixed season"
    facts = [f"<b>{series.length:,}</b> values", f"every {escape(step_of(series.frequency))}", season]
    if series.missing:
        facts.append(f"{series.missing} missing")
    items = "".join(f"<span>{fact}</span>" for fact in facts)
    address = f"/series?of={quote(collection.PREFIX + series.name, safe=':')}"
    return (
        f'<a class="model-card series-card" href="{address}" data-series="{series.name}">{picture}'
        f'<div class="card-text"><h3 class="card-name">{series.name}</h3>'
        f'<p class="card-summary">{escape(series.title)}: {escape(series.contrast)}.</p>'
        f'<div class="facts">{items}</div></div></a>'
    )


def step_of(frequency: str) -> str:
    """A frequency in words, as "month" for MS."""
    words = FREQUENCIES.get(frequency, FREQUENCIES["W-SUN"] if frequency.startswith("W-") else frequency)
    return words.removeprefix("a ").removeprefix("an ").partition(",")[0]


async def _trainings() -> None:
    """Link to the latest trainings on measured series."""
    latest = await to_thread.run_sync(_latest)
    if not latest:
        return
    theme.html("<h2>Latest trainings</h2>", "section")
    items = "".join(
        f'<li><a href="/runs/{run}">{escape(name)}</a> <span class="hint">'
        f"{horizon} {'step' if horizon == 1 else 'steps'} ahead</span></li>"
        for run, name, horizon in latest
    )
    theme.html(items, "panel kept-files", "ul")


def _latest() -> list[tuple[str, str, int]]:
    """Each of the latest trainings on measured series, the name of its model, and the steps ahead."""
    known = runs.here()
    latest: list[tuple[str, str, int]] = []
    for run, plan in known.all():
        if isinstance(plan.spec.source, Simulated) or len(latest) == MOST_RUNS:
            continue
        with contextlib.suppress(SeqzooError):  # it is deleted meanwhile
            kept = known.status(run).saved
            latest.append((run, kept[-1].name if kept else plan.keep_as or plan.spec.name, plan.spec.horizon))
    return latest


OPENED = 'location.assign("/series?of=" + facts.sha256)'


def sent(source: str, arrived: str = OPENED) -> str:
    """A JavaScript handler that sends the first file of `source`, a JavaScript expression, and then opens its page.

    Args:
        arrived: what it does then, with `facts.sha256`. It emits "sending" and a name, or "failed" and why.
    """
    return f"""async (event) => {{
  const given = {source}, file = given?.files?.[0];
  const failed = (words) => {{ emit(["failed", words]); if (event.target.type === "file") event.target.value = ""; }};
  if (!file) return event.type === "drop" ? failed("What was dropped is no file. Drop a file, or choose one.") : null;
  const named = `The file ${{file.name}}`;
  if (!file.size) return failed(named + " is empty. Choose one with a column of numbers.");
  if (file.size > {uploads.MOST_BYTES}) return failed(named + " is too large: at most {MEGABYTES} are read.");
  emit(["sending", file.name]);
  try {{
    const answer = await fetch("{FILES}?name=" + encodeURIComponent(file.name), {{ method: "POST", body: file }});
    const facts = await answer.json();
    if (answer.ok) {arrived};
    else failed(facts.error);
  }} catch (problem) {{ failed(named + " did not arrive: " + problem.message); }}
}}"""
