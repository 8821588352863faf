"""Student's t distribution against SciPy's, and against what is known exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy  # its modules are imported where they are used

from seqzoo.evaluation.student import quantile, tail

DEGREES = (1, 2, 2.5, 3, 7, 30, 199, 5_000)


def test_tails_are_those_of_scipy_from_the_centre_to_the_far_tail():
    points = (-40.0, -3.0, -0.7, 0.0, 1e-3, 0.3, 1.0, 1.5, 4.0, 30.0, 300.0)
    ours = [[tail(t, degrees) for t in points] for degrees in DEGREES]
    np.testing.assert_allclose(ours, scipy.stats.t.sf(points, np.array(DEGREES)[:, None]), rtol=1e-9)


def test_quantiles_are_those_of_scipy():
    tails = (0.9, 0.4, 0.05, 0.025, 1e-4, 1e-9)
    ours = [[quantile(probability, degrees) for probability in tails] for degrees in DEGREES]
    np.testing.assert_allclose(ours, scipy.stats.t.isf(tails, np.array(DEGREES)[:, None]), rtol=1e-9)
    assert quantile(0.5, 3) == pytest.approx(0, abs=1e-12)


def test_one_degree_of_freedom_is_the_cauchy_distribution():
    for t in (1e-9, 0.2, 1.0, 1e6):
        assert tail(t, 1) == pytest.approx(0.5 - math.atan(t) / math.pi, rel=1e-9)
    assert (tail(math.inf, 3), tail(-math.inf, 3)) == (0, 1)
