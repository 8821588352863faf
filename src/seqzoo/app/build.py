"""The web pages as an application: NiceGUI on FastAPI, without network access, with a content security policy."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import PurePosixPath
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.responses import RedirectResponse, Response

from ..microscope.modules import KINDS
from ..pages import tours
from ..runtime import catalogue
from ..runtime.repository import Repository
from ..server.edge import App, Receive, Scope, Send
from . import api, arena, gallery, glossary, runs
from .gallery import sketches
from .model import page
from .series import page as series
from .ui import messages, modules, not_found, theme

# NiceGUI writes scripts and styles into the page and compiles templates there. The page may reach no other origin.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'none'",
        "worker-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_FOREVER = "public, max-age=31536000, immutable"  # the address of a module changes when one of them does
RECONNECT_SECONDS = 15.0  # after which the state of a page that was left is dropped
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def pages(repository: Repository) -> App:
    """The application of /, /models/NAME, /series, /runs/ID, /arena, /tours/KEY, /docs, /glossary and their files.

    Call it once in a process: NiceGUI keeps its pages in module state.
    """
    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @application.get("/sketches/{name}.svg")
    async def sketch(name: str) -> Response:
        data = await to_thread.run_sync(sketches.of, repository, name)
        return Response(data, media_type="image/svg+xml", headers={"cache-control": "max-age=300"})

    @application.get("/tours/{key}")
    async def tour(key: str, step: str = "", stops: str = "") -> Response:
        return RedirectResponse(tours.begin(key, step, stops))

    @application.get(modules.MODULES + "/{version}/{path:path}")
    async def module(version: str, path: str) -> Response:
        if version != modules.version() or path not in modules.files():
            return Response(status_code=404)
        kind = KINDS[PurePosixPath(path).suffix]
        return Response(modules.files()[path], media_type=kind, headers={"cache-control": _FOREVER})

    @application.get("/models.csv")
    async def table() -> Response:
        return Response(await to_thread.run_sync(catalogue.table), media_type="text/csv")

    # Quasar shows a progress bar without a label at every XMLHttpRequest; these pages report slow work in place.
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    # NiceGUI keeps a store for each tab for 30 days; these pages keep their state in the address.
    nicegui_app.storage.max_tab_storage_age = RECONNECT_SECONDS
    api.enter(application)
    glossary.enter(application)
    gallery.enter(repository)
    page.enter(repository)
    arena.enter()
    series.enter(application)
    runs.enter()
    not_found.enter(application)
    messages.enter()
    theme.enter()
    ui.run_with(
        application,
        title="seqzoo",
        favicon=theme.FAVICON,
        dark=None,
        tailwind=False,
        language="en-US",
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
        gzip_middleware_factory=None,  # on one machine, compression takes longer than the transfer it saves
    )
    return _guarded(application)


def _guarded(app: FastAPI) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        if scope["type"] == "http":
            scope["kind"] = "page"
        await app(scope, receive, with_policy if scope["type"] == "http" else send)

    return answer
