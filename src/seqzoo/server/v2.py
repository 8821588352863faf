"""The Open Inference Protocol (V2) over REST, and its model repository extension."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import __version__
from ..forecasters.protocol import has_bundle
from ..runtime.repository import Repository
from . import protocol
from .answers import HANDLED, Refused, answer
from .memory import LARGE, LARGE_AT_ONCE
from .metrics import Metrics
from .shared import loaded

EXTENSIONS = ["binary_tensor_data", "model_repository"]
INLINE_BYTES = 4096  # of a body; computing a smaller request takes less time than handing it to a thread
HEADER_LENGTH = "inference-header-content-length"

Endpoint = Callable[[Request], Awaitable[Response]]


class V2:
    """The endpoints of the protocol over a repository.

    Args:
        token: that `load` and `unload` require as `Authorization: Bearer ...`; None for no token.
        is_public: whether other machines can reach the server; if so, these two are off without a token.
        is_draining: returns whether the server is stopping; it is not ready then.
    """

    def __init__(
        self,
        repository: Repository,
        metrics: Metrics,
        token: str | None,
        is_public: bool,
        is_draining: Callable[[], bool],
    ) -> None:
        self.repository, self.metrics = repository, metrics
        self.token, self.is_public, self.is_draining = token, is_public, is_draining
        self._large = CapacityLimiter(LARGE_AT_ONCE)

    def app(self) -> Starlette:
        """The application for everything under /v2."""
        model, version = "/v2/models/{name}", "/versions/{version}"
        routes = [
            self._route(f"{prefix}/infer", self.infer, "POST") for prefix in (model, model + version)
        ]
        for prefix in (model, model + version):
            routes += [self._route(prefix, self.metadata), self._route(f"{prefix}/ready", self.model_ready)]
        routes += [
            self._route("/v2", self.server),
            self._route("/v2/health/live", self.live),
            self._route("/v2/health/ready", self.ready),
            self._route("/v2/repository/index", self.index, "POST"),
            self._route("/v2/repository/models/{name}/load", self.load, "POST"),
            self._route("/v2/repository/models/{name}/unload", self.unload, "POST"),
        ]
        application = Starlette(routes=routes, exception_handlers=HANDLED)
        application.router.redirect_slashes = False
        return application

    def _route(self, path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        kind = endpoint.__name__

        async def named(request: Request) -> Response:
            request.scope["kind"] = kind
            return await endpoint(request)

        return Route(path, named, methods=[method])

    async def server(self, request: Request) -> Response:
        """GET /v2"""
        return answer({"name": "seqzoo", "version": __version__, "extensions": EXTENSIONS})

    async def live(self, request: Request) -> Response:
        """GET /v2/health/live"""
        return answer({"live": True})

    async def ready(self, request: Request) -> Response:
        """GET /v2/health/ready"""
        if self.is_draining():
            raise Refused(503, "the server is stopping.", "draining")
        return answer({"ready": True})

    async def metadata(self, request: Request) -> Response:
        """GET /v2/models/{name}"""
        name = self._name(request)
        model = await to_thread.run_sync(self.repository.describe, name)
        return answer(protocol.metadata(name, model))

    async def model_ready(self, request: Request) -> Response:
        """GET /v2/models/{name}/ready: whether the model is in memory; the first inference loads it."""
        name = self._name(request)
        state = await to_thread.run_sync(self.repository.state, name)
        if state.state != "READY":
            raise Refused(400, f"{name} is not ready: {state.reason or 'it is being loaded'}.", "not_ready")
        return answer({"name": name, "ready": True})

    async def infer(self, request: Request) -> Response:
        """POST /v2/models/{name}/infer"""
        name = self._name(request)
        model = await loaded(self.repository, name)
        asked, stated = await request.body(), request.headers.get(HEADER_LENGTH)

        def work() -> tuple[bytes, int | None]:
            datatype = protocol.datatype_of(model)
            infer = protocol.parse(asked, stated, model.context_length, datatype, model.channels)
            forecast, outside = model.predict(infer.context), model.outside(infer.context)
            return protocol.render(name, infer, forecast, outside.note if outside else None, datatype)

        # References that integrate over two unknowns take milliseconds for each window.
        if len(asked) <= INLINE_BYTES and has_bundle(model):
            body, header_length = work()
        else:
            with self.metrics.queue.track_inprogress():
                limiter = self._large if len(asked) >= LARGE else None
                body, header_length = await to_thread.run_sync(work, limiter=limiter)
        if header_length is None:
            return Response(body, media_type="application/json")
        return Response(
            body, media_type="application/octet-stream", headers={HEADER_LENGTH: str(header_length)}
        )

    async def index(self, request: Request) -> Response:
        """POST /v2/repository/index"""
        asked = protocol.as_object(await request.body())
        only_ready = asked.get("ready", False)
        if not isinstance(only_ready, bool):
            raise Refused(400, "ready must be true or false.", "input")
        states = await to_thread.run_sync(self.repository.index)
        return answer(
            [
                {"name": name, "version": protocol.VERSION, "state": state, "reason": reason}
                for name, state, reason in states
                if state == "READY" or not only_ready
            ]
        )

    async def load(self, request: Request) -> Response:
        """POST /v2/repository/models/{name}/load: read the model from disk again."""
        self._authorise(request)
        parameters = protocol.as_object(await request.body()).get("parameters") or {}
        if parameters:
            raise Refused(400, "load takes no parameters: it accepts no config, file or address.", "input")
        await to_thread.run_sync(self.repository.load, self._name(request))
        return answer({})

    async def unload(self, request: Request) -> Response:
        """POST /v2/repository/models/{name}/unload"""
        self._authorise(request)
        protocol.as_object(await request.body())
        await to_thread.run_sync(self.repository.unload, self._name(request))
        return answer({})

    def _name(self, request: Request) -> str:
        name: str = request.path_params["name"]
        version = request.path_params.get("version", protocol.VERSION)
        if version != protocol.VERSION:
            message = f"the version of every model is {protocol.VERSION}, got {version[:40]!a}."
            raise Refused(404, message, "unknown_name")
        return name

    def _authorise(self, request: Request) -> None:
        if self.token is None:
            if self.is_public:
                raise Refused(403, "load and unload are off: start the server with --token to use them.", "token")
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        # The scheme is case-insensitive (RFC 9110, section 11.1); the bytes of a header are read as Latin-1.
        is_ours = secrets.compare_digest(given.strip().encode("latin-1"), self.token.encode())
        if scheme.lower() != "bearer" or not is_ours:
            raise Refused(401, "load and unload need the server's token: Authorization: Bearer ...", "token")
