"""A small recurrent model of three series of a set, whose scales lie decades apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqzoo.bundles import store
from seqzoo.data.frequency import frequency
from seqzoo.data.series import Series
from seqzoo.data.times import TimeIndex
from seqzoo.publishing import build
from seqzoo.training.loop import train
from seqzoo.training.on_set import spec_on_set
from seqzoo.zoo import _registry

LENGTH, HORIZON = 7, 3
LABELS = ("Café & Co", "shop_b", "shop_c")
SMALL = {"recipe.steps": 4, "recipe.evaluate_every": 4, "config.hidden_size": 4}


def shops() -> dict[str, Series]:
    rng, days = np.random.default_rng(6), np.arange(100)
    times = TimeIndex(np.datetime64("2024-01-01", "us"), frequency("D"))
    waves = [level * (3 + np.sin(2 * np.pi * days / 7) + 0.1 * rng.standard_normal(100)) for level in (0.01, 5e5, 40)]
    return {label: Series(f"shop_{at}", waves[at], times) for at, label in enumerate(LABELS)}


def bundle_of(folder: Path) -> store.Bundle:
    """The bundle of a `gru` of four steps, written to a folder."""
    architecture = _registry.architecture("gru")
    spec = spec_on_set(architecture, "shops", shops(), HORIZON, context_length=LENGTH, season=7, changes=SMALL)
    return build.export(train(spec), architecture.card_of(spec.source, spec.config), folder)
