"""The view *Deploy*: download the bundle, code that uses it, and a check that it matches its manifest."""

from __future__ import annotations

import asyncio
import json
from html import escape
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from nicegui import ui

from ...bundles import shelf
from ...bundles.store import MANIFEST
from ...errors import SeqzooError
from ...forecasters.protocol import has_bundle
from ...publishing import snippets, verify
from ..ui import controls, theme
from .visit import Visit

PURPOSES = {
    "manifest.json": "the hash of every other file, the contract and the scores",
    "README.md": "the card",
    "weights.safetensors": "the canonical weights",
    "model.torchscript.pt": "for TorchScript",
    "model.onnx": "for ONNX Runtime",
    "golden.safetensors": "inputs and outputs every engine must reproduce",
    "history.json": "the losses of the training run",
    "holdout.safetensors": "the measured values that the model was scored on",
    "intervals.safetensors": "the errors that its intervals are made of",
}
REFUSED = "The browser does not allow copying here: select the code and copy it by hand."
_limiter = CapacityLimiter(1)


def build(visit: Visit) -> None:
    """Fill the view."""
    theme.lead(
        f"Notice that the {theme.term('bundle')} runs without seqzoo: torch.jit.load or ONNX Runtime opens it. "
        "Press <b>Verify</b> to check that it matches its manifest."
    )
    with ui.element("div").classes("halves"):
        with ui.element("div").classes("stack"):
            _downloads(visit)
            _proof(visit)
        with ui.element("div").classes("stack"):
            _Snippets(visit)


def _downloads(visit: Visit) -> None:
    known = visit.known
    assert has_bundle(known)
    base, bundle = f"/api/models/{quote(visit.name)}", known.bundle
    sizes = {MANIFEST: len(bundle.raw_manifest)} | {key: one.size for key, one in bundle.manifest.files.items()}
    rows = "".join(
        f'<tr><td><a href="{base}/files/{file}" download>{file}</a></td><td>{PURPOSES[file]}</td>'
        f"<td>{max(sizes[file] / 1024, 1):,.0f} KB</td></tr>"
        for file in PURPOSES
        if file in sizes
    )
    theme.html(
        f'<h3>Download</h3><p class="buttons" style="margin-bottom:16px">'
        f'<a class="button primary" href="{base}/bundle.zip" download>Bundle, {known.manifest.size / 1024:,.0f} KB'
        f'</a></p><table class="files">{rows}</table>'
        f'<p class="hint">SHA-256 of the manifest, and so of the bundle: <code>{bundle.manifest_sha256}</code></p>',
        "panel",
    )


class _Snippets:
    """Code that uses the model, one language at a time; the address holds the chosen one."""

    def __init__(self, visit: Visit) -> None:
        known = visit.known
        assert has_bundle(known)
        self.visit = visit
        self.pieces = {piece.key: piece for piece in snippets.of(visit.name, known.manifest, _origin())}
        with ui.element("div").classes("panel"):
            theme.html("Use it", tag="h3")
            titles = {key: piece.title for key, piece in self.pieces.items()}
            self.choices = controls.Choices("Language", titles, self._choose)
            self.needs = theme.html("", "hint", "p").style("margin: 14px 0 8px")
            self.code = theme.html("", "snippet")
            with ui.element("div").classes("buttons").style("margin-top: 12px"):
                controls.button("Copy", self._copy)
                self.status = theme.html("", "hint", "span").props('aria-live="polite"')
        asked = visit.query.get("code", "")
        self._show(asked if asked in self.pieces else next(iter(self.pieces)))

    def _choose(self, key: str) -> None:
        self.visit.remember(code=key)
        self._show(key)

    def _show(self, key: str) -> None:
        self.current = piece = self.pieces[key]
        self.choices.mark(key)
        self.needs.set_content(f"Needs {escape(piece.needs)}.")
        label = f"Code: {escape(piece.title)}"
        attributes = f'tabindex="0" role="region" aria-label="{label}" data-code="{key}"'
        self.code.set_content(f"<pre {attributes}><code>{escape(piece.code)}</code></pre>")
        self.status.set_content("")

    async def _copy(self) -> None:
        """Copy the code to the clipboard."""
        piece = self.current
        copied = await controls.copied(json.dumps(piece.code))
        if piece is self.current:
            self.status.set_content("Copied." if copied else REFUSED)


def _origin() -> str:
    request = ui.context.client.request
    return "http://127.0.0.1:8080" if request is None else str(request.base_url).rstrip("/")


def _proof(visit: Visit) -> None:
    with ui.element("div").classes("panel"):
        theme.html("Proof", tag="h3")
        theme.html(
            f"Hashes, the score on {'the held-out values' if visit.known.process is None else 'fresh windows'}, and "
            f"the {theme.term('golden tensors')} in each engine.",
            "hint",
            "p",
        )
        with ui.element("div").classes("buttons").style("margin: 14px 0"):
            button = controls.button("Verify", lambda: run(), "button primary").props('data-part="verify"')
        checks = ui.element("div").props('aria-live="polite" data-part="checks"')
        verdict = theme.html("")

        async def run() -> None:
            if "disabled" in button.props:  # pressed twice, before the browser disabled it
                return
            controls.allow(button, False)
            checks.clear()
            verdict.set_content('<p class="hint">Checking…</p>')
            loop = asyncio.get_running_loop()

            def add(check: verify.Check) -> None:
                with checks:
                    _check(check)

            def send(check: verify.Check) -> None:
                loop.call_soon_threadsafe(add, check)

            def prove() -> verify.Report:
                return verify.verify(shelf.find(visit.name), on_check=send)

            try:
                report = await to_thread.run_sync(prove, limiter=_limiter)
                await asyncio.sleep(0)  # the checks that the thread has sent are shown first
                sentence = f"This bundle {'matches' if report.passed else 'does not match'} its manifest."
                lacking = f" Not proven: {', '.join(report.not_proven)}." if report.not_proven else ""
                verdict.set_content(f"<p style=\"margin-top:14px\"><strong>{sentence}{escape(lacking)}</strong></p>")
            except SeqzooError as error:
                verdict.set_content(f'<p class="error-line">{theme.sentence(error)}</p>')
            finally:
                controls.allow(button, True)


def _check(check: verify.Check) -> None:
    kind, mark = {True: ("passed", "✓"), False: ("failed", "✗"), None: ("skipped", "–")}[check.passed]
    theme.html(
        f'<span class="mark" role="img" aria-label="{kind}">{mark}</span><div><div>{escape(check.name)}</div>'
        f'<div class="detail">{escape(check.detail)}</div></div>',
        f"check {kind}",
    )
