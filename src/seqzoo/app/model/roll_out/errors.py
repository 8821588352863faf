"""The errors of the view *Roll out*, measured once for all visitors: those that `pages.roll_out` has not stored."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from ....bundles import shelf
from ....bundles.store import Bundle, open_bundle
from ....errors import SeqzooError
from ....forecasters.protocol import Forecaster, has_bundle
from ....pages.roll_out import Measurement, Partner, measure, partner_among
from ...ui.cache import Cache
from ..visit import identity

REACHES = (50, 100, 200, 400, 1000)
MOST_ROWS = 40_000  # windows times steps for the errors
NICENESS = 10  # of the thread that measures, added to that of the process
Result = TypeVar("Result")
_alone = threading.Lock()
_measurements: Cache[tuple[str, int], Measurement] = Cache(100)
_partners: Cache[str, tuple[Partner | None]] = Cache(100)


def partner_of(name: str, model: Forecaster) -> Partner | None:
    """The model to compare a roll-out with; None if there is none."""
    if not has_bundle(model):
        return None
    key = identity(name, model)
    cached = _partners.get(key)
    if cached is None:
        bundles: dict[str, Bundle] = {}
        for other, path in shelf.available().items():
            try:
                bundles[other] = open_bundle(path)
            except SeqzooError:
                continue
        cached = _partners.put(key, (partner_among(bundles, model),))
    return cached[0]


def measured(name: str, model: Forecaster, horizon: int) -> Measurement:
    """The errors and the band of a model on fresh windows, up to the next of REACHES; measured once and cached."""
    key = _key(name, model, horizon)
    with _alone:
        return _measurements.get(key) or _measurements.put(
            key, _aside(lambda: _measure(name, model, key[1]))
        )


def _measure(name: str, model: Forecaster, horizon: int) -> Measurement:
    windows = max(60, min(600, MOST_ROWS // horizon))
    return measure(model, horizon, windows, partner_of(name, model))


def _aside(work: Callable[[], Result]) -> Result:
    """What `work` returns, computed in a thread that gives way to those that answer a page; on Linux only.

    A niceness cannot be lowered again, so that a thread of a pool would keep it.
    """

    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            if sys.platform == "linux":  # elsewhere, niceness is that of the process
                thread = threading.get_native_id()
                os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS))
            results.append(work())
        except BaseException as error:
            errors.append(error)

    own = threading.Thread(target=run)
    own.start()
    own.join()
    if errors:
        raise errors[0]
    return results[0]


def _key(name: str, model: Forecaster, horizon: int) -> tuple[str, int]:
    """The key of a measurement. Its horizon is rounded up to one of REACHES, so that a slider seldom waits."""
    return identity(name, model), next(step for step in REACHES if horizon <= step)
