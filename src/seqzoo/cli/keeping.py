"""Where a trained model is kept: the folder is checked before the training, and its bundle before it is replaced."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ..bundles.manifest import Manifest
    from ..bundles.store import Bundle
    from ..training.loop import Trained
    from ..training.spec import TrainingSpec
    from ..zoo._card import Card


@dataclass(frozen=True)
class Destination:
    """Where the model and its training curve are kept.

    Args:
        name: the command's, which titles the curve.
        is_shelved: whether the folder is that of a model of the zoo, else one that the user chose.
        before: the manifest of the bundle that the folder holds already, if any.
    """

    name: str
    saved_as: str
    folder: Path
    is_shelved: bool
    before: bytes | None
    curve: Path


def destination_of(name: str, spec: TrainingSpec, saved_as: str, out: Path | None, plot: Path | None) -> Destination:
    """Where the model will be kept, checked before it is trained.

    Raises:
        InputError: the name, the folder or the kind of the picture cannot be used, or the spec cannot be exported.
        OSError: the folder cannot be written to.
    """
    from .. import _storage
    from ..bundles import shelf, store
    from ..evaluation import plots
    from ..publishing import build

    shelf.check_name(saved_as)
    folder = out or shelf.place(saved_as)
    store.check_replaceable(folder)
    build.check_exportable(spec)
    if out is not None:
        _storage.check_place(out)
    _storage.check_writable(folder.parent)
    before = _identity(folder)
    curves = _storage.home() / "curves"
    if plot is None:
        _storage.check_writable(curves)
    curve = plot or curves / f"{saved_as}.svg"
    plots.check_kind(curve)
    return Destination(name, saved_as, folder, out is None, before, curve)


def keep(trained: Trained, card: Card, destination: Destination, place: Path, checkpoint: Path) -> Bundle:
    """Write the bundle and the training curve.

    Raises:
        InputError: another training has saved another model there.
    """
    from ..publishing import build

    draft = place / f"made-{os.getpid()}" / destination.folder.name
    try:
        build.export(trained, card, draft, name=destination.saved_as if destination.is_shelved else None)
        return write(draft, destination, f"The weights of this training are in {checkpoint}. To "
                     "save it, give the same command with --resume and another name (--as) or folder (--out).")
    finally:
        shutil.rmtree(draft.parent, ignore_errors=True)


def write(draft: Path, destination: Destination, remains: str) -> Bundle:
    """Write a bundle to its destination, and its training curve.

    Args:
        draft: the folder of the bundle.
        remains: where the training remains if it cannot be written there, and how it is saved then, as sentences.

    Raises:
        InputError: another training has saved another model there, or the draft is gone.
    """
    from .. import _storage
    from ..bundles import history, store
    from ..evaluation import plots

    store.open_bundle(draft)
    with _storage.only_writer(destination.folder.parent):
        _check_unchanged(destination.folder, destination.before, draft, remains)
        _storage.write_folder(destination.folder, {path.name: path.read_bytes() for path in draft.iterdir()})
    written = store.open_bundle(destination.folder)
    score = written.manifest.score
    curve = plots.history_figure(destination.name, history.of(written), score.floors or score.rivals)
    plots.save(curve, destination.curve)
    return written


def check_useful(trained: Trained, checkpoint: Path) -> None:
    """Check that the model is better than the last value.

    Raises:
        DivergedError: it is not; its weights stay in the checkpoint.
    """
    from ..errors import DivergedError

    try:
        trained.check_useful()
    except DivergedError as error:
        raise DivergedError(
            f"{error} No model was saved; the weights are in {checkpoint}. To save them anyway, give the same "
            "command with --resume --keep-worse."
        ) from None


def _identity(folder: Path) -> bytes | None:
    """The manifest of the bundle in a folder, which differs between trainings; None if there is none."""
    from ..bundles.store import MANIFEST

    manifest = folder / MANIFEST
    return manifest.read_bytes() if manifest.is_file() else None


def _check_unchanged(folder: Path, before: bytes | None, draft: Path, remains: str) -> None:
    """Check that the folder still holds the bundle that it held `before`.

    Raises:
        InputError: another training has saved another model there.
    """
    from ..bundles.store import WEIGHTS
    from ..errors import InputError

    if _identity(folder) not in (None, before):
        if (folder / WEIGHTS).read_bytes() == (draft / WEIGHTS).read_bytes():  # the same command was given twice
            return
        raise InputError(
            f"another training has saved {folder} since this one began, so it was not overwritten. {remains}"
        )


def show_trained(trained: Trained, manifest: Manifest, path: Path, curve: Path) -> None:
    """Print the score of the saved model, where it and its curve lie, and how it is used."""
    from ..signals import Simulated
    from .tables import show_stated_score

    name = manifest.name
    if not trained.finished:
        typer.echo(f"\nStopped at step {trained.step} of {trained.spec.recipe.steps}; the best weights are kept. "
                   "The same command with --resume continues.")
    show_stated_score(manifest)
    typer.echo(f"\n{trained.seconds:.0f} s of training. Saved: {path}\nTraining curve: {curve}")
    given = "" if isinstance(manifest.source, Simulated) else " --file FILE"  # a measured series has no fresh windows
    typer.echo(f"Use it: seqzoo forecast {name if path.name == name else path}{given}")
