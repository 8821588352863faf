"""Trained models of the shelf that enter an experiment together: of one signal, and of one length of window."""

from __future__ import annotations

from ... import signals
from ...bundles import shelf, store
from ...bundles.manifest import Manifest
from ...errors import BundleError, InputError
from ...forecasters.references import CONTEXT_LENGTH
from ...runtime import Predictor
from ...signals import Observed


def predictors(names: list[str], family: str, *, most_at_once: int = 1) -> dict[str, Predictor]:
    """Models of a signal at its default parameters, on the onnx engine.

    Args:
        names: as `seqzoo list` shows them; none means all that there are.
        most_at_once: steps that a model may forecast at once.

    Raises:
        UnknownNameError: no such model or signal.
        InputError: a named model is of another signal, or forecasts more steps at once.
        BundleError: a named model's bundle cannot be used.
    """
    signals.make(family)
    found = {}
    for name in names or shelf.available():
        try:
            opened = store.open_bundle(shelf.find(name))
        except BundleError:
            if names:
                raise
            continue
        why = _unfit(opened.manifest, family, most_at_once)
        if why is None:
            found[name] = Predictor(opened, "onnx")
        elif names:
            raise InputError(f"{name!r} {why}. Name other models of {family!r}, or another signal with --signal.")
    return found


def _unfit(manifest: Manifest, family: str, most_at_once: int) -> str | None:
    contract, of = manifest.contract, manifest.source
    if isinstance(of, Observed) or of.family != family:
        return f"is a model of {of.key!r}, not of the signal {family!r}"
    if signals.make(family, of.parameters) != signals.make(family):
        return f"was trained on {family!r} with other parameters than its usual ones"
    if contract.context_length != CONTEXT_LENGTH or contract.horizon > most_at_once:
        fitting = f"{CONTEXT_LENGTH} and {'1' if most_at_once == 1 else f'at most {most_at_once}'}"
        return f"reads {contract.context_length} values and forecasts {contract.horizon}, not {fitting}"
    return None
