"""The command that says what an installation can do: its engines, and which compiled core it uses or why none."""

from __future__ import annotations

import typer

from .app import Json, app, emit


@app.command("doctor-install")
def doctor_install(json: Json = False) -> None:
    """Say which engines this installation has, which compiled core it uses, and why one is missing.

    SEQZOO_CORE=off switches the core off, and the name of a target, as x86_64_v3, chooses one that is slower.

    Examples: `seqzoo doctor-install` · `seqzoo doctor-install --json`
    """
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from .. import __version__
    from ..runtime import core

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    state = core.state()
    facts = {
        "seqzoo": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "core": None if state.core is None else state.core.target,
        "core_path": None if state.core is None else str(core.LIBRARY),
        "core_missing": state.why or None,
        "onnxruntime": installed("onnxruntime"),
        "torch": installed("torch"),
    }
    if json:
        emit(facts)
        return
    used = f"{facts['core']}, {facts['core_path']}" if state.core else f"none: {state.why}"
    torch = facts["torch"] or "not installed: pip install 'seqzoo[train]'"
    for what, told in (
        ("seqzoo", f"{__version__} on Python {facts['python']}, {facts['platform']}"),
        ("core", used),
        ("onnxruntime", facts["onnxruntime"] or "not installed"),
        ("torch", torch),
        ("without --engine", "native for recurrent models, onnx for the others" if state.core else "onnx"),
    ):
        typer.echo(f"{what:<18}{told}")
