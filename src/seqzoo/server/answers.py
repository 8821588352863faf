"""Answers, and the one form of every error: `{"error": "..."}`."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..errors import (
    BundleError,
    InputError,
    MissingExtraError,
    SeqzooError,
    UnknownNameError,
)

JSON = "application/json"


class Refused(Exception):
    """A request that is answered with an error. `kind` is what the metrics count it under."""

    def __init__(self, status: int, message: str, kind: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


def answer(facts: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(facts, option=orjson.OPT_SERIALIZE_NUMPY), status, media_type=JSON)


def error(status: int, message: str) -> Response:
    """The one form of an error."""
    return answer({"error": " ".join(message.split())}, status)


def status_of(problem: SeqzooError) -> tuple[int, str]:
    """The HTTP status of an exception of ours, and what the metrics count it under."""
    match problem:
        case UnknownNameError():
            return 404, "unknown_name"
        case InputError():
            return 400, "input"
        case MissingExtraError():
            return 501, "missing_extra"
        case BundleError():
            return 409, "bundle"
    return 500, "internal"


async def on_problem(request: Request, problem: Exception) -> Response:
    """Exception handler of both applications: ours, Starlette's, and nothing else."""
    if isinstance(problem, SeqzooError):
        status, kind = status_of(problem)
        request.scope["refused"] = kind
        return error(status, str(problem))
    if isinstance(problem, Refused):
        request.scope["refused"] = problem.kind
        return error(problem.status, str(problem))
    if isinstance(problem, HTTPException):
        request.scope["refused"] = "route"
        what = f"{request.method} {request.url.path[:200]!a}"
        message = {404: f"there is no {what}.", 405: f"{what} is not allowed."}.get(problem.status_code)
        found = error(problem.status_code, message or str(problem.detail))
        found.headers.update(problem.headers or {})
        return found
    raise problem


HANDLED: dict[Any, Any] = {SeqzooError: on_problem, Refused: on_problem, HTTPException: on_problem}
