"""The control API under /api, its documentation at /docs, and /metrics."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import Body, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from .. import __version__, intervals, signals, verification
from ..bundle import CARD, REQUIRED, open_bundle
from ..cards import describe_signal
from ..errors import InputError, SeqzooError
from ..floors import floors
from ..runtime import ClosedForm, Predictor
from ..runtime.repository import Model, Repository
from . import answers
from .answers import Refused, answer
from .metrics import Metrics
from .sessions import Sessions

T = TypeVar("T")

MOST_VALUES = 100_000
MOST_STEPS = 1000
HEAVY = 2  # proofs and floors that run at the same time


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorBody(_Strict):
    """Every answer that is not a success."""

    error: str


Values = Annotated[list[float], Field(min_length=1, max_length=MOST_VALUES, description="Oldest value first.")]


class ForecastRequest(_Strict):
    """A series to forecast from; the last L values are read."""

    context: Values
    horizon: Annotated[int, Field(ge=1, le=MOST_STEPS)] = 50
    level: Annotated[float | None, Field(gt=0, lt=1, description="Level of prediction intervals, as 0.9.")] = None


class TraceRequest(_Strict):
    """One window."""

    window: Values


class ValueRequest(_Strict):
    """The next value of a stream."""

    value: float


class ValuesRequest(_Strict):
    """The next values of a stream."""

    values: Values


class VerifyRequest(_Strict):
    """How to prove a bundle."""

    windows: Annotated[int, Field(ge=100, le=20_000)] = 2000


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": what}
    for status, what in {
        400: "The input cannot be used; the text says why.",
        404: "There is no model, stream, file or signal of that name.",
        409: "The bundle cannot be used.",
        413: "The body is too large.",
    }.items()
}

Name = Annotated[str, Path(description="A model, as lstm.sine or bayes.sine.")]


class Control:
    """What the endpoints share."""

    def __init__(self, repository: Repository, metrics: Metrics) -> None:
        self.repository, self.metrics, self.sessions = repository, metrics, Sessions()
        self._limiter: CapacityLimiter | None = None

    async def model(self, name: str) -> Model:
        """The model, loaded if need be."""
        model = self.repository.peek(name)
        return await to_thread.run_sync(self.repository.get, name) if model is None else model

    async def heavy(self, work: Callable[[], T]) -> T:
        """Run what takes seconds in a thread, few at a time."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(HEAVY)
        self.metrics.queue.inc()
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self.metrics.queue.dec()

    def bundle_of(self, name: str, model: Model) -> Predictor:
        """The model as one that has a bundle. Raises Refused for a reference."""
        if isinstance(model, ClosedForm):
            raise Refused(404, f"{name} is computed from the signal: there is no bundle of it.", "unknown_name")
        return model


def app(repository: Repository, metrics: Metrics) -> FastAPI:
    """The application for everything that is not under /v2."""
    made: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="seqzoo",
        version=__version__,
        summary="Small sequence models, each beside the best forecaster that can exist.",
    )
    made.router.redirect_slashes = False
    shared = Control(repository, metrics)
    for kind, handler in answers.HANDLED.items():
        made.add_exception_handler(kind, handler)
    made.add_exception_handler(RequestValidationError, _on_invalid)
    _reading(made, shared)
    _forecasting(made, shared)
    _streaming(made, shared)

    @made.get("/metrics", include_in_schema=False)
    async def show_metrics(request: Request) -> Response:
        request.scope["kind"] = "metrics"
        return Response(metrics.text(len(repository.loaded())), media_type="text/plain; version=0.0.4; charset=utf-8")

    return made


