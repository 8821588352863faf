"""The page /series: one series, how it was understood, the doctor's report, and a training."""

from __future__ import annotations

import json
from html import escape
from typing import NamedTuple

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from nicegui import ui

from ...data import collection
from ...data.measured import LONGEST_GAP, Reading, told_of_ends, told_of_gaps
from ...data.series import Series
from ...diagnosis import examinations
from ...diagnosis.examinations import Decided
from ...errors import InputError, SeqzooError
from ..ui import charts, theme
from ..ui.address import Address
from ..ui.latest import Latest
from . import choosing, corrections, drawing, uploads
from .choosing import size_of, step_of
from .corrections import Corrections
from .doctor_panel import LOOK_EVERY, REPORTS, DoctorPanel
from .train_panel import TrainPanel, prepared
from .understanding import Understood, readers, understood

DESCRIPTION = "Give a file of measurements: what is in it, whether a network is worth its cost, and a model of it."


def enter(application: FastAPI) -> None:
    """Register the page, and on `application` the addresses that take files and give reports."""

    @application.post(choosing.FILES)
    async def file(request: Request, name: str = "file") -> Response:
        raw = await request.body()  # the server has bounded it
        try:
            sha256 = await to_thread.run_sync(uploads.keep, raw, name)
        except InputError as error:
            return _json({"error": str(error)}, 413 if raw else 400)
        except SeqzooError as error:
            return _json({"error": str(error)}, 507)
        return _json({"sha256": sha256}, 200)

    @application.get(REPORTS + "/{key}.html")
    async def report(key: str) -> Response:
        whole = await to_thread.run_sync(examinations.here().page, key)
        if whole is None:
            return Response("There is no such report, or no longer.", status_code=404, media_type="text/plain")
        headers = {"content-disposition": f'attachment; filename="doctor-{key}.html"'}
        return Response(whole, media_type="text/html", headers=headers)

    @theme.page("/series")
    async def index(request: Request) -> None:
        query = dict(request.query_params)
        with theme.frame("Your series", DESCRIPTION):
            if query.get("of"):
                _OneSeries(Address("/series", query)).show()
            else:
                await choosing.show()


def _json(facts: dict[str, str], status: int) -> Response:
    return Response(json.dumps(facts), status_code=status, media_type="application/json")


class _Read(NamedTuple):
    """A series as it was read: its title, a sentence on it, what was understood, the season of a collected one."""

    title: str
    about: str
    known: Understood
    season: int | None = None


