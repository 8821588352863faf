"""The command that trains a model, on a known signal or on a series that the user names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .app import FileOptions, Json, ModelFiles, app, check_models, emit, load_models, reads_a_file, settings

if TYPE_CHECKING:
    from ..data.scaling import Kind
    from ..signals import Observed, ObservedSet
    from ..training.loop import Trained
    from ..training.spec import TrainingSpec
    from ..zoo._card import Card

Entry = Annotated[
    str,
    typer.Argument(help="An entry of the zoo, for example lstm.sine; with --series an architecture, as gru.",
                   callback=check_models),
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
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", min=2, max=1000, help="Train with so many seeds, from --seed on; keep one bundle."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="With --seeds: where to train: local, local:N (processes), ray or ray:ADDRESS."),
    ] = None,
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

    With --seeds, each seed is trained, and the scores are printed with their mean and its standard error. The bundle
    whose error on the validation windows is the lowest is kept as NAME; the others stay in a folder.

    Examples: `seqzoo train gru --series meter.csv --horizon 24` · `seqzoo train mlp --series series:taylor -n 48` ·
    `seqzoo train lstm.sine` · `seqzoo train lstm.sine --seed 1 --set signal.sigma=0.2` ·
    `seqzoo train lstm.sine --resume` · `seqzoo train mgu.sine --models mgu.py` ·
    `seqzoo train lstm.sine --seeds 5 --on local:4`
    """
    from .._extras import check_torch

    check_torch("training")
    from .. import _storage
    from ..execution import runs
    from ..execution.runs import recording
    from ..execution.runs.events import append, saved
    from .keeping import check_useful, destination_of, keep, show_trained
    from .progress import interrupts

    if on is not None and seeds is None:
        from ..errors import InputError

        raise InputError("--on says where several seeds are trained: give it with --seeds.")
    load_models(models)
    if series is None:
        _refuse_without_series(horizon, context, season, scaling, calendar, how)
        request = _of_signal(name, seed, change or [])
    else:
        request = _of_series(name, series, how, horizon, context, season, scaling, calendar or [], seed, change or [])
    spec = request.spec
    destination = destination_of(name, spec, as_name or request.saved_as, out, plot)
    known = runs.here()
    _storage.check_writable(known.folder)
    if series is not None:
        spec = _chosen(request, context, change or [], quiet=json)  # last, as it trains for a while
    if seeds is not None:
        if resume:
            from ..errors import InputError

            raise InputError("--resume continues one training; with --seeds the same command goes on.")
        from .training_of_seeds import on_seeds

        on_seeds(
            spec, request.card, destination, seeds, on or "local", models or [], keep_worse=keep_worse, json=json
        )
        return
    run = known.interrupted(spec) if resume else None
    if resume and run is None:
        typer.echo("No run with these options was interrupted; starting from the beginning.", err=True)
    place = known.folder / (run or known.add(spec, models or []))
    checkpoint = place / recording.CHECKPOINT
    with interrupts() as stopped:  # until the bundle is written, so that a late Ctrl-C does not lose the weights
        trained = _run(spec, place, stopped, quiet=json)
        if not trained.history:
            known.drop(place.name)
            typer.echo("Stopped before the first evaluation; nothing to keep.", err=True)
            raise typer.Exit(130)
        if trained.finished and not keep_worse:
            check_useful(trained, checkpoint)
        written = keep(trained, request.card, destination, place, checkpoint)
    score = written.manifest.score
    if destination.is_shelved:
        append(place / recording.EVENTS, saved(destination.saved_as, score, is_verified=False))
    if trained.finished:
        checkpoint.unlink(missing_ok=True)
    if json:
        emit({"path": str(written.path), "finished": trained.finished, "curve": str(destination.curve),
              "score": score, "intervals": written.manifest.intervals})
    else:
        show_trained(trained, written.manifest, written.path, destination.curve)
    if not trained.finished:
        raise typer.Exit(130)


@dataclass(frozen=True)
class _Request:
    """What the options ask for.

    Args:
        spec: of the training; `_chosen` completes that of a series.
        saved_as: the model's name if the user gives none.
        kind: of the scaling, if it was stated.
        told: what was understood of a series, one line.
    """

    spec: TrainingSpec
    card: Card
    saved_as: str
    kind: Kind | None = None
    told: str = ""


def _of_signal(name: str, seed: int, change: list[str]) -> _Request:
    """A training on the signal of an entry of the zoo."""
    from ..training.spec import TrainingSpec
    from ..zoo import _registry

    entry = _registry.entry(name)
    spec = TrainingSpec.of(entry, seed=seed, changes=settings(change))
    card = entry.architecture.card_of(spec.source, spec.config)
    return _Request(spec, card, f"{name}-own")


