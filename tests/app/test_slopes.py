"""What the derivative view says and draws, without a browser."""

from __future__ import annotations

import re

import numpy as np
import pytest

from seqzoo.app.model.inside import slopes
from seqzoo.app.ui import filters
from seqzoo.evaluation.sensitivity import Slope
from seqzoo.forecasters import familiarity
from seqzoo.signals import Sine


def shown(own: list[float], bayes: list[float], *, name: str = "mlp.sine", off: bool = False) -> slopes.Slopes:
    made = [Slope(0.5, np.array(values), 1e-4) for values in (own, bayes, [0.1, 0.2, 0.3])]
    whole = Slope(0.7, np.zeros(3), 1e-4) if off else None
    return slopes.Slopes(name, 2, np.array([1.0, 2.0, 3.0]), *made, whole, "the best possible")


def plain(markup: str) -> str:
    return re.sub(r"<span class=\"definition\".*?</span>|<[^>]*>", "", markup)


def test_the_words_say_where_the_model_attends_and_where_it_is_farthest_from_bayes():
    said = plain(slopes.words(shown([0.1, -0.9, 0.2], [0.6, -0.8, 0.2])))
    most, farthest = said.split("farthest from Bayes")
    assert re.search(r"the value 1 before the last\D*−0\.900\D*−0\.800", most)
    assert re.search(r"the value 2 before the last\D*\+0\.100\D*\+0\.600", farthest)
    assert "0.00010" in farthest


def test_the_words_of_a_derivative_that_is_that_of_bayes_say_so():
    assert "Each influence equals that in Bayes" in slopes.words(shown([0.1, 0.2, 0.4], [0.1, 0.2, 0.4]))


@pytest.mark.parametrize(("own", "bayes", "expected"), [
    ([0.0, 0.0, 0.0], [0.1, 0.1, 0.1], "no value moves the forecast of mlp.sine"),
    ([0.1, 0.1, 0.1], [0.0, 0.0, 1e-9], "no value moves the forecast of Bayes"),
])  # fmt: skip
def test_the_words_of_a_flat_derivative_state_no_direction(own, bayes, expected):
    said = slopes.words(shown(own, bayes))
    assert expected.lower() in said.lower() and "cosine" not in said.lower()


def test_a_name_is_escaped():
    found = shown([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], name="<b>x")
    assert "<b>x" not in slopes.words(found) + slopes.numbers(found)


def test_forecasts_are_drawn_at_their_step_and_those_with_nothing_off_beside_them():
    found = shown([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], off=True)
    drawn = {series["name"]: series["data"] for series in slopes.window(found, -1)["series"]}
    assert drawn["mlp.sine"] == [[2.0, 0.5]] and drawn["nothing off"] == [[2.0, 0.7]]
    assert drawn["window"] == [[-2.0, 1.0], [-1.0, 2.0], [0.0, 3.0]] and drawn["changed"] == [[-1.0, 2.0]]
    assert {series["name"] for series in slopes.slopes(found)["series"]} == set(drawn) - {"window", "changed"}


def test_a_heat_map_colours_each_cell_once_and_nothing_where_there_is_nothing():
    values = np.array([[1.0, 1.0, 0.0], [-1.0, 0.5, 0.5]])
    drawn = filters.heat(values, 1.0)
    cells = [(int(x), int(y), int(w)) for x, y, w in re.findall(r"M(\d+) (\d+)h(\d+)v1", drawn)]
    assert sorted(cells) == [(0, 0, 2), (0, 1, 1), (1, 1, 2)]
    assert "var(--above) 100%" in drawn and "var(--below) 100%" in drawn and "var(--above) 50%" in drawn


def test_bars_reach_the_edge_at_the_largest_weight_and_point_down_below_zero():
    up, down = re.findall(r'<path d="([^"]*)" style', filters.bars(np.array([0.5, -2.0]), 2.0))
    assert up == "M0.1 0h.8v-0.250h-.8z" and down == "M1.1 0h.8v1.000h-.8z"


def test_values_outside_training_have_rings_in_the_window_that_the_legend_leaves_out():
    view = shown([0.1, 0.2, 0.4], [0.1, 0.2, 0.4])
    seen = familiarity.of(Sine(), 3).find(np.array([[0.0, 0.5, 40.0]]))
    inside, outside = (
        slopes.window(view._replace(context=np.array([0.0, 0.5, last]), outside=marked), None)
        for last, marked in ((0.6, None), (40.0, seen))
    )
    (rings,) = [series for series in outside["series"] if series["name"] == "outside training"]
    assert [point["value"] for point in rings["data"]] == [[0.0, 40.0]]
    assert "standard deviations" in rings["data"][0]["label"]["formatter"]
    assert outside["legend"] == inside["legend"]
