"""Calls of the Python interface with what does not belong there."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

import seqzoo
from seqzoo.errors import InputError
from seqzoo.evaluation.backtest import backtest
from seqzoo.evaluation.intervals import calibrate_on_series
from support.engines import ENGINES

SERIES = np.sin(0.1 * np.arange(200))
WINDOW = [0.1] * 20


def repeat(context: Any) -> Any:
    return context[:, -1:, 0].repeat(3, axis=1)


@pytest.mark.parametrize("series", [[[1, 2], [3]], "abc", None, np.full(100, 1e300), np.ones((10, 10))])
def test_what_is_no_series_is_refused_by_the_backtest_and_the_intervals(series: Any) -> None:
    with pytest.raises(InputError, match="series"):
        backtest(repeat, series, 20, 3)
    with pytest.raises(InputError, match="series"):
        calibrate_on_series(repeat, series, 20, 3, 0.5)


@pytest.mark.parametrize("level", ["0.9", None, [0.9]])
def test_a_level_that_is_no_number_is_refused(level: Any) -> None:
    with pytest.raises(InputError, match="level"):
        calibrate_on_series(repeat, SERIES, 20, 3, level)


@pytest.mark.parametrize("said", ["text", [[1.0, 2.0], [3.0]], [object()]])
def test_a_forecaster_that_returns_no_numbers_is_named_as_the_cause(said: Any) -> None:
    with pytest.raises(InputError, match="forecaster"):
        backtest(lambda context: said, SERIES, 20, 3)


@pytest.mark.parametrize("numbers", [{"stride": 1.5}, {"start": 30.0}, {"stride": "2"}])
def test_a_cutoff_between_two_steps_is_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=re.escape(repr(next(iter(numbers.values()))))):
        backtest(repeat, SERIES, 20, 3, **numbers)


def test_a_reference_says_that_it_has_nothing_to_look_into() -> None:
    reference = seqzoo.load("bayes.sine")
    for call in (reference.stream, lambda: reference.trace(WINDOW)):
        with pytest.raises(InputError, match=r"'bayes\.sine'"):
            call()


@pytest.mark.parametrize("name", [None, 3, b"lstm.sine", ["lstm.sine"]])
def test_what_is_neither_a_name_nor_a_path_loads_nothing(name: Any) -> None:
    with pytest.raises(InputError, match=re.escape(repr(name))):
        seqzoo.load(name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_predictor_that_is_loaded_can_be_copied_and_sent_to_another_process(engine: str) -> None:
    predictor = seqzoo.load("lstm.sine", engine)
    said = predictor.predict(WINDOW)
    for again in (pickle.loads(pickle.dumps(predictor)), copy.deepcopy(predictor)):
        assert again.engine == engine
        np.testing.assert_array_equal(again.predict(WINDOW), said)
