"""What must hold of the floors of every signal family."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqzoo.forecasters.exact import best_linear, references_of
from seqzoo.forecasters.floors import floors
from seqzoo.signals import Recall
from support.signal_cases import SIGNALS, rows, z


@pytest.mark.parametrize("made", SIGNALS, ids=lambda made: made.description)
def test_no_reference_is_below_the_one_that_must_be_better(made):
    for table in floors(made, 20, 8, samples=rows(made) // 2):
        tolerance = 4.5 * table.bayes.se
        assert table.noise <= table.bayes.value <= table.best_linear + tolerance
        assert table.best_linear <= min(table.linear["line"], table.linear["last_value"]) + 1e-12


@pytest.mark.parametrize("made", SIGNALS, ids=lambda made: made.description)
def test_the_floors_are_the_errors_that_the_forecasters_make(made):
    draw = made.draw(20_000, 10, 3, np.random.default_rng(31))
    table = floors(made, 10, 3, samples=rows(made))
    for name, forecast in references_of(made, 10, 3).items():
        count = rows(made) if name == "bayes" else len(draw.context)
        errors = (forecast(draw.context[:count]) - draw.target[:count]) ** 2
        for step in range(3):
            stated = dict(table[step].items())[name]
            se = math.hypot(errors[:, step].std() / math.sqrt(count), table[step].bayes.se if name == "bayes" else 0)
            assert abs(errors[:, step].mean() - stated) < 4.5 * se, name


@pytest.mark.parametrize("made", SIGNALS, ids=lambda made: made.description)
def test_the_best_linear_forecaster_leaves_no_gradient(made):
    weights, bias = best_linear(made, 12, 4)
    known = made.moments(12, 4)
    np.testing.assert_allclose(weights @ known.within, known.cross, atol=1e-10)
    np.testing.assert_allclose(weights @ known.context_mean + bias, known.target_mean, atol=1e-12)


def test_the_window_of_recall_has_a_mean_that_the_best_linear_forecaster_takes_off():
    weights, bias = best_linear(Recall(), 20)
    assert (np.abs(bias) > 1e-3).all()
    draw = Recall().draw(50_000, 20, 1, np.random.default_rng(2))
    left = draw.target - draw.context @ weights.T - bias
    assert abs(z(left)[0]) < 4.5
    assert (np.abs(z(left * draw.context)) < 4.5).all()
