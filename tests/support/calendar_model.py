"""A small model that reads the calendar beside the values: its series, its spec and its windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqzoo._arrays import with_known
from seqzoo.bundles import store
from seqzoo.data.calendar import Calendar
from seqzoo.data.frequency import frequency
from seqzoo.data.series import Series
from seqzoo.data.times import TimeIndex
from seqzoo.publishing import build
from seqzoo.signals import Observed
from seqzoo.training.loop import train
from seqzoo.training.on_series import spec_on_series
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry

L, H, D = 6, 3, 5
NAMES = ("value", "hour_sin", "hour_cos", "weekday_sin", "weekday_cos")
TIMES = TimeIndex(np.datetime64("2024-03-20T07:00", "us"), frequency("h"), "Europe/Berlin")
SMALL = {"recipe.steps": 5, "recipe.evaluate_every": 5, "config.hidden_size": 4}


def measured() -> Series:
    noise = np.random.default_rng(3).standard_normal(300)
    return Series("meter", 200 + 40 * Calendar(("hour",)).channels(TIMES, 300, -1)[:, 0] + 8 * noise, TIMES)


def spec_of(name: str, calendar: tuple[str, ...] = ("weekday", "hour"), **changes: object) -> TrainingSpec:
    has_size = name in ("gru", "mlp")
    small = {key: value for key, value in SMALL.items() if has_size or "hidden" not in key}
    return spec_on_series(
        _registry.architecture(name), Observed.of(measured(), season=24), H, context_length=L, scaling="series",
        changes={**small, **changes}, calendar=calendar,
    )  # fmt: skip


def windows(count: int = 4) -> np.ndarray:
    """Windows [B, L, D] of the series, as anyone computes them from its values and times."""
    values, known = measured().values, Calendar(("hour", "weekday")).channels(TIMES, 300)
    starts = np.arange(count)[:, None] * 40 + np.arange(L)
    return with_known(values[starts], known[starts])


def bundle_of(folder: Path) -> store.Bundle:
    """The bundle of a `gru` of five steps, written to a folder."""
    spec = spec_of("gru")
    card = _registry.architecture("gru").card_of(spec.source, spec.config)
    return build.export(train(spec), card, folder)
