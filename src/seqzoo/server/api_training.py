"""Endpoints of trainings: the weights before and during one."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import FastAPI, Path, Request
from starlette.responses import Response

from ..execution import runs, untrained
from ..training.spec import TrainingSpec
from .answers import attachment
from .schemas import ERRORS, InDigits, Name
from .shared import Shared

Step = Annotated[int, Path(ge=0, le=10**9, description="Updates before the weights."), InDigits]


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

    @application.get("/api/runs/{run}/film/{step}.safetensors", tags=["training"], responses=ERRORS)
    async def download_frame(request: Request, run: str, step: Step) -> Response:
        """Return the weights of a training after a step that its film has, in the form of `weights.safetensors`."""
        request.scope["kind"] = "film"
        data = await to_thread.run_sync(runs.here().frame, run, step)
        return attachment(data, f"{run}.{step}.safetensors")
