"""What answers where there is nothing, or where the app itself failed: a page for who looks, JSON for what asks."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from nicegui import Client, app, ui

from ...server import answers
from . import theme


def model(name: str, near: list[str]) -> None:
    """The body of the page of a model that does not exist, with the names nearest to it."""
    links = ", ".join(f'<a href="/models/{quote(one)}">{escape(one)}</a>' for one in near)
    said = f"There is no model called <b>{escape(name[:100])}</b> here."
    _say("No such model", said + (f" Did you mean {links}?" if links else ""))


def enter(outer: FastAPI) -> None:
    """Have both applications, `outer` and NiceGUI's within it, answer every error with a page like the others."""
    for made in (outer, app):
        for kind in (404, *answers.HANDLED):
            made.add_exception_handler(kind, _answer)
    app.on_page_exception(lambda problem: _failed(answers.log_failure(ui.context.client.request.scope, problem)))


async def _answer(request: Request, problem: Exception) -> Response:
    was_answered = "failure" in request.scope  # NiceGUI shows the page of the failure, and tells this handler too
    response = await answers.on_problem(request, problem)
    if was_answered or "text/html" not in request.headers.get("accept", ""):
        return response
    with Client(ui.page(""), request=request) as client:
        match response.status_code:
            case 404:
                with theme.frame("Nothing here"):
                    _say("Nothing here", "No page has this address.")
            case status if status < 500:
                with theme.frame("Not like this"):
                    _say("Not like this", "This address cannot be used in this way.")
            case _:
                _failed(request.scope["failure"])
    return client.build_response(request, response.status_code)


def _failed(number: str) -> None:
    with theme.frame("Something failed"):
        _say("Something failed", f"The app could not make this page. Its log has the details under the id {number}.")


def _say(title: str, said: str) -> None:
    with ui.element("div").classes("model-head"):
        theme.html(escape(title), tag="h1").style("font-family: inherit; letter-spacing: -0.02em")
        theme.html(said, tag="p").props('role="alert"')
        theme.html('<a class="button primary" href="/">See the gallery</a>', "buttons")
