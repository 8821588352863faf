"""The page /docs: the API, which Swagger UI describes beneath the head of the site."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from .ui import theme

_FILES = "/static-offline-docs/swagger-ui"  # served beside the API
_BODY = f"""<h1>The API</h1>
<p class="intro">These pages and your programs ask the same server. <b>Try it out</b> sends it a request;
<a href="/openapi.json">openapi.json</a> describes all of them for programs.</p>
<h2 class="unseen">Requests</h2><div id="swagger-ui"></div>
<script src="{_FILES}-bundle.js"></script>
<script>SwaggerUIBundle({{
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, presets: [SwaggerUIBundle.presets.apis],
  plugins: [{{ wrapComponents: {{
    DeepLink: (_, {{ React }}) => ({{ text }}) => React.createElement("span", null, text),
  }} }}],
}});</script>"""  # no link within the button that opens a request: one control cannot hold another
_DESCRIPTION = "Every request that the server of the zoo answers: models, forecasts, streams and files."


def enter(application: FastAPI) -> None:
    """Register the page."""
    style = f'<link rel="stylesheet" href="{_FILES}.css"><style>{theme.read("api.css")}</style>'
    page = theme.document("API", _BODY, _DESCRIPTION, style)

    @application.get("/docs")
    async def api() -> HTMLResponse:
        return HTMLResponse(page)
