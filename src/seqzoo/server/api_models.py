"""Endpoints of models, their cards, bundles and verification, and of the floors of signals."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from fastapi import Body, FastAPI, Query, Request
from starlette.responses import Response

from .. import signals
from ..bundles import describe
from ..bundles.store import MANIFEST, open_bundle
from ..forecasters.floors import floors
from ..forecasters.protocol import Bundled, has_bundle
from ..publishing import verify
from ..runtime import catalogue
from ..runtime.repository import Repository
from .answers import Refused, answer, attachment
from .schemas import ERRORS, InDigits, Name, VerifyRequest
from .shared import Shared


def enter(application: FastAPI, shared: Shared) -> None:
    """Add the endpoints to an application."""
    repository = shared.repository

    @application.get("/api/models", tags=["models"], responses=ERRORS)
    async def list_models(request: Request) -> Response:
        """List every model and reference: its description, its score, and whether it is in memory."""
        request.scope["kind"] = "list"
        return answer(await to_thread.run_sync(_rows, repository))

    @application.get("/api/models/{name}", tags=["models"], responses=ERRORS)
    async def show_model(request: Request, name: Name) -> Response:
        """Return a model's manifest and card, or the description of a reference."""
        request.scope["kind"] = "show"
        model = await to_thread.run_sync(repository.describe, name)
        facts = {"name": name, "state": repository.state(name)._asdict(), "context_length": model.context_length}
        if not has_bundle(model):
            return answer({**facts, "summary": model.summary, "signal": model.signal.description})
        card = await to_thread.run_sync(describe.text_of, model.bundle)
        return answer({**facts, "manifest": msgspec.to_builtins(model.manifest), "card": card})

    @application.get("/api/models/{name}/bundle.zip", tags=["models"], responses=ERRORS)
    async def download_bundle(request: Request, name: Name) -> Response:
        """Return the bundle as a zip file; every file matches the hash in its manifest."""
        request.scope["kind"] = "download"
        predictor = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name))
        data = await to_thread.run_sync(_zipped, name, predictor)
        return attachment(data, f"{name}.zip", "application/zip")

    @application.get("/api/models/{name}/files/{file}", tags=["models"], responses=ERRORS)
    async def download_file(request: Request, name: Name, file: str, sha256: str | None = None) -> Response:
        """Return one file of the bundle, also its manifest. If a SHA-256 is given and the file has another: 409."""
        request.scope["kind"] = "download"
        predictor = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name))
        bundle = predictor.bundle
        digests = {key: one.sha256 for key, one in bundle.manifest.files.items()} | {MANIFEST: bundle.manifest_sha256}
        if file not in digests:
            raise Refused(404, f"the bundle holds {', '.join(digests)}; got {file[:80]!a}.", "unknown_name")
        if sha256 not in (None, digests[file]):
            raise Refused(409, f"{file} of {name} has another SHA-256: it was replaced. Reload the model.", "bundle")
        data = bundle.raw_manifest if file == MANIFEST else await to_thread.run_sync(bundle.read, file)
        return attachment(data, file, "application/octet-stream")

    @application.post("/api/models/{name}/verify", tags=["models"], responses=ERRORS)
    async def verify_bundle(request: Request, name: Name, asked: VerifyRequest = Body(VerifyRequest())) -> Response:  # noqa: B008
        """Verify the bundle on disk: its hashes, every engine on the golden tensors, its score on fresh windows."""
        request.scope["kind"] = "verify"
        path = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name)).path
        report = await shared.heavy(lambda: verify.verify(path, windows=asked.windows))
        checks = [dataclasses.asdict(check) for check in report.checks]
        facts = {"passed": report.passed, "verdict": report.verdict, "not_proven": report.not_proven}
        return answer({"name": name, **facts, "seed": report.seed, "checks": checks})

    @application.get("/api/floors", tags=["signals"], responses=ERRORS)
    async def floors_of(
        request: Request,
        signal: str = "sine",
        context_length: Annotated[int, Query(ge=2, le=200), InDigits] = 20,
        horizon: Annotated[int, Query(ge=1, le=200), InDigits] = 1,
    ) -> Response:
        """Return the least possible error on a signal and the errors of simple forecasters, by step ahead."""
        request.scope["kind"] = "floors"
        chosen = signals.make(signal)
        table = await shared.heavy(lambda: floors(chosen, context_length, horizon, samples=5000))
        return answer(
            {
                "signal": chosen.description,
                "steps": [{"step": step, **dict(row.items())} for step, row in enumerate(table, start=1)],
            }
        )


def _rows(repository: Repository) -> list[dict[str, Any]]:
    """The catalogue with the state of each model, without the paths of files."""
    states = {state.name: state.state for state in repository.index()}
    rows = [{**row, "state": states.get(row["name"], "UNAVAILABLE")} for row in catalogue.rows()]
    return [{key: value for key, value in row.items() if key != "path"} for row in rows]


def _zipped(name: str, predictor: Bundled) -> bytes:
    buffer = io.BytesIO()
    bundle = open_bundle(predictor.path)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}/{MANIFEST}"), bundle.raw_manifest)
        for file in bundle.manifest.files:
            archive.writestr(zipfile.ZipInfo(f"{name}/{file}"), bundle.read(file))
    return buffer.getvalue()
