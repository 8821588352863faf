"""The command `export`: a model for programs without seqzoo."""

from __future__ import annotations

import shlex
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
    onnx_step: Annotated[
        bool, typer.Option("--onnx-step", help="An ONNX graph that reads one step: state in, state out.")
    ] = False,
    pt2: Annotated[bool, typer.Option("--pt2", help="A program of torch.export, for PyTorch.")] = False,
    layout: Annotated[
        str | None, typer.Option(help="The ONNX file in the layout of a model repository: triton (the default).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write, or the model repository; by default in this folder.")
    ] = None,
) -> None:
    """Write a model for programs without seqzoo: C, ONNX step by step, torch.export, or a server's model repository.

    Examples: `seqzoo export lstm.sine --c` · `seqzoo export lstm.sine --onnx-step` ·
    `seqzoo export lstm.sine --pt2` · `seqzoo export lstm.sine --layout triton --out model_repository`
    """
    from ..bundles import shelf, store
    from ..errors import InputError

    kinds = {"--c": as_c, "--onnx-step": onnx_step, "--pt2": pt2, "--layout": layout is not None}
    asked = [option for option, is_asked in kinds.items() if is_asked]
    if len(asked) > 1:
        raise InputError(f"export writes one kind at a time, got {' and '.join(asked)}.")
    if int8 and not as_c:
        raise InputError("--int8 goes with --c: other files keep the weights in float32.")
    bundle = store.open_bundle(shelf.find(name))
    if as_c:
        _write_c(bundle, out, int8)
    elif onnx_step:
        _write_step(bundle, out)
    elif pt2:
        _write_pt2(bundle, out)
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
    typer.echo(f"Written: {path}. Check it: cc -DSELFTEST {shlex.quote(str(path))} -lm && ./a.out")


def _write_step(bundle: Bundle, out: Path | None) -> None:
    from .. import _storage
    from ..publishing import onnx_step

    path = Path(f"{bundle.manifest.name}.step.onnx") if out is None else out
    _storage.check_file(path)
    _storage.write_file(path, onnx_step.to_onnx_step(bundle))
    typer.echo(f"Written: {path}, within the tolerance of the golden tensors.")


def _write_pt2(bundle: Bundle, out: Path | None) -> None:
    from .. import _extras, _storage

    _extras.check_torch("--pt2")
    path = Path(f"{bundle.manifest.name}.pt2") if out is None else out
    _storage.check_file(path)
    from ..publishing import pt2

    _storage.write_file(path, pt2.to_pt2(bundle))
    typer.echo(f"Written: {path}, within the tolerance of the golden tensors. It may run code where it is loaded.")


def _write_repository(bundle: Bundle, layout: str, folder: Path) -> None:
    from .. import _storage
    from ..publishing import triton

    _storage.check_place(folder)
    _storage.check_writable(folder)
    target = triton.write(bundle, layout, folder)
    typer.echo(f"Written: {target}/config.pbtxt, {target}/1/model.onnx")
