"""A signal without noise: the best forecaster makes no error, and no door states an excess over it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from seqzoo import signals
from seqzoo.app.ui import theme
from seqzoo.bundles import shelf
from seqzoo.bundles.store import MANIFEST, Manifest, open_bundle
from seqzoo.evaluation.scoring import HELD_OUT_SEEDS, score
from seqzoo.forecasters.floors import NO_EXCESS, floors, vanishes
from seqzoo.pages import cards, head, predict
from seqzoo.runtime import catalogue
from seqzoo.runtime.predictor import Predictor
from support.terminal import Terminal

NAME = "linear.sine-quiet"


@pytest.fixture
def quiet(terminal: Terminal, tmp_path: Path, few_windows: None) -> Iterator[str]:
    curve = tmp_path / "curve.svg"
    said = terminal("train", "linear.sine", "--set", "signal.sigma=1e-7", "--set", "recipe.steps=20", "--as", NAME,
                    "--keep-worse", "--plot", curve)  # fmt: skip
    assert said.status == 0 and NO_EXCESS in " ".join(said.out.split()) and "%" not in said.out, said
    drawn = curve.read_text("utf-8")
    assert "expected mean squared error" in drawn and "%" not in drawn.split("</style>")[-1]
    yield NAME


def test_every_door_says_that_there_is_no_excess(quiet: str, terminal: Terminal) -> None:
    path = shelf.find(quiet)
    facts = open_bundle(path).manifest
    assert facts.score.excess is None and vanishes(facts.score.floors)
    for command in (["show", quiet], ["verify", quiet, "--windows", "200"], ["floors", "--set", "sigma=0"]):
        said = terminal(*command)
        assert said.status == 0 and NO_EXCESS in " ".join(said.out.split()).lower(), said
        assert "%" not in said.out
    listed = terminal("list").out
    assert f"{NO_EXCESS}" in " ".join(listed.split())
    row = next(row for row in json.loads(terminal("list", "--json").out) if row["name"] == quiet)
    assert row["excess"] is row["excess_best_linear"] is row["excess_last_value"] is None
    assert next(row for row in csv.DictReader(io.StringIO(catalogue.table())) if row["name"] == quiet)["excess"] == ""
    card = (path / "README.md").read_text("utf-8")
    assert NO_EXCESS.capitalize() in card and "type: excess" not in card
    assert "excess undefined" in cards.card(row) and "undefined" in head._distance(facts.score)
    assert "no noise" in predict.lead(Predictor(path), theme.term)

    stated = msgspec.json.decode((path / MANIFEST).read_bytes())
    stated["score"]["excess"] = [7.85e12, 1e10]  # as an earlier version wrote it
    assert msgspec.convert(stated, Manifest).score.excess is None


def test_a_floor_is_zero_only_where_the_best_forecaster_makes_no_error() -> None:
    for family, sigma, is_zero in (("sine", 0.0, True), ("recall", 0.0, True), ("square", 0.0, False),
                                   ("sine", 1e-3, False), ("sine", 0.1, False), ("recall", 0.1, False)):  # fmt: skip
        signal = signals.make(family, {"sigma": sigma})
        assert vanishes(dict(floors(signal, 20, samples=500)[0].items())) == is_zero, (family, sigma)
        found = score(lambda context: context[:, -1], signal, 20, windows=500, seed=HELD_OUT_SEEDS + 3)
        assert math.isnan(found.excess.value) == math.isnan(found.steps[0].excess.value) == is_zero
        assert np.isfinite(found.mse.value)
