"""Values keep float64 until they are centred, and no forecast that is not finite leaves any door of the library."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from seqzoo import load
from seqzoo.bundles import shelf, store
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError
from seqzoo.evaluation.backtest import backtest
from seqzoo.evaluation.intervals import calibrate_on_series
from seqzoo.forecasters import table
from seqzoo.forecasters.rollout import recursive
from seqzoo.signals import Sine

SERIES = np.round(Sine().series(2000, seed=8).observed, 4)  # rounded, so that 1.7e9 more still holds every digit
CENTERS = (0.0, 1e6, 1.7e9)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """Bundles that are `lstm.sine` for its signal plus each of CENTERS."""
    folder = tmp_path_factory.mktemp("moved")
    for center in CENTERS:
        path = shutil.copytree(shelf.find("lstm.sine"), folder / f"{center:g}")
        facts = json.loads((path / store.MANIFEST).read_text("utf-8"))
        facts["contract"]["scaling"].update(center=center)
        (path / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    return {center: folder / f"{center:g}" for center in CENTERS}


def test_the_error_of_a_forecaster_is_the_same_at_every_offset_and_in_every_unit():
    last, expected = load("last_value.sine"), np.mean(np.diff(SERIES[19:]) ** 2)
    for offset, unit in ((0, 1), (1e6, 1), (1.7e9, 1), (0, 1e-9), (0, 1e12)):
        found = backtest(lambda windows: last.forecast(windows, 1), offset + unit * SERIES, 20, 1).steps[0]
        assert found.value / unit**2 == pytest.approx(expected, rel=1e-6), (offset, unit)


def test_every_reference_but_the_posterior_moves_with_the_series():
    window = SERIES[:20]
    for name in ("line.sine", "last_value.sine"):
        plain, far = load(name).forecast(window, 5), load(name).forecast(window + 1.7e9, 5)
        assert plain.dtype == far.dtype == np.float64
        np.testing.assert_allclose(far - 1.7e9, plain, atol=1e-5)


def test_a_bundle_whose_center_is_far_away_forecasts_as_one_at_zero(moved):
    plain = load(moved[0.0], "numpy")
    windows = np.lib.stride_tricks.sliding_window_view(SERIES, 20)[:50, :, None]
    expected, rolled = plain.predict(windows), plain.forecast(windows[0], 40)
    assert expected.dtype == np.float32
    for center in CENTERS[1:]:
        far = load(moved[center], "numpy")
        ahead = far.predict(windows + center)
        assert ahead.dtype == np.float64
        np.testing.assert_allclose(ahead - center, expected, atol=1e-6)
        np.testing.assert_allclose(far.forecast(windows[0] + center, 40) - center, rolled, atol=1e-4)
        trace = far.trace(windows[0] + center)
        np.testing.assert_allclose(trace.forecast - center, expected[:1], atol=1e-5)


def test_a_stream_and_intervals_are_centred_before_they_are_rounded(moved):
    far, near = load(moved[1.7e9]).stream(), load(moved[0.0]).stream()
    for value in SERIES[:20]:
        ahead, expected = far.push(value + 1.7e9), near.push(value)
    np.testing.assert_allclose(ahead - 1.7e9, expected, atol=1e-6)
    radii = [
        calibrate_on_series(load(moved[at], "numpy").predict, SERIES[:400] + at, 20, 1, 0.9).radius for at in CENTERS
    ]
    np.testing.assert_allclose(radii, [radii[0]] * 3, atol=1e-5)


def test_a_roll_out_feeds_back_what_float32_would_round_away():
    step = 1e-4
    ahead = recursive(lambda windows: windows[:, -1] + step, np.full((1, 3, 1), 1e6, np.float32), 100)
    np.testing.assert_allclose(ahead[0, -1] - 1e6, 100 * step, atol=1e-7)


@pytest.mark.parametrize(("center", "dtype"), [(0.0, np.float32), (1.7e9, np.float64)])
def test_what_an_engine_reads_is_contiguous_and_finite_in_float32(moved, center, dtype):
    predictor, read = load(moved[center], "numpy").warm(), []
    run = predictor._engine.run
    predictor._engine = type("Spy", (), {"run": staticmethod(lambda batch: (read.append(batch), run(batch))[1])})()
    for windows in (SERIES[:20] + center, np.arange(20), (SERIES[:40] + center).reshape(2, 20, 1)[::-1]):
        predictor.predict(windows)
    assert len(read) == 3
    for batch in read:
        assert batch.dtype == dtype and batch.flags.c_contiguous and np.isfinite(batch).all()


def test_a_scaling_takes_its_center_off_in_float64():
    scaling = Scaling(1.7e9, 0.5)
    values = 1.7e9 + SERIES
    np.testing.assert_allclose(scaling.standardise(values), 2 * SERIES, atol=1e-5)
    np.testing.assert_allclose(scaling.restore(scaling.standardise(values)), values, atol=1e-6)


HUGE = np.full(20, 3e38)
NOT_FINITE = "window 1 is not finite"


def test_a_forecast_that_is_not_finite_is_an_error():
    for name in ("mlp.sine", "tcn.sine", "mlp.sine_any", "mlp.recall"):
        predictor = load(name, "onnx")
        window = np.resize(HUGE, predictor.context_length)
        for ask in (predictor.predict, lambda values, model=predictor: model.forecast(values, 60)):
            with pytest.raises(InputError, match=NOT_FINITE):
                ask(window)
    rising = np.linspace(0, 3.3e38, 20)
    with pytest.raises(InputError, match=NOT_FINITE):
        load("line.sine").predict(rising)


@pytest.mark.parametrize("name", table.names())
def test_a_reference_forecasts_a_finite_number_or_refuses(name):
    for window in (HUGE, HUGE * np.resize([1, -1], 20)):
        try:
            ahead = load(name).forecast(window, 30)
        except InputError as refusal:
            assert NOT_FINITE in str(refusal)
        else:
            assert np.isfinite(ahead.astype(np.float32)).all()


def test_a_stream_whose_forecast_is_not_finite_stays_as_it_was(moved, tmp_path):
    path = shutil.copytree(moved[0.0], tmp_path / "wide")
    text = (path / store.MANIFEST).read_text("utf-8")
    facts = json.loads(text)
    facts["contract"]["scaling"].update(center=3.4e38, scale=1e38)
    (path / store.MANIFEST).write_text(json.dumps(facts), "utf-8")
    predictor, rising = load(path, "numpy"), 3.4e38 + 2e36 * np.arange(-19, 1)
    stream = predictor.stream()
    seen, before = 0, stream.states
    with pytest.raises(InputError, match=NOT_FINITE):
        for value in rising:
            stream.push(value)
            seen, before = stream.seen, stream.states
    assert stream.seen == seen > 1
    for name, state in stream.states.items():
        np.testing.assert_array_equal(state, before[name])
    for ask in (predictor.predict, lambda window: predictor.forecast(window, 3)):
        with pytest.raises(InputError, match=NOT_FINITE):
            ask(rising)
