"""The panel of a visitor's own values: pasted, dropped, or read from a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from nicegui import ui

from ...errors import SeqzooError
from ..series.uploads import plain
from ..ui import theme
from . import own_window
from .own_window import Pasted

_EMPTY = "Nothing is given: the window is that of the page again."
# Text that is dropped is left to the field, which then holds it.
_DROPPED = "event.dataTransfer.files.length ? (event.preventDefault(), event.dataTransfer) : null"
KINDS = ".csv,.txt,.tsv,.jsonl,.json,.parquet,.gz,.zst,text/*"


class OwnPanel:
    """The panel.

    Args:
        length: of a window.
        take: called with the last values of what was given, or None where the field is empty again.
        check: raises SeqzooError for values that the model must not read.
    """

    def __init__(
        self,
        length: int,
        take: Callable[[Pasted | None], Awaitable[None]],
        check: Callable[[Pasted], None] = lambda pasted: None,
    ) -> None:
        self.length, self.take, self.check = length, take, check

    def show(self) -> None:
        """Fill the current slot."""
        with ui.element("div").classes("panel"):
            theme.html("Your own values", tag="h3")
            self.text = ui.element("textarea").props('rows="3" spellcheck="false"')
            self.text.props["placeholder"] = f"{self.length} numbers"
            self.text.props["aria-label"] = f"Your own values: {self.length} numbers, or drop a text file here"
            self.text.on("change", self._read, js_handler="(event) => emit([event.target.value])")
            self.text.on("drop", self._read, js_handler=file_of(_DROPPED))
            with ui.element("label").classes("file"):
                theme.html("or a file: text, CSV, JSON lines, Parquet", tag="span")
                chooser = ui.element("input").props(f'type="file" accept="{KINDS}"')
                chooser.on("change", self._read, js_handler=file_of("event.target"))
            kinds = "One number a line, all on one line, or a table"
            theme.html(f"{kinds}; the last {self.length} are read.", "hint", "p")
            self.understood = theme.html("", "hint", "p").props('role="status"')
            self.error = theme.html("", "error-line", "p").props('role="alert"')

    async def _read(self, event: Any) -> None:
        self.error.set_content("")
        self.understood.set_content("")
        try:
            own: Pasted | None = None
            match event.args:
                case [str(encoded), str(name)]:
                    own = await to_thread.run_sync(own_window.chosen, encoded, f"the file {plain(name)}", self.length)
                case [str(text)]:
                    own = await to_thread.run_sync(own_window.pasted, text, "the text", self.length)
            if own is not None:
                self.check(own)
        except SeqzooError as error:
            self.error.set_content(theme.sentence(error))
            return
        self.understood.set_content(theme.sentence(_EMPTY if own is None else own.understood))
        await self.take(own)


def file_of(source: str) -> str:
    """A JavaScript handler that sends the first file of `source`, a JavaScript expression."""
    # The browser cuts a large file just beyond the limit, and the server then reports it as too long. The bytes go as
    # base64: which encoding they are in, the server tells.
    return f"""async (event) => {{
  const file = ({source})?.files?.[0];
  if (!file) return;
  try {{
    const bytes = new Uint8Array(await file.slice(0, {own_window.MOST_BYTES + 3}).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    emit([btoa(text), file.name]);
  }} catch {{ emit(["not read", file.name]); }} // a folder, or a file that is gone: the server says it did not arrive
  if (event.target.type === "file") event.target.value = "";
}}"""
