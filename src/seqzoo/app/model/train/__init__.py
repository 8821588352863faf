"""The view *Train*: train a model's recipe again with other settings, and watch the run."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from anyio import to_thread
from nicegui import ui

from ...._formats import short
from ....errors import SeqzooError
from ....execution import runs
from ....execution.runs.events import Began, Evaluated, ModelSaved, Snapshot
from ....execution.runs.manager import ALIVE, CAN_BE_KEPT, CAN_CONTINUE, Status, is_useful
from ....execution.runs.plans import Plan, Settings, can_train, clock
from ....forecasters.floors import averaged, floors
from ....forecasters.protocol import Forecaster, has_bundle
from ....forecasters.table import label
from ....signals import ObservedSet
from ....signals.scene import Knob
from ....training.spec import TrainingSpec
from ...ui import charts, controls, theme
from ...ui.address import Address
from ...ui.latest import Latest
from ..visit import Visit
from . import courses, curves
from .courses import Recorded
from .film import Film
from .form import Form

POLL_SECONDS = 0.5
PREVIEW_WINDOWS = 2_000  # over which Bayes is averaged before the first run


def can_be_shown(model: Forecaster) -> bool:
    """Whether the model has a recipe, and this installation can train it."""
    return has_bundle(model) and can_train(model.manifest)


class _Seen(NamedTuple):
    """What a look at the runs finds: those of the model, the one to show, and what can be and is drawn beside it."""

    asked: str  # the run that was to be shown; empty for the newest
    listed: list[tuple[str, Plan]]
    now: Status | None
    offered: dict[str, str]
    course: curves.Course | None
    other: Status | None  # the run that the address asks for beside it


class Training:
    """The state of one visitor; all visitors share the run.

    Args:
        spec: the training whose settings the form begins with.
        name: what a kept model is called, unless the visitor changes it.
        run: the run to show; empty for the newest of this kind of model.
        start: starts a run with the settings of the form, and returns its id.
        turn_to: called with the run that is shown from now on; empty if the run is gone.
        is_kept: whether a finished run becomes a model without being asked.
        recorded: the training of the model, whose course is drawn as soon as a run is started.
    """

    def __init__(
        self, address: Address, spec: TrainingSpec, name: str, run: str, start: Callable[[Settings], str],
        turn_to: Callable[[str], None], *, is_kept: bool = False, recorded: Recorded | None = None,
    ) -> None:  # fmt: skip
        self.address, self.spec, self.name, self.run = address, spec, name, run
        self.start, self.turn_to = start, turn_to
        self.runs = runs.here()
        self.form = Form(address, spec, Latest(self._preview))
        self.is_chosen = True
        self.scale = address.query.get("scale", "error")
        if self.scale not in curves.SCALES or self.spec.source.process is None:
            self.scale = "error"
        self.at = address.number("at", 100, 0, 100)
        self.is_kept = is_kept
        self.to_keep = curves.IS_KEPT if is_kept else curves.TO_KEEP
        self.now: Status | None = None
        self.recorded = recorded
        self.versus = address.query.get("versus", "")
        self.course: curves.Course | None = None
        self.pending: TrainingSpec | None = None  # of a run that is about to start
        self.floors: dict[tuple[bytes, int, int], dict[str, float]] = {}  # by what trainings have in common
        self.listed: list[tuple[str, Plan]] | None = None
        self.offered: dict[str, str] = {}
        self.poll = Latest(self._poll)
        self.film = Film(address, self.runs)

    async def show(self) -> None:
        """Fill the view."""
        theme.lead(curves.lead(self.spec.name, self.spec.config.get("hidden_size")))
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                self._course()
                self._snapshots()
            with ui.element("div").classes("stack"):
                self._controls()
                self._keep()
        self.film.show()
        self._allow(None)
        await self.poll()
        await self._preview()
        ui.timer(POLL_SECONDS, self.poll)

    def _course(self) -> None:
        with ui.element("div").classes("panel"):
            theme.html("The error during training", tag="h3")
            self._buttons()
            self.failure = theme.html("", "error-line", "p").props('role="alert"')
            self.standing = theme.html(curves.NOTHING, "standing", "p")
            with ui.element("div").classes("gone") as body:
                scales = curves.SCALES if self.spec.source.process is not None else {"error": curves.SCALES["error"]}
                self.scales = controls.Choices("Vertical axis", scales, self._scale)
                self.scales.mark(self.scale)
                theme.show(self.scales.row, len(scales) > 1)
                self.chart = charts.chart({}, "No run yet").style("margin-top: 14px")
                self.besides = ui.element("div").classes("beside")
                self.numbers = theme.html("", "numbers").style("margin-top: 18px")
            self.waiting = {"course": body}

    def _snapshots(self) -> None:
        with ui.element("div").classes("panel gone") as panel:
            self.waiting["snapshots"] = panel
            self.title = theme.html("The forecast during training", tag="h3")
            self.snapshot = charts.chart({}, "No run yet")
            knob = Knob("at", "Step of the training", 0, 100, 1, 100)
            self.slider = controls.Slider(knob, self.at, self._turn_back, self._place)

    def _buttons(self) -> None:
        with ui.element("div").classes("buttons"):
            self.buttons = {
                "start": controls.button("Start", self._start, "button primary"),
                "pause": controls.button("Pause", functools.partial(self._on_run, self.runs.pause)),
                "continue": controls.button("Continue", functools.partial(self._on_run, self.runs.resume)),
                "stop": controls.button("Stop", functools.partial(self._on_run, self.runs.stop)),
            }
            self.status = theme.html("", "hint", "p").props('aria-live="polite"')

    def _controls(self) -> None:
        with ui.element("div").classes("panel"):
            theme.html("The next run", tag="h3")
            self.settings = ui.element("div")
            with self.settings:
                self.form.show()
            self.others = ui.element("div")

    def _keep(self) -> None:
        with ui.element("div").classes("panel"):
            theme.html("Keep the model", tag="h3")
            with ui.element("label").classes("control"):
                theme.html("Keep as", tag="span")
                field = ui.element("input").props('type="text" spellcheck="false" autocomplete="off" maxlength="100"')
                field.props["^value"] = self.name
                field.props["data-knob"] = "keep"
            field.on("input", self._rename, js_handler="(event) => emit(event.target.value)")
            with ui.element("div").classes("buttons"):
                keep = functools.partial(self._on_run, lambda run: self.runs.keep(run, self.name))
                self.buttons["keep"] = controls.button("Keep", lambda: keep(self.unkept))
            self.unkept = theme.html("", "error-line", "p").props('role="alert"')
            self.saved = theme.html(self.to_keep, "hint").props('aria-live="polite"').style("margin-top: 12px")

    def _rename(self, event: Any) -> None:
        self.name = str(event.args)[:200].strip()

    async def _start(self) -> None:
        def start() -> None:
            self.run = self.start(self.form.settings)

        before = self.run
        try:
            self.pending = self.form.settings.applied_to(self.spec)
            self.course = (await to_thread.run_sync(self._look)).course
            self._draw_course()  # while a process imports torch
        except SeqzooError:  # the start will report it
            self.pending = None
        await self._do(start)
        self.pending = None
        self._draw_course()
        if self.run and self.run != before:
            self.turn_to(self.run)

    async def _on_run(self, act: Callable[[str], None], failure: ui.html | None = None) -> None:
        await self._do(lambda: act(self.now.id if self.now is not None else self.run), failure)

    async def _do(self, act: Callable[[], None], failure: ui.html | None = None) -> None:
        """Call `act` in a thread and show an error in `failure`."""
        for line in (self.failure, self.unkept):
            line.set_content("")
        try:
            await to_thread.run_sync(act)
        except (SeqzooError, OSError) as error:
            reason = str(error)
            if isinstance(error, OSError):
                reason = f"{error.filename} cannot be used: {error.strerror}."
            (failure or self.failure).set_content(theme.sentence(reason))
        await self.poll()

    async def _choose(self, run: str) -> None:
        self.run = run
        self.turn_to(run)
        await self.poll()

    def _scale(self, key: str) -> None:
        self.scale = key
        self.address.remember(scale=key)
        self.scales.mark(key)
        self._draw_course()

    def _turn_back(self, at: float) -> None:
        self.at = at
        self.address.remember(at=at)
        self._draw_snapshot()

    def _place(self, at: float) -> str:
        snapshot = self._snapshot_at(at)
        return "" if snapshot is None else f"{snapshot.step:,}, the newest" if at >= 100 else f"{snapshot.step:,}"

    def _snapshot_at(self, at: float) -> Snapshot | None:
        """The snapshot at a position of the slider from 0 to 100, logarithmic in steps; 100 is the newest."""
        if self.now is None or self.now.began is None or not self.now.snapshots:
            return None
        snapshots, last = self.now.snapshots, self.now.began.steps
        if at >= 100:
            return snapshots[-1]
        step = math.exp(math.log(snapshots[0].step) + math.log(last / snapshots[0].step) * at / 100)
        return next((one for one in reversed(snapshots) if one.step <= step), snapshots[0])

    async def _poll(self) -> None:
        seen = await to_thread.run_sync(self._look)
        if seen.asked != self.run:
            return  # the visitor has turned to another run meanwhile, and another look follows
        listed, now = seen.listed, seen.now
        if self.run and now is None:
            self.failure.set_content(escape(f"The run {self.run[:40]} no longer exists."))
            self.run = ""
            self.turn_to("")
            return
        if listed != self.listed:
            self.listed = listed
            self._list()
        if seen.offered != self.offered:
            self.offered = seen.offered
            self._offer()
        before = self.now
        if now is not None and self.is_kept:
            self._follow(now.plan)
        is_new = now is not None and (before is None or (before.id, before.version) != (now.id, now.version))
        if is_new or seen.course != self.course:
            self.course, self.now = seen.course, now
            if now is not None and is_new:
                self._tell(now)
                self._draw_snapshot()
            self._draw_course()
        if now is not None:
            await self.film.follow(now, seen.other)

    def _follow(self, plan: Plan) -> None:
        """Take the optimiser and the scaling that the run has chosen by short trainings, or wait for them."""
        is_chosen = not plan.chooses_scaling
        if (is_chosen, plan.spec) == (self.is_chosen, self.spec):
            return
        self.is_chosen, self.spec = is_chosen, plan.spec
        self.form = Form(self.address, plan.spec, self.form.on_change, is_chosen=is_chosen)
        self.settings.clear()
        with self.settings:
            self.form.show()

    def _look(self) -> _Seen:
        """The runs of this kind of model, the status of the chosen run or the newest, and what is beside it."""
        asked, every = self.run, self.runs.all()
        listed = [(run, plan) for run, plan in every if plan.spec.name == self.spec.name]
        run, now = asked or (listed[0][0] if listed else ""), None
        with contextlib.suppress(SeqzooError):
            now = self.runs.status(run) if run else None
        if now is not None and now.began is not None:
            self.floors[courses.ground(now.plan.spec)] = now.began.floors
        spec = self.pending or (self.spec if now is None else now.plan.spec)
        shown = "" if self.pending is not None else run
        offered = courses.offered(self.recorded, spec, shown, every)
        course, other = None, None
        if self.versus in offered and self.versus not in ("", courses.NONE):
            with contextlib.suppress(SeqzooError):
                other = self.runs.status(self.versus)
        if now is not None or self.pending is not None or self.versus:
            course = courses.chosen(self.recorded, self.versus, spec, shown, every, self.runs)
        return _Seen(asked, listed, now, offered, course, other)

    def _offer(self) -> None:
        self.besides.clear()
        if self.offered:
            with self.besides:
                controls.select("Beside it", "versus", self.offered, self.versus, self._compare)

    async def _compare(self, versus: str) -> None:
        self.versus = versus
        self.address.remember(versus=versus or None)
        await self.poll()

    def _list(self) -> None:
        self.others.clear()
        if self.listed is not None and len(self.listed) > 1:
            options = {run: f"{clock(plan)}, {courses.in_words(plan)}" for run, plan in self.listed}
            chosen = self.run if self.run in options else self.listed[0][0]
            with self.others:
                controls.select("Runs of this model, the newest first", "run", options, chosen, self._choose)

    def _tell(self, now: Status) -> None:
        problem = now.problem if now.state in ("failed", "died") else ""
        self.status.set_content(escape(f"{curves.said(now)} {problem}".strip()))
        words = curves.in_words(now.began, now.evaluations)
        self.standing.set_content(f"{words} <span class=\"hint\">{escape(courses.in_words(now.plan))}.</span>")
        self._allow(now)
        links = "".join(
            f'<p><a href="/models/{quote(model.name)}">{escape(model.name)}</a> is in the gallery: '
            f"{_distance(model)}.</p>"
            for model in now.saved
        )
        if now.saving_failed is not None:
            links += f'<p class="error-line">{escape(now.saving_failed.name)}: {escape(now.saving_failed.reason)}</p>'
        useless = now.state in CAN_BE_KEPT and bool(now.evaluations) and not is_useful(now)
        self.saved.set_content(links or (curves.USELESS if useless else self.to_keep))

    def _allow(self, now: Status | None) -> None:
        state = "" if now is None else now.state
        allowed = {
            "start": state not in ALIVE,
            "pause": state in ("starting", "running"),
            "continue": state in CAN_CONTINUE,
            "stop": state in ("starting", "running", *CAN_CONTINUE),
            "keep": now is not None and state in CAN_BE_KEPT and is_useful(now),
        }
        for key, button in self.buttons.items():
            controls.allow(button, allowed[key])

    def _draw_course(self) -> None:
        began: Began | None = None
        evaluations: list[Evaluated] = []
        if self.pending is None and self.now is not None and self.now.began is not None:
            began, evaluations = self.now.began, self.now.evaluations
        else:
            began = self._expected()
        if began is not None:
            theme.show(self.waiting["course"], True)
            options = curves.loss_options(began, evaluations, self.scale, self.course)
            if isinstance(self.spec.source, ObservedSet):
                options = curves.of_set(options, "squared deviations")
            charts.redraw(self.chart, options, curves.loss_description(began, evaluations, self.course))
            self.numbers.set_content(curves.numbers(began, evaluations))

    def _expected(self) -> Began | None:
        """The references of a run that has yet to compute them; None where they are not known before."""
        try:
            spec = self.pending or (None if self.now is None else self.now.plan.spec)
            spec = spec or self.form.settings.applied_to(self.spec)
        except SeqzooError:  # the run will report it
            return None
        known = self.floors.get(courses.ground(spec))
        return None if known is None else Began(spec.recipe.steps, known, False, [], [])

    async def _preview(self) -> None:
        """Compute the references of the next run's signal, and show them while there is no run to show."""
        settings = self.form.settings

        def compute() -> None:
            spec = settings.applied_to(self.spec)
            process, shape = spec.source.process, courses.ground(spec)
            if process is None or shape in self.floors:  # the rivals of a measured series are scored by the run
                return
            table = floors(process, spec.context_length, spec.horizon, samples=PREVIEW_WINDOWS)
            self.floors.setdefault(shape, averaged(table))

        with contextlib.suppress(SeqzooError):  # the run will report it
            await to_thread.run_sync(compute)
        if self.now is None:
            self._draw_course()

    def _draw_snapshot(self) -> None:
        if self.now is None or self.now.began is None or not self.now.snapshots:
            return
        theme.show(self.waiting["snapshots"], True)
        snapshot = self._snapshot_at(self.at)
        assert snapshot is not None
        self.slider.restate()
        options = curves.snapshot_options(self.now.began, snapshot)
        if isinstance(self.spec.source, ObservedSet):
            options = curves.of_set(options, "deviations", "the latest windows that choose the weights")
        charts.redraw(self.snapshot, options, curves.snapshot_description(self.now.began, snapshot))
        self.title.set_content(f"The forecast after {snapshot.step:,} steps")


async def build(visit: Visit) -> None:
    """Fill the view."""
    assert has_bundle(visit.known)
    spec, start = TrainingSpec.of_manifest(visit.known.manifest), functools.partial(runs.here().start, visit.name)
    name, run = f"{visit.name}-mine", visit.query.get("run", "")
    recorded = await to_thread.run_sync(courses.recorded, visit.known.bundle)

    def turn_to(run: str) -> None:
        visit.remember(run=run or None)

    await Training(visit, spec, name, run, start, turn_to, recorded=recorded).show()


def _distance(model: ModelSaved) -> str:
    parts = ["verified" if model.is_verified else "not verified yet"]
    if model.excess is not None and model.error is not None:
        parts.insert(0, f"{model.excess:.2%} ± {model.error:.2%} above Bayes")
    if model.mse is not None and model.rival is not None:
        name, least = model.rival
        side = "below" if model.mse < least else "not below"
        parts.insert(0, f"MSE {short(model.mse)} on the hold-out, {side} the {short(least)} of {escape(label(name))}")
    return ", and ".join(parts)