def _reading(made: FastAPI, shared: Control) -> None:
    repository = shared.repository

    @made.get("/api/models", tags=["models"], responses=ERRORS)
    async def list_models(request: Request) -> Response:
        """Every model: what it is, its score, and whether it is in memory."""
        request.scope["kind"] = "list"
        return answer(await to_thread.run_sync(_rows, repository))

    @made.get("/api/models/{name}", tags=["models"], responses=ERRORS)
    async def show_model(request: Request, name: Name) -> Response:
        """A model's manifest and card; of a reference, what it is."""
        request.scope["kind"] = "show"
        model = await to_thread.run_sync(repository.describe, name)
        facts = {"name": name, "state": repository.state(name)._asdict(), "context_length": model.context_length}
        if isinstance(model, ClosedForm):
            return answer({**facts, "summary": model.summary, "signal": model.signal.description})
        card = (await to_thread.run_sync(model.bundle.read, CARD)).decode()
        return answer({**facts, "manifest": msgspec.to_builtins(model.manifest), "card": card})

    @made.get("/api/models/{name}/bundle.zip", tags=["models"], responses=ERRORS)
    async def download_bundle(request: Request, name: Name) -> Response:
        """The bundle as a zip file, every file as its manifest states it."""
        request.scope["kind"] = "download"
        predictor = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name))
        data = await to_thread.run_sync(_zipped, name, predictor)
        return _attachment(data, f"{name}.zip", "application/zip")

    @made.get("/api/models/{name}/files/{file}", tags=["models"], responses=ERRORS)
    async def download_file(request: Request, name: Name, file: str) -> Response:
        """One file of the bundle."""
        request.scope["kind"] = "download"
        predictor = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name))
        if file not in REQUIRED:
            raise Refused(404, f"a bundle holds {', '.join(REQUIRED)}; got {file[:80]!a}.", "unknown_name")
        data = await to_thread.run_sync(predictor.bundle.read, file)
        return _attachment(data, file, "application/octet-stream")

    @made.post("/api/models/{name}/verify", tags=["models"], responses=ERRORS)
    async def verify(request: Request, name: Name, asked: VerifyRequest = Body(VerifyRequest())) -> Response:  # noqa: B008
        """Prove the bundle on disk: hashes, engines against golden tensors, score on fresh windows."""
        request.scope["kind"] = "verify"
        path = shared.bundle_of(name, await to_thread.run_sync(repository.describe, name)).path
        report = await shared.heavy(lambda: verification.verify(path, windows=asked.windows))
        checks = [dataclasses.asdict(check) for check in report.checks]
        return answer({"name": name, "passed": report.passed, "seed": report.seed, "checks": checks})

    @made.get("/api/floors", tags=["signals"], responses=ERRORS)
    async def floors_of(
        request: Request,
        signal: str = "sine",
        context_length: Annotated[int, Query(ge=2, le=200)] = 20,
        horizon: Annotated[int, Query(ge=1, le=200)] = 1,
    ) -> Response:
        """The least error that any forecaster of a signal can have, and that of simple ones, by step ahead."""
        request.scope["kind"] = "floors"
        chosen = signals.make(signal)
        table = await shared.heavy(lambda: floors(chosen, context_length, horizon, samples=5000))
        return answer(
            {
                "signal": chosen.description,
                "steps": [{"step": step, **dict(row.items())} for step, row in enumerate(table, start=1)],
            }
        )


def _forecasting(made: FastAPI, shared: Control) -> None:
    @made.post("/api/models/{name}/forecast", tags=["forecasts"], responses=ERRORS)
    async def forecast(request: Request, name: Name, asked: ForecastRequest) -> Response:
        """Forecast many steps: directly as far as the model reaches, by feeding forecasts back beyond."""
        request.scope["kind"] = "forecast"
        model = await shared.model(name)

        def work() -> dict[str, Any]:
            ahead = model.forecast(asked.context, asked.horizon)
            facts: dict[str, Any] = {"model": name, "forecast": ahead[0].tolist()}
            facts["method"] = "direct" if asked.horizon <= _reach(model) else "recursive"
            if asked.level is not None:
                made = intervals.calibrate_on_signal(
                    lambda windows: model.forecast(windows, asked.horizon),
                    model.signal,
                    model.context_length,
                    asked.horizon,
                    asked.level,
                )
                lower, upper = made.around(ahead)
                facts |= {"level": asked.level, "lower": lower[0].tolist(), "upper": upper[0].tolist()}
            return facts

        return answer(await shared.heavy(work))

    @made.post("/api/models/{name}/trace", tags=["forecasts"], responses=ERRORS)
    async def trace(request: Request, name: Name, asked: TraceRequest) -> Response:
        """Every gate and state of a recurrent model over one window: name -> [L, K]."""
        request.scope["kind"] = "trace"
        predictor = shared.bundle_of(name, await shared.model(name))
        found = await to_thread.run_sync(predictor.trace, asked.window)
        steps = {key: np.ascontiguousarray(value[0]) for key, value in found.steps.items()}
        return answer({"model": name, "steps": steps, "forecast": found.forecast[0]})


