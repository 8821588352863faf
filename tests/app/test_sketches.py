"""The gallery's drawings: what stands beneath a forecast is its distance from Bayes, enlarged as stated."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqzoo.app.gallery import sketches as served
from seqzoo.forecasters import references
from seqzoo.pages import sketches
from seqzoo.runtime.repository import Repository

MIDDLE = sketches.HEIGHT - sketches.FOOT / 2


def lines(svg: str, kind: str) -> np.ndarray:
    """The heights along a path of a drawing, [T]."""
    (path,) = re.findall(rf'<path class="{kind}" d="([^"]+)"', svg)
    return np.array([float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", path)])


def test_beneath_the_forecasts_of_bayes_nothing_stands_out():
    assert (lines(sketches.drawing(references.find("bayes.sine")), "a") == MIDDLE).all()


def test_beneath_other_forecasts_stands_their_distance_from_bayes_times_the_stated_factor_cut_at_the_edges():
    own, best = (sketches.drawing(references.find(f"{name}.two_tone")) for name in ("best_linear", "bayes"))
    to_scale = np.poly1d(np.polyfit(lines(best, "t"), lines(own, "t"), 1))  # the truth is the same
    away = lines(own, "a")[1:-1] - MIDDLE
    half = sketches.FOOT / 2 - 2
    expected = np.clip(sketches.ENLARGED * (lines(own, "f") - to_scale(lines(best, "f"))), -half, half)
    assert np.abs(away - expected).max() <= 0.12 * sketches.ENLARGED  # what is drawn is rounded to a tenth
    assert np.abs(away).max() > 10


@pytest.mark.parametrize("name", ["lstm.sine-h50", "mlp.sine", "bayes.square"])
def test_every_forecast_of_a_series_has_a_strip(name):
    svg = served.of(Repository(), name).decode()
    assert len(lines(svg, "a")) == len(lines(svg, "f")) + 2
