"""Commands that serve the zoo or write it as files: app, serve, site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import Json, app, emit

AllowHost = Annotated[
    list[str] | None,
    typer.Option(help="A host name to accept, for example a proxy's; its pages may use the server. Repeatable."),
]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8000,
    engine: Annotated[
        str,
        typer.Option(help="onnx, native, torchscript or numpy; light is native where it can be, else onnx."),
    ] = "light",
    most_loaded: Annotated[int, typer.Option(help="Models in memory at most; drops the least recently used.")] = 16,
    token: Annotated[
        str | None,
        typer.Option(envvar="SEQZOO_TOKEN", help="Bearer token that load and unload require."),
    ] = None,
    allow_host: AllowHost = None,
    access_log: Annotated[bool, typer.Option("--access-log", help="Log a line of JSON for each request.")] = False,
) -> None:
    """Serve every model over the Open Inference Protocol (V2), with a control API documented at /docs.

    Examples: `seqzoo serve` · `seqzoo serve --port 9000 --engine torchscript` ·
    `curl localhost:8000/v2/models/lstm.sine`
    """
    from importlib.util import find_spec

    from ..errors import MissingExtraError

    needed = ("cachetools", "fastapi", "fastapi_offline", "orjson", "prometheus_client", "uvicorn")
    if not all(find_spec(name) for name in needed):
        raise MissingExtraError("serving", "serve")
    from ..server import serve as server

    if token is None and not server.is_loopback(host):
        typer.echo(
            f"Anybody who can reach {host} can use these models. Load and unload are off: --token turns them on.",
            err=True,
        )
    server.serve(
        host,
        port,
        engine=engine,
        most_loaded=most_loaded,
        token=token,
        names=allow_host or (),
        access_log=access_log,
        on_ready=lambda address: typer.echo(f"Serving at {address} (documentation: {address}/docs). Ctrl-C stops."),
    )


@app.command("app")
def open_app(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8080,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Engine of a model: torchscript, onnx, native or numpy.",
            show_default="torchscript with torch, else light",
        ),
    ] = None,
    allow_host: AllowHost = None,
) -> None:
    """Serve the zoo as web pages: try each model, look inside it, train it again, compare and download it.

    A model is loaded when its page is opened. Until torchscript is ready, or where it cannot be used, onnx forecasts.

    Examples: `seqzoo app` · `seqzoo app --port 9000 --engine onnx`
    """
    from importlib.util import find_spec

    from ..errors import MissingExtraError

    needed = ("cachetools", "fastapi", "fastapi_offline", "nicegui", "orjson", "uvicorn")
    if not all(find_spec(name) for name in needed):
        raise MissingExtraError("the app", "app")
    from .. import _extras
    from ..app import build
    from ..runtime import engines
    from ..server import serve as server

    if engine is None:
        engine = "torchscript" if _extras.has_torch() else engines.LIGHT
    elif engines.check_name(engine) == "torchscript":
        _extras.check_torch("the torchscript engine")

    if not server.is_loopback(host):
        typer.echo(f"Anybody who can reach {host} can use this app, load models into it and train here.", err=True)
    server.serve(
        host,
        port,
        engine=engine,
        names=allow_host or (),
        pages=build.pages,
        on_ready=lambda address: typer.echo(f"The zoo is at {address} (Ctrl-C stops)."),
    )


@app.command()
def site(
    out: Annotated[Path, typer.Argument(help="The folder of the site: new, empty, or one written before.")],
    docs: Annotated[
        str | None,
        typer.Option(help="Where the site's documentation is, from its root; the pages then link to it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the zoo as plain files that any host of files serves: the gallery, each model, the tours, the arena.

    The pages compute in the browser. They need no server of ours, and work offline once visited. What an earlier
    site in the folder did not write, such as documentation, stays.

    Examples: `seqzoo site public/` · `python -m http.server --directory public`
    """
    import shlex

    from ..site import build

    written = build.write(out, docs or "")
    size = sum(map(len, written.files.values()))
    if as_json:
        emit({"folder": str(out), "files": len(written.files), "bytes": size, "models": written.models})
        return
    many = f"{written.models} models and references"
    typer.echo(f"Wrote {len(written.files)} files ({size / 1e6:.1f} MB) with {many} into {out}.")
    typer.echo(f"To look at it: python -m http.server --bind 127.0.0.1 --directory {shlex.quote(str(out))}")