def _streaming(made: FastAPI, shared: Control) -> None:
    sessions = shared.sessions
    Key = Annotated[str, Path(description="What opening a stream returned.")]

    @made.post("/api/models/{name}/streams", tags=["streams"], status_code=201, responses=ERRORS)
    async def open_stream(request: Request, name: Name) -> Response:
        """Open a stream of a recurrent model; its state is zero."""
        request.scope["kind"] = "stream"
        predictor = shared.bundle_of(name, await shared.model(name))
        stream = await to_thread.run_sync(predictor.stream)
        return answer({"stream": sessions.open(name, stream), "model": name}, 201)

    @made.post("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def push_value(request: Request, stream: Key, asked: ValueRequest) -> Response:
        """Take one value; the answer is the forecast of what follows it."""
        request.scope["kind"] = "stream"
        session = sessions.get(stream)
        with session.lock:
            ahead = session.stream.push(asked.value)
            return answer({"seen": session.stream.seen, "forecast": ahead})

    @made.post(
        "/api/streams/{stream}/events",
        tags=["streams"],
        response_class=StreamingResponse,
        responses={**ERRORS, 200: {"content": {"text/event-stream": {}}, "description": "An event for each value."}},
    )
    async def push_values(request: Request, stream: Key, asked: ValuesRequest) -> Response:
        """Take many values; each forecast comes as a server-sent event as soon as it is there."""
        request.scope["kind"] = "stream"
        session = sessions.get(stream)

        async def events() -> AsyncIterator[bytes]:
            for value in asked.values:
                try:
                    with session.lock:
                        ahead = session.stream.push(value)
                        facts: dict[str, Any] = {"seen": session.stream.seen, "forecast": ahead}
                except InputError as problem:
                    yield b"event: error\ndata: " + orjson.dumps({"error": str(problem)}) + b"\n\n"
                    return
                yield b"data: " + orjson.dumps(facts, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n\n"

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @made.post("/api/streams/{stream}/reset", tags=["streams"], responses=ERRORS)
    async def reset_stream(request: Request, stream: Key) -> Response:
        """Set the state back to zero."""
        request.scope["kind"] = "stream"
        session = sessions.get(stream)
        with session.lock:
            session.stream.reset()
        return answer({"seen": 0})

    @made.delete("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def close_stream(request: Request, stream: Key) -> Response:
        """Close a stream."""
        request.scope["kind"] = "stream"
        sessions.close(stream)
        return answer({})


def _reach(model: Model) -> int:
    return MOST_STEPS if isinstance(model, ClosedForm) else model.horizon


def _rows(repository: Repository) -> list[dict[str, Any]]:
    from .. import shelf

    rows = []
    for name, path in shelf.available().items():
        row: dict[str, Any] = {"name": name, "state": repository.state(name).state}
        try:
            facts = open_bundle(path).manifest
        except SeqzooError as problem:
            rows.append({**row, "error": str(problem)})
            continue
        row |= {
            "title": facts.title,
            "summary": facts.summary,
            "architecture": facts.architecture,
            "signal": describe_signal(facts),
            "parameters": facts.parameters,
            "bytes": facts.size,
            "excess": facts.score.excess[0],
            "skill": facts.score.skill[0],
        }
        rows.append(row)
    return rows


def _zipped(name: str, predictor: Predictor) -> bytes:
    buffer = io.BytesIO()
    found = open_bundle(predictor.path)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}/manifest.json"), found.raw_manifest)
        for file in REQUIRED:
            archive.writestr(zipfile.ZipInfo(f"{name}/{file}"), found.read(file))
    return buffer.getvalue()


def _attachment(data: bytes, name: str, media_type: str) -> Response:
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


async def _on_invalid(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    request.scope["refused"] = "input"
    first = problem.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return answers.error(400, f"{where[:200]}: {first['msg'][:300]}.")