class _OneSeries:
    """The state of one visitor."""

    def __init__(self, address: Address) -> None:
        self.address, self.of = address, address.query["of"]
        self.is_file = not self.of.startswith(collection.PREFIX)
        self.refresh = Latest(self._refresh)

    def show(self) -> None:
        """Fill the page; the series is read once the browser is connected."""
        with ui.element("div").classes("model-head"):
            theme.html('<a class="crumb" href="/series">← Another series</a>')
            self.title = theme.html("Your series", tag="h1")
            self.about = theme.html("", "muted", "p")
        self.failure = theme.html("", "problem gone").props('role="alert"')
        theme.html("<h2>What was understood</h2>", "section")
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                self.trouble = ui.element("div").classes("gone")
                with ui.element("div").classes("panel") as drawn:
                    self.chart = charts.chart({}, "Reading the series")
                if self.is_file:
                    with ui.element("div").classes("panel") as told:
                        self.told = _list()
            with ui.element("div").classes("panel") as self.beside:
                theme.html("Correct it" if self.is_file else "The series", tag="h3")
                if not self.is_file:
                    self.told = told = _list()
                self.corrections = Corrections(self.address, self.refresh, is_file=self.is_file)
        self.train = TrainPanel(self.address, lambda rule: self.corrections.set(gaps=rule))
        self.doctor = DoctorPanel(self.address, self._decided)
        with ui.element("div") as rest:
            theme.html("<h2>Is a network worth its cost?</h2>", "section")
            self.doctor.show()
            theme.html("<h2>Train a model</h2>", "section")
            self.train.show()
        self.of_a_series = [drawn, told, rest]
        self.train.follow(None, 1)
        ui.context.client.on_exception(self._failed)
        ui.timer(0.01, self._begin, once=True)  # timers wait for the browser, which meanwhile shows the page

    async def _begin(self) -> None:
        await self.refresh()
        ui.timer(LOOK_EVERY, self.doctor.look)

    def _failed(self, error: Exception) -> None:
        words = "This page may be outdated; the server's log has the details. Reload it."
        self.failure.set_content(f"<strong>This did not work.</strong> {words}")
        theme.show(self.failure, True)

    async def _decided(self, decided: Decided | None) -> None:
        self.train.decide(decided)

    async def _refresh(self) -> None:
        read, rule = None, corrections.rule_for_gaps(self.address.query)
        try:
            read = await to_thread.run_sync(self._read, limiter=readers if self.is_file else None)
            self.title.set_content(escape(read.title))
            self.about.set_content(escape(read.about))
            self.corrections.offer(read.known)
            if read.known.series is None:
                raise InputError(read.known.problem)
            reading, part, options = await to_thread.run_sync(self._prepared, read, rule)
        except SeqzooError as error:
            theme.show(self.beside, read is not None)
            self._refuse(str(error), Understood() if read is None else read.known)
            await self.doctor.follow(None)
            self.train.follow(None, 1)
            return
        self._reveal(True)
        series = reading.one()
        name = reading.labels[0]
        charts.redraw(self.chart, options, drawing.described(series, name))
        self.told.set_content(_told(read.known, series, part, rule))
        season = read.season
        if season is None:
            season = 1 if part.times is None else part.times.frequency.season_of(len(part))
        await self.doctor.follow(reading)
        self.train.follow(part, season)

    def _read(self) -> _Read:
        """The series, from the collection or from a file that is kept.

        Raises:
            SeqzooError: there is no such series or file.
        """
        if not self.is_file:
            collected = collection.load(self.of)
            origin, _, package = collected.origin.rpartition("; ")
            told = f"{origin}; from the package {package}; licence: {collected.licence}"
            known = Understood(labels=(collected.name,), series=collected.series(), told=told)
            about = f"{collected.title}: {collected.contrast}."
            return _Read(collected.name, about, known, collected.season)
        upload = uploads.find(self.of)
        about = f"{size_of(upload.size)}, SHA-256 {upload.sha256[:12]}…"
        return _Read(upload.name, about, understood(upload, corrections.choices(self.address.query)))

    def _prepared(self, read: _Read, rule: str) -> tuple[Reading, Series, charts.Options]:
        """The reading with its gaps filled by a rule, the part of it that a training uses, and the chart of it."""
        known = read.known
        assert known.series is not None
        told = known.told if self.is_file else ""
        reading = Reading((known.series,), (known.labels[0],), told, dict(known.counts), source=read.title)
        if rule:
            reading = reading.filled(rule, LONGEST_GAP)
        chosen = [self.address.query[key] for key in ("value", "only") if self.address.query.get(key)]
        series = reading.one()
        part = prepared(series, read.title.partition(".")[0], chosen, rule)
        return reading, part, drawing.options(series, reading.labels[0])

    def _refuse(self, problem: str, known: Understood) -> None:
        """Show in place of the series why it was not read, and what may help."""
        self._reveal(False)
        with self.trouble:
            self.corrections.offer_remedies(problem, known)

    def _reveal(self, is_read: bool) -> None:
        """Show what there is of a series, or the trouble in its place."""
        self.trouble.clear()
        theme.show(self.trouble, not is_read)
        for element in self.of_a_series:
            theme.show(element, is_read)


def _list() -> ui.html:
    """The list of what was understood."""
    return theme.html("<li>Reading the series…</li>", "told", "ul").props('aria-live="polite"')


def _told(known: Understood, series: Series, part: Series, rule: str) -> str:
    """What was understood, in the reader's words, and what is missing, as HTML."""
    lines = [part.strip() for part in known.told.rstrip(".").split("; ") if part.strip()]
    if series.times is not None and not any("frequency" in line for line in lines):
        first, last = series.times.stamp(0), series.times.stamp(len(series) - 1)
        lines.append(f"{len(series):,} values, every {step_of(series.times.frequency.alias)}, {first} to {last}")
    filled = (0 if known.series is None else known.series.missing) - series.missing
    if filled:
        lines.append(f"{filled:,} missing values filled with {corrections.WORDS['gaps', rule]}")
    if series.missing and not any("missing value" in line for line in lines):
        lines.append(f"{series.missing:,} missing {'value' if series.missing == 1 else 'values'}")
    for sentence in (told_of_ends(series, part), told_of_gaps(part) if rule else ""):
        if sentence:
            lines.append(sentence.rstrip("."))
    return "".join(f"<li>{escape(line)}</li>" for line in lines)
