"""What answers, with status 404, where there is nothing."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from fastapi import Request, Response
from nicegui import Client, app, ui

from . import theme


def model(name: str, near: list[str]) -> None:
    """The body of the page of a model that does not exist, with the names nearest to it."""
    links = ", ".join(f'<a href="/models/{quote(one)}">{escape(one)}</a>' for one in near)
    said = f"There is no model called <b>{escape(name[:100])}</b> here."
    _say("No such model", said + (f" Did you mean {links}?" if links else ""))


def enter() -> None:
    """Have every address that leads nowhere answer with a page like the others."""

    @app.exception_handler(404)
    async def nothing(request: Request, _: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return Response("There is nothing at this address.", 404, media_type="text/plain")
        with Client(ui.page(""), request=request) as client, theme.frame("Nothing here"):
            _say("Nothing here", "No page has this address.")
        return client.build_response(request, 404)


def _say(title: str, said: str) -> None:
    with ui.element("div").classes("model-head"):
        theme.html(escape(title), tag="h1").style("font-family: inherit; letter-spacing: -0.02em")
        theme.html(said, tag="p").props('role="alert"')
        theme.html('<a class="button primary" href="/">See the gallery</a>', "buttons")
