"""Commands that train and verify bundles: train, verify, reproduce, tour."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import FileOptions, Json, Model, ModelFiles, Seed, app, emit, load_models, reads_a_file, settings

if TYPE_CHECKING:
    from ..bundles.manifest import Manifest
    from ..bundles.store import Bundle
    from ..data.scaling import Kind
    from ..signals import Observed, ObservedSet
    from ..training.loop import Trained
    from ..training.spec import TrainingSpec

Entry = Annotated[
    str, typer.Argument(help="An entry of the zoo, for example lstm.sine; with --series an architecture, as gru.")
]


@app.command()
@reads_a_file
def train(
    name: Entry,
    series: Annotated[
        str | None, typer.Option("--series", help="Train on a measured series: a file, or series:NAME of the zoo's.")
    ] = None,
    horizon: Annotated[int, typer.Option("--horizon", "-n", min=1, help="With --series: steps ahead.")] = 1,
    context: Annotated[
        int | None, typer.Option("--context-length", min=2, help="With --series: values in a window; else chosen.")
    ] = None,
    season: Annotated[
        int | None, typer.Option("--season", min=1, help="With --series: steps of a season; else by the frequency.")
    ] = None,
    scaling: Annotated[
        str | None, typer.Option("--scaling", help="With --series: series, window or season; else chosen.")
    ] = None,
    calendar: Annotated[
        list[str] | None,
        typer.Option("--calendar", help="With --series: also read the hour, weekday or month; or auto. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the training run.")] = 0,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change recipe.KEY, config.KEY or signal.KEY: recipe.steps=800. Repeatable."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run of these options.")] = False,
    as_name: Annotated[str | None, typer.Option("--as", help="Name of the new model; NAME-own if not given.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the bundle to this folder instead of the zoo.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Training curve: .png or .svg.")] = None,
    keep_worse: Annotated[
        bool, typer.Option("--keep-worse", help="Save the model even if it does not beat the last value.")
    ] = False,
    models: ModelFiles = None,
    json: Json = False,
    *,
    how: FileOptions,
) -> None:
    """Train a model and save it as a new bundle. Ctrl-C stops and keeps the best weights so far.

    With --series, NAME is an architecture, and the model is named after the series, for example gru.meter. The last
    fifth of the series scores it beside its rivals; no training sees that part. A file with a column that names
    several series trains one model of all, unless --only chooses one; the last part of each scores it.

    Examples: `seqzoo train gru --series meter.csv --horizon 24` · `seqzoo train mlp --series series:taylor -n 48` ·
    `seqzoo train lstm.sine` · `seqzoo train lstm.sine --seed 1 --set signal.sigma=0.2` ·
    `seqzoo train lstm.sine --resume` · `seqzoo train mgu.sine --models mgu.py`
    """
    from .._extras import check_torch
    from ..bundles import shelf, store
    from ..errors import SeqzooError
    from ..signals import ObservedSet, Simulated
    from ..zoo import _registry
    from .measured import measured_set

    check_torch("training")
    from .. import _storage
    from ..evaluation import plots
    from ..execution import runs
    from ..execution.runs import recording
    from ..execution.runs.events import Failed, append, saved
    from ..publishing import build
    from ..training.on_series import choose, spec_on_series, states_optimiser
    from ..training.on_set import spec_on_set
    from ..training.spec import TrainingSpec
    from .progress import Bar, interrupts

    load_models(models)
    if series is None:
        _refuse_without_series(horizon, context, season, scaling, calendar, how)
        entry = _registry.entry(name)
        spec = TrainingSpec.of(entry, seed=seed, changes=settings(change or []))
        card, saved_as = entry.card, f"{name}-own"
    else:
        architecture = _registry.architecture(_architecture(name))
        kind = _kind(scaling)
        if (several := measured_set(series, how)) is not None:
            _refuse_of_set(kind, calendar)
            told = several.told
            spec = spec_on_set(
                architecture, several.name, several.series, horizon, context_length=context, season=season, seed=seed,
                scaling=kind or "window", changes=settings(change or []),
            )  # fmt: skip
        else:
            source, told = _observed(series, how, season)
            spec = spec_on_series(
                architecture, source, horizon, context_length=context, scaling=kind or "series", seed=seed,
                changes=settings(change or []), calendar=calendar or [],
            )  # fmt: skip
        card, saved_as = architecture.card_of(spec.source, spec.horizon), f"{architecture.name}.{spec.source.key}"
    saved_as = as_name or saved_as
    shelf.check_name(saved_as)
    folder = out or shelf.place(saved_as)
    store.check_replaceable(folder)
    build.check_exportable(spec)
    _storage.check_writable(folder.parent)
    before = _identity(folder)
    curve = plot or _storage.home() / "curves" / f"{saved_as}.svg"
    plots.check_kind(curve)
    known = runs.here()
    _storage.check_writable(known.folder)
    if series is not None:
        keeps_optimiser = states_optimiser(settings(change or []))
        spec = choose(spec, scaling=kind, keeps_optimiser=keeps_optimiser)  # last, as it trains for a while
        if not json:
            typer.echo(told, err=True, nl=bool(told))
            if isinstance(spec.source, ObservedSet):
                _say_set(spec.source)
            assert not isinstance(spec.source, Simulated)
            given = {"context": context, "scaling": kind, "optimiser": keeps_optimiser or None}
            chosen = [word for word, value in given.items() if value is None]
            by = f" Chosen on the values before the hold-out: {', '.join(chosen)}." if chosen else ""
            typer.echo(
                f"Context {spec.context_length} values, season {spec.source.season}, scaling by {spec.scaling_kind}, "
                f"optimiser {spec.recipe.optimiser}.{by}",
                err=True,
            )
            if spec.calendar:
                typer.echo(_told_of_calendar(spec, source), err=True)
    run = known.interrupted(spec) if resume else None
    if resume and run is None:
        typer.echo("No run with these options was interrupted; starting from the beginning.", err=True)
    place = known.folder / (run or known.add(spec, models or []))
    checkpoint = place / recording.CHECKPOINT
    with interrupts() as stopped:  # until the bundle is written, so that a late Ctrl-C does not lose the weights
        with recording.held(place), Bar(spec, quiet=json) as bar:
            try:
                trained = recording.train(place, spec, on_began=lambda began: bar.references(began.floors),
                                          on_progress=bar, should_stop=stopped)  # fmt: skip
            except SeqzooError as error:
                append(place / recording.EVENTS, Failed(str(error)))
                raise
        if not trained.history:
            known.drop(place.name)
            typer.echo("Stopped before the first evaluation; nothing to keep.", err=True)
            raise typer.Exit(130)
        if trained.finished and not keep_worse:
            _check_useful(trained, checkpoint)
        draft = place / f"made-{os.getpid()}" / folder.name
        try:
            build.export(trained, card, draft, name=None if out is not None else saved_as)
            with _storage.only_writer(folder.parent):
                _check_unchanged(folder, before, draft, checkpoint)
                _storage.write_folder(folder, {path.name: path.read_bytes() for path in draft.iterdir()})
        finally:
            shutil.rmtree(draft.parent, ignore_errors=True)
        written = store.open_bundle(folder)
        score = written.manifest.score
        plots.save(plots.history_figure(name, trained.history, score.floors or score.rivals), curve)
    if out is None:
        append(place / recording.EVENTS, saved(saved_as, score, is_verified=False))
    if trained.finished:
        checkpoint.unlink(missing_ok=True)
    if json:
        emit({"path": str(written.path), "finished": trained.finished, "curve": str(curve), "score": score,
              "intervals": written.manifest.intervals})
    else:
        _show_trained(trained, written.manifest, written.path, curve)
    if not trained.finished:
        raise typer.Exit(130)


def _refuse_without_series(
    horizon: int, context: int | None, season: int | None, scaling: str | None, calendar: list[str] | None,
    how: FileOptions,
) -> None:  # fmt: skip
    """Raises InputError for an option that only a measured series has."""
    from ..errors import InputError

    given: dict[str, object] = {"horizon": horizon if horizon > 1 else None, "context-length": context}
    given |= {"season": season, "calendar": calendar or None}
    for option, value in {**given, "scaling": scaling, "gaps": how.gaps, **how.stated}.items():
        if value is not None:
            hint = f" An entry such as lstm.sine-h{horizon} has several steps." if option == "horizon" else ""
            raise InputError(f"--{option} belongs to a measured series: give it with --series.{hint}")


def _told_of_calendar(spec: TrainingSpec, source: Observed) -> str:
    """One line on the channels that a training reads beside the values."""
    from ..data.calendar import Calendar, unseen

    times = source.series().times
    assert times is not None
    clock = f"the clock of {times.zone}" if times.zone else "the clock of the series"
    names = ", ".join(Calendar(spec.calendar).names)
    short = unseen(spec.calendar, times, source.cutoff)
    return f"Channels beside the value: {names}, by {clock}. Rivals read values only. {short}".strip()


def _refuse_of_set(kind: Kind | None, calendar: list[str] | None) -> None:
    """Raises InputError for an option that only one series has."""
    from ..errors import InputError

    if kind == "series":
        raise InputError("series of a set have no scale in common: leave --scaling out, or give window or season.")
    if calendar:
        raise InputError("a model of a set reads values only: leave --calendar out, or choose a series with --only.")


def _architecture(name: str) -> str:
    from ..errors import InputError

    if "." in name:
        raise InputError(
            f"with --series the model is named after the series: give only the architecture, "
            f"{name.partition('.')[0]!r}, got {name[:80]!r}."
        )
    return name


def _kind(given: str | None) -> Kind | None:
    from ..data.scaling import KINDS
    from ..errors import InputError

    if given is not None and given not in KINDS:
        raise InputError(f"--scaling must be one of {', '.join(KINDS)}, and is {given[:40]!r}.")
    return given


def _observed(given: str, how: FileOptions, season: int | None) -> tuple[Observed, str]:
    """The source of a series that the user named, with its last fifth held out, and what was understood of it."""
    from ..signals import Observed
    from .measured import measured

    read = measured(given, how)
    return Observed.of(read.series, season=read.season if season is None else season), read.told


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
    from ..errors import InputError
    from ..signals import Observed, ObservedSet
    from .measured import measured

    source = store.open_bundle(shelf.find(name)).manifest.source
    if isinstance(source, ObservedSet):
        _remember_set(name, source, given, how)
        return
    if not isinstance(source, Observed):
        raise InputError(f"{name} was trained on a simulated signal: it has no series to check.")
    series = measured(given, how).series
    if series.sha256 != source.sha256:
        raise InputError(
            f"{given} is not the series that {name} was trained on: its SHA-256 is {series.sha256[:12]}..., the "
            f"manifest states {source.sha256[:12]}.... Give the same file, read with the same options."
        )
    series.store()


def _remember_set(name: str, source: ObservedSet, given: str, how: FileOptions) -> None:
    """Store the series of a set. Raises InputError if the file lacks one, or holds other values of it."""
    from ..errors import InputError
    from .measured import measured_set

    read = measured_set(given, how)
    if read is None:
        raise InputError(f"{given} does not hold several series; {name} was trained on {len(source.members):,}.")
    for label, member in zip(source.labels, source.members, strict=True):
        series = read.series.get(label)
        if series is None or series.sha256 != member.sha256:
            what = "is not in" if series is None else f"has the SHA-256 {series.sha256[:12]}... in"
            raise InputError(
                f"the series {label!r} {what} {given}; {name} was trained on one with {member.sha256[:12]}.... Give "
                "the same file, read with the same options."
            )
    for label in source.labels:
        read.series[label].store()


def _say_set(source: ObservedSet) -> None:
    """Print on standard error how many series are trained on, and which are left out and why."""
    held_out = sum(member.length - member.cutoff for member in source.members)
    typer.echo(
        f"One model of {len(source.members):,} series. Of {source.length:,} values, {held_out:,} are held out: the "
        "last part of each series.",
        err=True,
    )
    named = [f"{label!r} ({reason})" for label, reason in source.left_out.items()]
    if named:
        more = "" if len(named) <= 5 else f" and {len(named) - 5:,} more, named in the manifest"
        typer.echo(f"Left out: {', '.join(named[:5])}{more}.", err=True)


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
    plot: Annotated[Path, typer.Option("--plot", help="File for the picture: .png or .svg.")] = Path("out/tour.png"),
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


def _check_useful(trained: Trained, checkpoint: Path) -> None:
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


def _check_unchanged(folder: Path, before: bytes | None, draft: Path, checkpoint: Path) -> None:
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
            f"another training has saved {folder} since this one began, so it was not overwritten. The weights of "
            f"this training are in {checkpoint}. To save them, give the same command with --resume and another name "
            "(--as) or folder (--out)."
        )


def _show_trained(trained: Trained, manifest: Manifest, path: Path, curve: Path) -> None:
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
