"""The panel of engines: choosing one loads it and shows its measured load time and latency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from anyio import to_thread
from nicegui import ui

from ... import _extras
from ...errors import SeqzooError
from ...forecasters.protocol import Forecaster, has_bundle
from ...runtime import engines
from ..ui import controls, theme
from . import loading
from .visit import Visit

LIBRARIES = {"torchscript": "torch", "onnx": "onnxruntime"}
NO_TORCH = "torch is not installed, so {} serves this model. To use torchscript: pip install 'seqzoo[train]'."


class Engines:
    """The engines of one visitor; `model` is the engine that forecasts.

    At first it is the engine of the page's model. The visitor changes it by a button, or by `engine=` in the address.
    """

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.model: Forecaster = visit.model
        known = visit.known
        self.names = engines.offered(known.manifest) if has_bundle(known) else []
        self.chosen = visit.model.engine if has_bundle(visit.model) else ""
        self.asked = visit.query.get("engine", "")
        self.measured: dict[str, loading.Measured] = {}

    def show(self, on_change: Callable[[], Awaitable[None]]) -> None:
        """Show the buttons and the measurements. `on_change` is called when another engine forecasts."""
        self.on_change = on_change
        theme.html("Engine", tag="h3")
        self.choices = controls.Choices("Engine", {name: name for name in self.names}, self._choose)
        self.table = theme.html("")
        self.status = theme.html("", "hint", "p").props('aria-live="polite"')
        if "torchscript" in self.names and not _extras.has_torch():
            theme.html(escape(NO_TORCH.format(self.chosen)), "hint", "p").style("margin-top: 8px")
        self._mark()
        self.visit.when_ready.append(self._ready)
        ui.timer(0.05, self._begin, once=True)

    async def _begin(self) -> None:
        if self.asked in self.names and self.asked != self.chosen:
            if self.asked == "torchscript" and self.visit.repository.peek(self.visit.name) is None:
                return  # `_ready` follows once the page's model is loaded
            await self._choose(self.asked)
        else:
            await self._use(self.chosen)

    async def _ready(self) -> None:
        """Use the page's model, which is now loaded, unless the visitor chose another engine."""
        model = self.visit.model
        if has_bundle(model) and self.asked in ("", model.engine):
            await self._use(model.engine)

    async def _choose(self, name: str) -> None:
        self.asked = name
        self.visit.remember(engine=name)
        self.status.set_content(f"Loading {escape(name)}…")
        await self._use(name)

    async def _use(self, name: str) -> None:
        failure = ""
        try:
            assert has_bundle(self.visit.model)
            self.measured[name] = await to_thread.run_sync(loading.loaded, self.visit.model.bundle, name)
        except SeqzooError as error:
            failure = theme.sentence(error)
        if self.status.is_deleted:  # meanwhile Back built the view anew
            return
        if failure:
            self.status.set_content(failure)
            return
        if self.asked not in ("", name):  # the visitor chose another one meanwhile
            self._mark()
            return
        changed = name != self.chosen
        self.chosen, self.model = name, self.measured[name].model
        self._mark()
        repository = self.visit.repository
        awaited = "" if self.asked or repository.peek(self.visit.name) else self.visit.known.engine
        meanwhile = f" {name} forecasts while {awaited} is being loaded." if awaited not in ("", name) else ""
        self.status.set_content(
            f"Median of {loading.RUNS} forecasts of one window, measured here.{self._imports()}{meanwhile}"
        )
        if changed:
            await self.on_change()

    def _imports(self) -> str:
        """A sentence on the import times of the engines' libraries; empty where none was imported."""
        imports = [
            f"{LIBRARIES[name]} in {engine.library:,.0f} ms"
            for name, engine in self.measured.items()
            if engine.library >= 1  # else another part of the process had imported it
        ]
        return f" Time to import, once in a process: {', '.join(imports)}." if imports else ""

    def _mark(self) -> None:
        self.choices.mark(self.chosen)
        if not self.measured:
            return
        rows = "".join(_row(name, engine) for name in self.names if (engine := self.measured.get(name)))
        self.table.set_content(
            '<table class="times"><thead><tr><th scope="col">engine</th><th scope="col">load, ms</th>'
            f'<th scope="col">forecast, ms</th></tr></thead><tbody>{rows}</tbody></table>'
        )


def _row(name: str, engine: loading.Measured) -> str:
    load, latency = f"{engine.load:,.1f}", f"{engine.latency:.3f}"
    return f'<tr><th scope="row">{escape(name)}</th><td>{load}</td><td>{latency}</td></tr>'
