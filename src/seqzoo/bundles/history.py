"""history.json of a bundle: the evaluations during its training."""

from __future__ import annotations

import msgspec

from .. import _strict_json
from .._course import Evaluation
from ..errors import InputError, IntegrityError
from .store import HISTORY, Bundle


def of(bundle: Bundle) -> list[Evaluation]:
    """The evaluations, by ascending step.

    Raises:
        IntegrityError: the file is no such list, or lacks the step of the weights that the manifest states.
    """
    raw = bundle.read(HISTORY)
    try:
        _strict_json.check(raw)
        history = msgspec.json.decode(raw, type=list[Evaluation])
    except (msgspec.DecodeError, InputError) as error:
        raise IntegrityError(f"{HISTORY} cannot be read: {error}.") from None
    steps = [evaluation.step for evaluation in history]
    if not steps or steps[0] < 1 or sorted(set(steps)) != steps:
        raise IntegrityError(f"{HISTORY} must hold evaluations by ascending step, from 1 on.")
    stated = bundle.manifest.training
    if not any((one.step, one.windows) == (stated.steps, stated.windows_seen) for one in history):
        raise IntegrityError(
            f"{HISTORY} has no evaluation at step {stated.steps:,} after {stated.windows_seen:,} windows, which the "
            "manifest states for the weights."
        )
    return history
