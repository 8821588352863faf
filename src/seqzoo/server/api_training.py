"""Endpoints of trainings: the weights before and during one."""

from __future__ import annotations

from anyio import to_thread
from fastapi import FastAPI, Request
from starlette.responses import Response

from ..execution import untrained
from ..training.spec import TrainingSpec
from .answers import attachment
from .schemas import ERRORS, Name
from .shared import Shared


def enter(application: FastAPI, shared: Shared) -> None:
    """Add the endpoints to an application."""
    repository = shared.repository

    @application.get("/api/models/{name}/untrained.safetensors", tags=["training"], responses=ERRORS)
    async def download_untrained(request: Request, name: Name) -> Response:
        """Return the weights that the model's training begins with, in the form of `weights.safetensors`."""
        request.scope["kind"] = "untrained"
        model = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name))
        data = await shared.heavy(lambda: untrained.weights(TrainingSpec.of_manifest(model.manifest)))
        return attachment(data, f"{name}.untrained.safetensors")
