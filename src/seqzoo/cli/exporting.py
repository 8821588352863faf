"""The command `export`: a model for programs without seqzoo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import Model, app

if TYPE_CHECKING:
    from ..bundles.store import Bundle

REPOSITORY = Path("model_repository")


@app.command()
def export(
    name: Model,
    as_c: Annotated[bool, typer.Option("--c", help="One C99 file that needs math.h only, and tests itself.")] = False,
    layout: Annotated[
        str | None, typer.Option(help="The ONNX file in the layout of a model repository: triton (the default).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write, or the model repository; by default in this folder.")
    ] = None,
) -> None:
    """Write a model for programs without seqzoo: C, or another server's model repository.

    Examples: `seqzoo export lstm.sine --c` · `seqzoo export lstm.sine --layout triton --out model_repository`
    """
    from ..bundles import shelf, store
    from ..errors import InputError

    asked = [f"--{kind}" for kind, is_asked in {"c": as_c, "layout": layout is not None}.items() if is_asked]
    if len(asked) > 1:
        raise InputError(f"export writes one kind at a time, got {' and '.join(asked)}.")
    bundle = store.open_bundle(shelf.find(name))
    if as_c:
        _write_c(bundle, out)
    else:
        _write_repository(bundle, layout or "triton", out or REPOSITORY)


def _write_c(bundle: Bundle, out: Path | None) -> None:
    from .. import _storage
    from ..publishing import c

    prefix = c.prefix_of(bundle.manifest)
    path = Path(f"{prefix}.c") if out is None else out
    _storage.check_file(path)
    _storage.write_file(path, c.to_c(bundle).encode())
    typer.echo(f"Written: {path}. Check it: cc -DSELFTEST {path} -lm && ./a.out")


def _write_repository(bundle: Bundle, layout: str, folder: Path) -> None:
    from .. import _storage
    from ..publishing import triton

    _storage.check_place(folder)
    _storage.check_writable(folder)
    target = triton.write(bundle, layout, folder)
    typer.echo(f"Written: {target}/config.pbtxt, {target}/1/model.onnx")
