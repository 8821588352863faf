"""The control API under /api, its documentation at /docs, and /metrics."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.responses import Response

from .. import __version__
from ..runtime.repository import Repository
from . import answers, api_forecasts, api_models, api_streams, api_training
from .metrics import Metrics
from .shared import Shared

ROOTS = ("/api", "/docs", "/openapi.json", "/metrics", "/static-offline-docs")
"""The paths that this application answers."""


def app(repository: Repository, metrics: Metrics) -> FastAPI:
    """The application of the paths in ROOTS."""
    application: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="seqzoo",
        version=__version__,
        summary="Small sequence models, each compared with the best possible forecaster.",
    )
    application.router.redirect_slashes = False
    shared = Shared(repository, metrics)
    for kind, handler in answers.HANDLED.items():
        application.add_exception_handler(kind, handler)
    for part in (api_models, api_training, api_forecasts, api_streams):
        part.enter(application, shared)

    @application.get("/metrics", include_in_schema=False)
    async def show_metrics(request: Request) -> Response:
        request.scope["kind"] = "metrics"
        return Response(metrics.text(len(repository.loaded())), media_type="text/plain; version=0.0.4; charset=utf-8")

    return application
