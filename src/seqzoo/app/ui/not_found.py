"""The answers to unknown addresses and to failures: a page for a browser, JSON for other clients."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from nicegui import Client, app, ui

from ...server import answers
from . import theme


def model(name: str, near: list[str]) -> None:
    """Show that a model does not exist, with links to the nearest names."""
    links = ", ".join(f'<a href="/models/{quote(one)}">{escape(one)}</a>' for one in near)
    sentence = f"There is no model called <b>{escape(name[:100])}</b>."
    _say("No such model", sentence + (f" Did you mean {links}?" if links else ""))


def enter(outer: FastAPI) -> None:
    """Register error pages with both applications, `outer` and the one of NiceGUI inside it."""
    for application in (outer, app):
        for kind in (404, *answers.HANDLED):
            application.add_exception_handler(kind, _answer)
    app.on_page_exception(lambda problem: _failed(answers.log_failure(ui.context.client.request.scope, problem)))


async def _answer(request: Request, problem: Exception) -> Response:
    was_answered = "failure" in request.scope  # NiceGUI shows its failure page and calls this handler too
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


def _say(title: str, sentence: str) -> None:
    with ui.element("div").classes("model-head"):
        theme.html(escape(title), tag="h1").style("font-family: inherit; letter-spacing: -0.02em")
        theme.html(sentence, tag="p").props('role="alert"')
        theme.html('<a class="button primary" href="/">See the gallery</a>', "buttons")
