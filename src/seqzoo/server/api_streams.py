"""Streams: a recurrent model fed value by value, over requests or server-sent events."""

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

Key = Annotated[str, Path(description="What opening a stream returned.")]


def enter(made: FastAPI, shared: Shared) -> None:
    """Add the endpoints to an application."""
    sessions = shared.sessions

    @made.post("/api/models/{name}/streams", tags=["streams"], status_code=201, responses=ERRORS)
    async def open_stream(request: Request, name: Name) -> Response:
        """Open a stream of a recurrent model; its state is zero."""
        request.scope["kind"] = "stream"
        predictor = shared.bundle_of(name, await shared.model(name))
        stream = await to_thread.run_sync(predictor.stream)
        return answer({"stream": sessions.open(stream), "model": name}, 201)

    @made.post("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def push_value(request: Request, stream: Key, asked: ValueRequest) -> Response:
        """Take one value; the answer is the forecast of what follows it."""
        request.scope["kind"] = "stream"
        found = sessions.get(stream)
        ahead = found.push(asked.value)
        return answer({"seen": found.seen, "forecast": ahead, "outside_training": _outside(found)})

    @made.post(
        "/api/streams/{stream}/events",
        tags=["streams"],
        response_class=StreamingResponse,
        responses={**ERRORS, 200: {"content": {"text/event-stream": {}}, "description": "An event for each value."}},
    )
    async def push_values(request: Request, stream: Key, asked: ValuesRequest) -> Response:
        """Take many values; each forecast comes as a server-sent event as soon as it is there."""
        request.scope["kind"] = "stream"
        found = sessions.get(stream)

        async def events() -> AsyncIterator[bytes]:
            for value in asked.values:
                try:
                    facts: dict[str, Any] = {"seen": found.seen + 1, "forecast": found.push(value)}
                except InputError as problem:
                    yield b"event: error\ndata: " + orjson.dumps({"error": str(problem)}) + b"\n\n"
                    return
                facts["outside_training"] = _outside(found)
                yield b"data: " + orjson.dumps(facts, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n\n"
                await checkpoint()  # a hundred thousand values must not keep everybody else waiting

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @made.post("/api/streams/{stream}/reset", tags=["streams"], responses=ERRORS)
    async def reset_stream(request: Request, stream: Key) -> Response:
        """Set the state back to zero."""
        request.scope["kind"] = "stream"
        sessions.get(stream).reset()
        return answer({"seen": 0})

    @made.delete("/api/streams/{stream}", tags=["streams"], responses=ERRORS)
    async def close_stream(request: Request, stream: Key) -> Response:
        """Close a stream."""
        request.scope["kind"] = "stream"
        sessions.close(stream)
        return answer({})


def _outside(stream: Stream) -> dict[str, Any] | None:
    found = stream.outside()
    return found.facts() if found else None
