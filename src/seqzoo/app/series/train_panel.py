"""Train this: an architecture, a horizon, and a run in a process, with the rivals of the series beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from anyio import CapacityLimiter, to_thread
from nicegui import ui

from ... import _extras
from ...data.measured import LONGEST_GAP, name_of_file
from ...data.numerals import number as plain_number
from ...data.series import Series
from ...diagnosis.examinations import Decided
from ...errors import InputError, MissingExtraError, SeqzooError
from ...execution import runs
from ...execution.runs.on_series import Order
from ...forecasters.table import label
from ...signals import Observed
from ...zoo import _registry
from ..ui import controls, theme
from ..ui.address import Address
from .corrections import in_words, rule_for_gaps

USUAL = "mlp"
_starting = CapacityLimiter(1)  # each start takes a process for some seconds
LONGEST_HORIZON = 24  # that is suggested
READS = {"": "values only", "auto": "values and the calendar"}
STEPS = ("", "100", "300", "1000", "3000")


class TrainPanel:
    """The next training of one visitor.

    Args:
        fill: fills the gaps of the series by a rule.
    """

    def __init__(self, address: Address, fill: Callable[[str], Awaitable[None]]) -> None:
        self.address, self.fill = address, fill
        self.series: Series | None = None
        self.season = 1
        self.decided: Decided | None = None
        self.is_busy = False
        self.offered = ""

    def show(self) -> None:
        """Fill the current slot."""
        with ui.element("div").classes("panel train-this"):
            self.advice = theme.html("", tag="p").props('aria-live="polite"')
            self.form = ui.element("div").classes("train-options")
            self.gaps = ui.element("div").classes("gone")
            with self.gaps:
                self.missing = theme.html("", "notice", "p")
                with ui.element("div").classes("buttons"):
                    controls.button("Fill with a straight line", lambda: self.fill("interpolate"))
                    controls.button("Fill with the last value", lambda: self.fill("last"))
            with ui.element("div").classes("buttons").style("margin-top: 14px"):
                self.go = controls.button("Train this", self._train, "button primary")
                self.status = theme.html("", "hint", "span").props('role="status"')
            self.trouble = theme.html("", "error-line", "p").props('role="alert"')
            if not _extras.has_torch():
                theme.html(escape(str(MissingExtraError("training", "train"))), "hint", "p")

    def follow(self, series: Series | None, season: int) -> None:
        """Train on this series from now on, with a gap filled or not; None while there is none."""
        self.series, self.season = series, season
        self.describe()

    def decide(self, decided: Decided | None) -> None:
        """Take the verdict's advice for what the address leaves open."""
        self.decided = decided
        self.describe()

    @property
    def architecture(self) -> str:
        """The one that is trained."""
        asked, best = self.address.query.get("architecture", ""), self.decided.network if self.decided else ""
        return next((name for name in (asked, best) if name and _registry.has(name)), USUAL)

    @property
    def horizon(self) -> int:
        """How many steps ahead it forecasts, unless the address says so."""
        if self.decided is not None:
            return self.decided.horizon
        length = 0 if self.series is None else len(self.series)
        return max(1, min(self.season, LONGEST_HORIZON, length // 30))

    def describe(self) -> None:
        """Show what would be trained."""
        self.advice.set_content(self._advice())
        missing = 0 if self.series is None or self._is_divided else self.series.missing
        theme.show(self.gaps, missing > 0)
        if self.series is not None and missing:
            self.missing.set_content(
                f"Missing values: {missing:,} of {len(self.series):,}. Choose how training fills them. A gap of "
                f"more than {LONGEST_GAP} values is not filled: it divides the series, and no window crosses it."
            )
        controls.allow(self.go, self.series is not None and not missing and not self.is_busy and _extras.has_torch())
        season = self._season()
        has_times = self.series is not None and self.series.times is not None
        offered = f"{self.architecture} {self.horizon} {season} {has_times}"
        if offered == self.offered:
            return
        self.offered = offered
        self.form.clear()
        with self.form:
            names = {name: name for name in _registry.architectures()}
            if self.decided is not None and self.decided.network in names:
                best = self.decided.network
                names = {best: f"{best}, erred least in the contest", **names}
            controls.select("Architecture", "architecture", names, self.architecture, self._set("architecture"))
            query = self.address.query
            for key, words, usual in (("horizon", "Steps ahead", self.horizon), ("period", "Season, steps", season)):
                controls.text(words, key, query.get(key, ""), self._set(key), str(usual))
            given = query.get("steps", "")
            lengths = {each: f"{int(each):,}" if each else "by series length" for each in STEPS}
            if given and given not in lengths:
                lengths[given] = given
            controls.select("Updates", "steps", lengths, given, self._set("steps"))
            if has_times:
                chosen = "auto" if query.get("calendar") == "auto" else ""
                controls.select("It reads", "calendar", READS, chosen, self._set("calendar"))

    def _advice(self) -> str:
        if self.decided is None:
            return (
                "The last fifth is held out, and no training sees it. The window, the scaling and the optimiser are "
                "chosen on the values before it. Rivals stand beside the network while it trains."
            )
        use = escape(label(self.decided.use))
        if self.decided.kind == "network":
            return f"The doctor recommends <b>{use}</b>: a network is worth its cost here."
        return f"The doctor recommends <b>{use}</b>, not a network. Train one to see the difference."

    @property
    def _is_divided(self) -> bool:
        """Whether a rule filled the gaps, so that those that remain divide the series."""
        return bool(rule_for_gaps(self.address.query))

    def _season(self) -> int:
        return self.season if self.decided is None else self.decided.season

    def _set(self, key: str) -> Callable[[str], None]:
        def change(value: str) -> None:
            self.address.remember(**{key: value or None})

        return change

    def _number(self, key: str, default: int) -> int:
        given = self.address.query.get(key, "")
        value = plain_number(given) if given else default
        if value is None or not 1 <= value <= 100_000 or value != int(value):
            name = {"horizon": "the steps ahead", "period": "the season", "steps": "the updates"}[key]
            raise InputError(f"{name} must be a whole number above 0, got {given[:40]!r}.")
        return int(value)

    def _order(self) -> Order:
        assert self.series is not None
        season = self._number("period", self._season())
        source = Observed.of(self.series, season=season, divided=self._is_divided)
        steps = self._number("steps", 0) if self.address.query.get("steps") else None
        calendar = ("auto",) if self.address.query.get("calendar") == "auto" else ()
        return Order(self.architecture, source, self._number("horizon", self.horizon), steps, calendar)

    async def _train(self) -> None:
        if self.series is None or self.is_busy:
            return
        self.is_busy = True
        controls.allow(self.go, False)
        self.trouble.set_content("")
        self.status.set_content("Choosing the window…")
        try:
            run = await to_thread.run_sync(lambda: runs.here().start_on_series(self._order()), limiter=_starting)
        except (SeqzooError, OSError) as error:
            self.trouble.set_content(theme.sentence(in_words(str(error))))
        else:
            ui.navigate.to(f"/runs/{run}")
            return
        finally:
            self.is_busy = False
            self.status.set_content("")
            controls.allow(self.go, True)


def prepared(series: Series, stem: str, chosen: list[str], rule: str) -> Series:
    """The series as it is trained on: named after its file; with a rule for gaps, without missing ends."""
    named = Series(name_of_file(stem, chosen), series.values, series.times)
    return named.trimmed() if rule else named
