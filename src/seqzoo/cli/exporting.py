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
    int8: Annotated[
        bool, typer.Option("--int8", help="With --c: weights of one byte, a quarter of the size; states the loss.")
    ] = False,
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
    if int8 and not as_c:
        raise InputError("--int8 goes with --c: other files keep the weights in float32.")
    bundle = store.open_bundle(shelf.find(name))
    if as_c:
        _write_c(bundle, out, int8)
    else:
        _write_repository(bundle, layout or "triton", out or REPOSITORY)


def _write_c(bundle: Bundle, out: Path | None, int8: bool) -> None:
    from .. import _storage
    from ..publishing import c

    prefix = c.prefix_of(bundle.manifest)
    path = Path(f"{prefix}.c") if out is None else out
    _storage.check_file(path)
    written = c.to_c(bundle, int8=int8)
    _storage.write_file(path, written.text.encode())
    if written.loss:
        typer.echo(written.loss)
    typer.echo(f"Written: {path}. Check it: cc -DSELFTEST {path} -lm && ./a.out")


def _write_repository(bundle: Bundle, layout: str, folder: Path) -> None:
    from .. import _storage
    from ..publishing import triton

    _storage.check_place(folder)
    _storage.check_writable(folder)
    target = triton.write(bundle, layout, folder)
    typer.echo(f"Written: {target}/config.pbtxt, {target}/1/model.onnx")
