"""Endpoints of streams: a client feeds a recurrent model value by value, by requests or server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from anyio import to_thread
from anyio.lowlevel import checkpoint
from fastapi import FastAPI, Path, Request
from starlette.responses import Response, StreamingResponse

from ..errors import InputError
from ..runtime.stream import Stream
from .answers import answer
from .schemas import ERRORS, Name, ValueRequest, ValuesRequest
from .shared import Shared

Key = Annotated[str, Path(description="The key that opening the stream returned.")]


def enter(application: FastAPI, shared: Shared) -> None:
    """Add the endpoints to an application."""
    sessions = shared.sessions

    @application.post("/api/models/{name}/streams", tags=["streams"], status_code=201, responses=ERRORS)
    async def open_stream(request: Request, name: Name) -> Response:
        """Open a stream of a recurrent model; its first state is zero."""
        request.scope["kind"] = "stream"
        predictor = shared.bundle_of(name, await shared.model(name))
        stream = await to_thread.run_sync(predictor.stream)
        return answer({"stream": sessions.open(stream), "model": name}, 201)

    @application.post("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def push_value(request: Request, stream: Key, asked: ValueRequest) -> Response:
        """Push one value; the answer is the forecast of the next value."""
        request.scope["kind"] = "stream"
        session = sessions.get(stream)
        ahead = session.push(asked.value)
        return answer({"seen": session.seen, "forecast": ahead, "outside_training": _outside(session)})

    @application.post(
        "/api/streams/{stream}/events",
        tags=["streams"],
        response_class=StreamingResponse,
        responses={**ERRORS, 200: {"content": {"text/event-stream": {}}, "description": "An event for each value."}},
    )
    async def push_values(request: Request, stream: Key, asked: ValuesRequest) -> Response:
        """Push many values; each forecast is sent as a server-sent event as soon as it is computed."""
        request.scope["kind"] = "stream"
        session = sessions.get(stream)

        async def events() -> AsyncIterator[bytes]:
            for value in asked.values:
                try:
                    facts: dict[str, Any] = {"seen": session.seen + 1, "forecast": session.push(value)}
                except InputError as problem:
                    yield b"event: error\ndata: " + orjson.dumps({"error": str(problem)}) + b"\n\n"
                    return
                facts["outside_training"] = _outside(session)
                yield b"data: " + orjson.dumps(facts, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n\n"
                await checkpoint()  # other clients are served between the values of a long request

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @application.post("/api/streams/{stream}/reset", tags=["streams"], responses=ERRORS)
    async def reset_stream(request: Request, stream: Key) -> Response:
        """Set the state back to zero."""
        request.scope["kind"] = "stream"
        sessions.get(stream).reset()
        return answer({"seen": 0})

    @application.delete("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def close_stream(request: Request, stream: Key) -> Response:
        """Close a stream."""
        request.scope["kind"] = "stream"
        sessions.close(stream)
        return answer({})


def _outside(stream: Stream) -> dict[str, Any] | None:
    outside = stream.outside()
    return outside.facts() if outside else None
