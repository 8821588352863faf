"""Commands that send bundles to the Hugging Face hub and bring them back: push, pull."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import Json, Model, app, emit

Repository = Annotated[str, typer.Argument(help="A repository of the hub: owner/name.")]


@app.command()
def push(
    name: Model,
    repository: Repository,
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody read a repository that this creates; else only you can.")
    ] = False,
    json: Json = False,
) -> None:
    """Upload a bundle to the Hugging Face hub, as one commit. Needs a token: `hf auth login`, or HF_TOKEN.

    A bundle of a measured series holds the values of its hold-out, and its card the errors on them.

    Examples: `seqzoo push gru.meter me/gru-meter` · `seqzoo push ./my-bundle/ me/my-model --public`
    """
    from ..bundles import shelf, store
    from ..publishing import hub

    pushed = hub.push(store.open_bundle(shelf.find(name)), repository, is_public=public)
    if json:
        emit(pushed)
        return
    typer.echo(f"Uploaded: {pushed.address}")
    _show_pin(pushed.repository, pushed.revision, pushed.sha256, "Others get exactly these bytes with")


@app.command()
def pull(
    repository: Repository,
    revision: Annotated[
        str | None, typer.Option(help="A commit, branch or tag; by default the newest commit of the main branch.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="The SHA-256 that the manifest must have; it pins every byte.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write; by default one among your models.")] = None,
    json: Json = False,
) -> None:
    """Download a bundle from the Hugging Face hub. Every file must have the SHA-256 that its manifest states.

    Its TorchScript, which could run code, is not opened here; the other engines need none.

    Examples: `seqzoo pull me/gru-meter` · `seqzoo pull me/gru-meter --revision 4f0c... --sha256 9e1d... --out gru/`
    """
    from ..publishing import hub

    pulled = hub.pull(repository, revision=revision, sha256=sha256, out=out)
    path, facts = pulled.bundle.path, pulled.bundle.manifest
    if json:
        emit({"name": facts.name, "path": str(path), "repository": repository, "revision": pulled.revision,
              "sha256": pulled.sha256, "is_pinned": pulled.is_pinned})  # fmt: skip
        return
    typer.echo(f"Written: {path}, {len(facts.files)} files with the SHA-256 that the manifest states.")
    if pulled.is_pinned:
        typer.echo("The manifest is the pinned one.")
    else:
        _show_pin(repository, pulled.revision, pulled.sha256, "Without a pin the hub was believed. These bytes again")
    typer.echo(f"Prove what it states: seqzoo verify {facts.name if out is None else path}")


def _show_pin(repository: str, revision: str, sha256: str, purpose: str) -> None:
    typer.echo(f"{purpose}: seqzoo pull {repository} --revision {revision} --sha256 {sha256}")


__all__ = ["pull", "push"]
