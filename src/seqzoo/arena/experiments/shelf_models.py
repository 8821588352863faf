"""Trained models of the shelf that an experiment can compare: of one signal and one context length."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from ... import signals
from ...bundles import shelf, store
from ...bundles.manifest import Manifest
from ...errors import BundleError, InputError
from ...forecasters.references import CONTEXT_LENGTH
from ...runtime import Predictor
from ...signals import Simulated


def fitting(names: Sequence[str], family: str, *, most_at_once: int = 1) -> list[str]:
    """The names of models of a signal at its default parameters.

    Args:
        names: names as in `seqzoo list`; without names, all models that fit.
        family: the signal family.
        most_at_once: the most steps that a model may forecast at once.

    Raises:
        UnknownNameError: a model or the signal does not exist.
        InputError: a named model is of another signal, or forecasts more steps at once.
        BundleError: a named model's bundle cannot be used.
    """
    signals.make(family)
    fit = []
    for name in names or shelf.available():
        try:
            manifest = store.open_bundle(shelf.find(name)).manifest
        except BundleError:
            if names:
                raise
            continue
        why = _unfit(manifest, family, most_at_once)
        if why is None:
            fit.append(name)
        elif names:
            raise InputError(f"{name!r} {why}. Name other models of {family!r}, or another signal with --signal.")
    return list(dict.fromkeys(fit))


def predictor(name: str) -> Predictor:
    """A model on the onnx engine; raises as `shelf.find` and `store.open_bundle`."""
    return Predictor(store.open_bundle(shelf.find(name)), "onnx")


def windows_seen(names: Iterable[str]) -> str:
    """The number of training windows of each model, as its bundle states; leaves out models that no longer exist."""
    known, parts = shelf.available(), []
    for name in names:
        with contextlib.suppress(BundleError, KeyError):
            parts.append(f"{without_signal(name)} {store.open_bundle(known[name]).manifest.training.windows_seen:,}")
    return ", ".join(parts) or "not known"


def without_signal(name: str) -> str:
    """A model's name without its signal, for example "lstm" or "lstm-h50"."""
    architecture, _, of = name.partition(".")
    _, dash, variant = of.partition("-")
    return f"{architecture}{dash}{variant}"


def with_signal(name: str, family: str) -> str:
    """A model's name with its signal: "lstm-h50" of the sine is "lstm.sine-h50"."""
    architecture, dash, variant = name.partition("-")
    return f"{architecture}.{family}{dash}{variant}"


def _unfit(manifest: Manifest, family: str, most_at_once: int) -> str | None:
    contract, of = manifest.contract, manifest.source
    if not isinstance(of, Simulated) or of.family != family:
        return f"is a model of {of.key!r}, not of the signal {family!r}"
    if signals.make(family, of.parameters) != signals.make(family):
        return f"was trained on {family!r} with other parameters than its usual ones"
    if contract.context_length != CONTEXT_LENGTH or contract.horizon > most_at_once:
        fitting = f"{CONTEXT_LENGTH} and {'1' if most_at_once == 1 else f'at most {most_at_once}'}"
        return f"reads {contract.context_length} values and forecasts {contract.horizon}, not {fitting}"
    return None