def _of_series(
    name: str, series: str, how: FileOptions, horizon: int, context: int | None, season: int | None,
    scaling: str | None, calendar: list[str], seed: int, change: list[str],
) -> _Request:  # fmt: skip
    """A training on a series that the user named, or on every series of a file."""
    from ..training.on_series import spec_on_series
    from ..training.on_set import spec_on_set
    from ..zoo import _registry
    from .measured import measured_set

    architecture = _registry.architecture(_architecture(name))
    kind = _kind(scaling)
    if (several := measured_set(series, how)) is not None:
        _refuse_of_set(kind)
        told = several.told
        spec = spec_on_set(
            architecture, several.name, several.series, horizon, context_length=context, season=season, seed=seed,
            scaling=kind or "window", changes=settings(change), divided=how.gaps is not None, calendar=calendar,
        )  # fmt: skip
    else:
        source, told = _observed(series, how, season)
        spec = spec_on_series(
            architecture, source, horizon, context_length=context, scaling=kind or "series", seed=seed,
            changes=settings(change), calendar=calendar,
        )  # fmt: skip
    card = architecture.card_of(spec.source, spec.config)
    return _Request(spec, card, f"{architecture.name}.{spec.source.key}", kind, told)


def _chosen(request: _Request, context: int | None, change: list[str], *, quiet: bool) -> TrainingSpec:
    """The spec with what the values before the hold-out choose; tells what was chosen, unless quiet."""
    from ..signals import ObservedSet, Simulated
    from ..training.on_series import choose, states_optimiser

    keeps_optimiser = states_optimiser(settings(change))
    spec = choose(request.spec, scaling=request.kind, keeps_optimiser=keeps_optimiser)
    if quiet:
        return spec
    typer.echo(request.told, err=True, nl=bool(request.told))
    assert not isinstance(spec.source, Simulated)
    if isinstance(spec.source, ObservedSet):
        _say_set(spec.source, spec)
    elif spec.source.missing:
        typer.echo(f"Gaps divide it into {spec.source.account(spec.context_length, spec.horizon)}", err=True)
    given = {"context": context, "scaling": request.kind, "optimiser": keeps_optimiser or None}
    chosen = [word for word, value in given.items() if value is None]
    by = f" Chosen on the values before the hold-out: {', '.join(chosen)}." if chosen else ""
    typer.echo(
        f"Context {spec.context_length} values, season {spec.source.season}, scaling by {spec.scaling_kind}, "
        f"optimiser {spec.recipe.optimiser}.{by}",
        err=True,
    )
    if spec.calendar:
        typer.echo(_told_of_calendar(spec, max(spec.source.members, key=lambda member: member.cutoff)), err=True)
    return spec


def _run(spec: TrainingSpec, place: Path, stopped: Callable[[], bool], *, quiet: bool) -> Trained:
    """Train in the folder of a run and show its progress, unless quiet. A failure is recorded there."""
    from ..errors import SeqzooError
    from ..execution.runs import recording
    from ..execution.runs.events import Failed, append
    from .progress import Bar

    with recording.held(place), Bar(spec, quiet=quiet) as bar:
        try:
            return recording.train(place, spec, on_began=lambda began: bar.references(began.floors),
                                   on_progress=bar, should_stop=stopped)  # fmt: skip
        except SeqzooError as error:
            append(place / recording.EVENTS, Failed(str(error)))
            raise


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
    """One line on the channels that a training reads beside the values; of a set, by its longest series."""
    from ..data.calendar import Calendar, unseen
    from ..evaluation.holdout import LINEAR_CALENDAR
    from ..forecasters.table import label

    times = source.series().times
    assert times is not None
    clock = f"the clock of {times.zone}" if times.zone else "the clock of the series"
    names = ", ".join(Calendar(spec.calendar).names)
    short = unseen(spec.calendar, times, source.cutoff)
    return (
        f"Channels beside the value: {names}, by {clock}. Of its rivals, only the {label(LINEAR_CALENDAR)} "
        f"reads them too. {short}"
    ).strip()


def _refuse_of_set(kind: Kind | None) -> None:
    """Raises InputError for an option that only one series has."""
    from ..errors import InputError

    if kind == "series":
        raise InputError("series of a set have no scale in common: leave --scaling out, or give window or season.")


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
    season = read.season if season is None else season
    return Observed.of(read.series, season=season, divided=how.gaps is not None), read.told


def _say_set(source: ObservedSet, spec: TrainingSpec) -> None:
    """Print on standard error how many series are trained on, and which are left out and why."""
    held_out = source.values - sum(member.values_before() for member in source.members)
    typer.echo(
        f"One model of {len(source.members):,} series. Of {source.values:,} values, {held_out:,} are held out: the "
        "last part of each series.",
        err=True,
    )
    if divided := [member for member in source.members if member.missing]:
        counts = [member.account_in_set(spec.context_length, spec.horizon) for member in divided]
        typer.echo(
            f"Gaps divide {len(divided):,} of them into {sum(len(each.parts) for each in counts):,} unbroken parts "
            f"with {sum(each.training for each in counts):,} windows to train on, none across a gap; "
            f"{source.length - source.values:,} values missing, {sum(each.unused for each in counts):,} left out, in "
            "no window.",
            err=True,
        )
    named = [f"{label!r} ({reason})" for label, reason in source.left_out.items()]
    if named:
        more = "" if len(named) <= 5 else f" and {len(named) - 5:,} more, named in the manifest"
        typer.echo(f"Left out: {', '.join(named[:5])}{more}.", err=True)
