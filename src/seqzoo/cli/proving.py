"""Commands that prove what a bundle states: verify, reproduce, tour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import FileOptions, Json, Model, ModelFiles, Seed, app, emit, load_models, reads_a_file

if TYPE_CHECKING:
    from ..bundles.store import Bundle
    from ..signals import ObservedSet


@app.command()
@reads_a_file
def verify(
    name: Model,
    windows: Annotated[int, typer.Option(min=100, help="Fresh windows to score on.")] = 20_000,
    seed: Seed = None,
    series: Annotated[
        str | None, typer.Option("--series", help="The model's series, to check the split: a file, or series:NAME.")
    ] = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Verify a bundle: its hashes, its contract, every engine on the golden tensors, its score on fresh windows.

    Exits with status 1 if a check fails. The last line names failed checks and those that cannot run here.
    Examples: `seqzoo verify lstm.sine` · `seqzoo verify ./my-bundle/ --json`
    """
    from ..errors import InputError

    if series is not None:
        _remember(name, series, how)
    elif how.stated or how.gaps is not None:
        option = next(iter(how.stated), "gaps")
        raise InputError(f"--{option} tells how a file is read: give the file with --series.")
    _prove(name, windows, seed, json)


def _remember(name: str, given: str, how: FileOptions) -> None:
    """Store the series of a model, so that checks can read it. Raises InputError if the file holds another one."""
    from ..bundles import shelf, store
    from ..data.finding import among
    from ..errors import InputError
    from ..signals import Observed, ObservedSet
    from .measured import measured

    source = store.open_bundle(shelf.find(name)).manifest.source
    if isinstance(source, ObservedSet):
        _remember_set(name, source, given, how)
        return
    if not isinstance(source, Observed):
        raise InputError(f"{name} was trained on a simulated signal: it has no series to check.")
    read = measured(given, how).series
    series = among([read], source.sha256)
    if series is None:
        raise InputError(
            f"{given} is not the series that {name} was trained on: its SHA-256 is {read.sha256[:12]}..., the "
            f"manifest states {source.sha256[:12]}.... Give the same file, read with the same options."
        )
    series.store()


def _remember_set(name: str, source: ObservedSet, given: str, how: FileOptions) -> None:
    """Store the series of a set. Raises InputError if the file lacks one, or holds other values of it."""
    from ..data.finding import among
    from ..errors import InputError
    from .measured import measured_set

    read = measured_set(given, how)
    if read is None:
        raise InputError(f"{given} does not hold several series; {name} was trained on {len(source.members):,}.")
    series = []
    for label, member in zip(source.labels, source.members, strict=True):
        given_one = read.series.get(label)
        same = None if given_one is None else among([given_one], member.sha256)
        if same is not None:
            series.append(same)
        else:
            what = "is not in" if given_one is None else f"has the SHA-256 {given_one.sha256[:12]}... in"
            raise InputError(
                f"the series {label!r} {what} {given}; {name} was trained on one with {member.sha256[:12]}.... Give "
                "the same file, read with the same options."
            )
    for same in series:
        same.store()


def _prove(name: str | Bundle, windows: int, seed: int | None, json: bool) -> None:
    from ..publishing.verify import verify as prove
    from .progress import show_check

    report = prove(name, windows=windows, seed=seed, on_check=(lambda check: None) if json else show_check)
    if json:
        emit({"name": report.name, "path": str(report.path), "seed": report.seed, "passed": report.passed,
              "verdict": report.verdict, "not_proven": report.not_proven, "checks": report.checks})
    else:
        typer.echo(f"\n{report.name} {report.verdict}")
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def reproduce(name: Model, models: ModelFiles = None, json: Json = False) -> None:
    """Retrain a bundle from its recipe and compare the weights.

    With the same versions and processor, the SHA-256 must be the same; otherwise the score must lie within 3 standard
    errors. Exits with status 1 if the comparison fails. Examples: `seqzoo reproduce lstm.sine` ·
    `seqzoo reproduce mgu.sine-own --models mgu.py`
    """
    from .._extras import check_torch
    from ..bundles import shelf, store

    opened = store.open_bundle(shelf.find(name))
    check_torch("reproducing")
    load_models(models)
    from ..publishing.reproduce import reproduce as again
    from ..training.spec import TrainingSpec
    from .progress import Bar, interrupts

    with interrupts() as stopped, Bar(TrainingSpec.of_manifest(opened.manifest), quiet=json) as bar:
        bar.references(opened.manifest.score.floors or opened.manifest.score.rivals)
        result = again(opened, on_progress=bar, should_stop=stopped)
    if json:
        emit({**vars(result), "passed": result.passed})
    elif not result.finished:
        typer.echo("Stopped.", err=True)
    else:
        from .tables import mse_of

        stack = "the same stack" if result.same_stack else "another stack"
        same = "identical weights" if result.identical else "different weights"
        typer.echo(
            f"{same} on {stack}: SHA-256 {result.sha256[:12]}..., stated {result.stated_sha256[:12]}...\n"
            f"MSE {mse_of(result.mse)}, stated {mse_of(result.stated_mse)}: "
            f"{result.standard_errors:.1f} standard errors apart\n"
            f"{name} {'reproduces' if result.passed else 'DOES NOT REPRODUCE'}"
        )
        if result.note:
            typer.echo(result.note)
        if result.overwritten and result.identical:
            typer.echo(
                f"The {result.overwritten:,} values from the cutoff on were overwritten with garbage: none of them "
                "reaches the weights."
            )
    if not result.passed:
        raise typer.Exit(1 if result.finished else 130)


@app.command()
def tour(
    name: Model = "lstm.sine",
    plot: Annotated[Path, typer.Option("--plot", help="File for the picture: .png or .svg.")] = Path("tour.png"),
) -> None:
    """Verify a model, show some of its forecasts, and score it against the best possible forecaster.

    Example: `seqzoo tour lstm.sine --plot tour.svg`
    """
    import numpy as np

    from .._arrays import with_channel
    from ..bundles import shelf, store
    from ..evaluation import plots
    from ..evaluation.scoring import fresh_seed, score
    from ..runtime import Predictor
    from .forecasts import case_of
    from .tables import show_score

    plots.check_kind(plot)
    opened = store.open_bundle(shelf.find(name))
    _prove(opened, 20_000, None, False)
    predictor = Predictor(opened, "onnx")
    length, signal = predictor.context_length, predictor.signal
    seed = fresh_seed()
    typer.echo(f"\nThree fresh windows of {length} values (seed {seed}):")
    draw = signal.draw(3, length, 1, np.random.default_rng(seed))
    ahead = predictor.predict(with_channel(draw.context))[:, 0]
    bayes = signal.posterior(draw.context, 1)[0][:, 0]
    for given, model, best, observed in zip(draw.context, ahead, bayes, draw.target[:, 0], strict=True):
        window = f"... {given[-2]:+.3f} {given[-1]:+.3f}"
        typer.echo(f"  {window} -> {model:+.4f}   best possible {best:+.4f}, observed {observed:+.4f}")
    typer.echo("\nScore on 50,000 fresh windows, and every floor:\n")
    measured = score(predictor.predict, signal, length, seed=seed)
    show_score(
        name,
        (measured.mse.value, measured.mse.se),
        None if np.isnan(measured.excess.value) else (measured.excess.value, measured.excess.se),
        (measured.skill.value, measured.skill.se),
        measured.floors,
    )
    plots.save(plots.forecast_figure(name, case_of(predictor, None, 100, seed), "the best possible"), plot)
    typer.echo(f"\nPicture of a forecast and the Bayes forecast: {plot}")
