"""JSON answers, and the form that all errors share: `{"error": "..."}`."""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..errors import BundleError, InputError, MissingExtraError, SeqzooError, UnknownNameError

JSON = "application/json"
UNION = "~"  # begins the tags of unions in `schemas`, which are no part of a field's name
BUSY_SECONDS = 2  # after an answer of 503, until the client may try again

_HEADERS = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": str(BUSY_SECONDS)}}

failures = logging.getLogger("seqzoo.server")


class Refused(Exception):
    """Raised to answer a request with an error. `kind` is its label in the metrics."""

    def __init__(self, status: int, message: str, kind: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


def answer(facts: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(facts, option=orjson.OPT_SERIALIZE_NUMPY), status, media_type=JSON)


def attachment(data: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """A file as the answer."""
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def error(status: int, message: str) -> Response:
    """An error as JSON, with the headers that its status needs."""
    response = answer({"error": " ".join(message.split())}, status)
    response.headers.update(_HEADERS.get(status, {}))
    return response


def log_failure(scope: MutableMapping[str, Any], problem: BaseException) -> str:
    """The id under which an unexpected exception is in the log. It is logged once for each request."""
    if "failure" not in scope:
        scope["failure"], scope["refused"] = secrets.token_hex(4), "internal"
        where = f"{scope.get('method', scope['type'])} {scope['path'][:200]!a}"
        failures.error("%s failed, id %s", where, scope["failure"], exc_info=problem)
    return str(scope["failure"])


def failure(scope: MutableMapping[str, Any], problem: BaseException) -> Response:
    """The answer to an unexpected exception, whose traceback is in the log."""
    return error(500, f"the server failed: its log has the traceback under the id {log_failure(scope, problem)}.")


def status_of(problem: SeqzooError) -> tuple[int, str]:
    """The HTTP status of a SeqzooError, and its label in the metrics."""
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
    """The answer to any exception. All applications register this handler for HANDLED."""
    if isinstance(problem, SeqzooError):
        status, kind = status_of(problem)
        request.scope["refused"] = kind
        return error(status, str(problem))
    if isinstance(problem, Refused):
        request.scope["refused"] = problem.kind
        return error(problem.status, str(problem))
    if isinstance(problem, RequestValidationError):
        request.scope["refused"] = "input"
        first = problem.errors()[0]
        parts = [str(part) for part in first["loc"][1:] if not str(part).startswith(UNION)]
        where = ".".join(parts) or "the body"
        return error(400, f"{where[:200]}: {first['msg'][:300]}.")
    if isinstance(problem, HTTPException):
        request.scope["refused"] = "route"
        what = f"{request.method} {request.url.path[:200]!a}"
        message = {404: f"there is no {what}.", 405: f"{what} is not allowed."}.get(problem.status_code)
        response = error(problem.status_code, message or str(problem.detail))
        response.headers.update(problem.headers or {})
        return response
    return failure(request.scope, problem)


HANDLED: dict[Any, Any] = dict.fromkeys(
    (SeqzooError, Refused, HTTPException, RequestValidationError, Exception), on_problem
)
