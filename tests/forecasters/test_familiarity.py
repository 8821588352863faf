"""What lies outside training is found, and nothing that training shows is taken for it."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from seqzoo import load, signals
from seqzoo.errors import OutsideTrainingWarning
from seqzoo.forecasters import familiarity
from seqzoo.signals import Sine
from support.terminal import Terminal, terminal

__all__ = ["terminal"]

RAMP = np.linspace(-0.95, 0.95, 20)
ZIGZAG = np.resize([0.9, -0.9], 20)
KELVIN = 290 + Sine().draw(1, 20, 1, np.random.default_rng(0)).context[0]


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_of_a_thousand_fresh_windows_of_a_signal_at_most_one_lies_outside(family):
    for length, windows in ((2, 20_000), (20, 20_000), (300, 6_000)):
        signal = signals.make(family)
        fresh = signal.draw(windows, length, 1, np.random.default_rng(5)).context
        assert familiarity.of(signal, length).judge(fresh).outside.mean() <= 1e-3, length


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_what_is_stored_of_a_signal_is_what_would_be_computed(family):
    stored = json.loads(familiarity.STORED.read_bytes())[family]
    signal, axes = signals.make(family), np.array(stored["axes"])
    within = signal.moments(20, 1).within
    floor = (familiarity.LEAST_SPREAD * stored["sd"]) ** 2
    np.testing.assert_allclose(axes.T @ within @ axes, np.eye(20), atol=1e-6 if signal.sigma**2 > floor else 1.0)
    for key, value in familiarity.drawn(signal, 20, axes).items():
        np.testing.assert_allclose(stored[key], value, rtol=1e-6, atol=1e-9, err_msg=key)


@pytest.mark.parametrize("family", signals.FAMILIES)
def test_what_training_never_showed_lies_outside_and_by_how_far(family):
    signal = signals.make(family)
    known = familiarity.of(signal, 20)
    sd = signal.draw(100_000, 20, 1, np.random.default_rng(1)).context.std()
    for window in (np.full(20, 5.0), KELVIN, -1000 * RAMP, np.full(20, 3e38)):
        found = known.find(window[None])
        assert found.value == pytest.approx(np.abs(window).max() / sd, rel=0.05) and found.value > found.value_reach
        assert "value" in found.note


def test_a_ramp_and_a_zigzag_within_the_range_of_a_sine_lie_outside_by_their_shape():
    known = familiarity.of(Sine(), 20)
    for window in (RAMP, -RAMP, ZIGZAG):
        found = known.find(window[None])
        assert found.value < found.value_reach and found.shape > found.shape_reach and "shape" in found.note
    assert known.find(np.zeros((1, 20))) is None and known.find(RAMP[None] / 20) is None


def test_one_window_and_many_are_judged_alike_and_the_note_counts_them():
    signal, known = Sine(), familiarity.of(Sine(), 20)
    wide = Sine(sigma=0.2, amplitude=1.2)
    drawn = [part.draw(1500, 20, 1, np.random.default_rng(2)).context for part in (signal, wide)]
    windows = np.concatenate(drawn * 2)
    judged = known.judge(windows)
    assert [known.find(window[None]) is not None for window in windows] == judged.outside.tolist()
    assert 100 < judged.outside.sum() < 3000 and not judged.outside[:1500].any()
    assert f"{judged.outside.sum():,} of 6,000" in judged.note


def test_rounding_is_no_noise_and_noise_is_strange_to_a_signal_without_any():
    quiet = Sine(sigma=0.0)
    fresh = quiet.draw(2000, 20, 1, np.random.default_rng(3)).context
    known = familiarity.of(quiet, 20)
    assert known.find(fresh) is None and known.find(fresh.astype(np.float32)) is None
    assert known.judge(Sine().draw(50, 20, 1, np.random.default_rng(3)).context).outside.all()


def test_a_long_window_is_judged_in_bounded_time_and_memory():
    known = familiarity.of(Sine(), 1500)
    assert len(known._axes) == familiarity.LONGEST
    assert known.find(np.linspace(-1, 1, 1500)[None]) is not None


def test_a_loaded_model_warns_once_where_it_is_asked():
    for name in ("lstm.sine", "bayes.sine", "best_linear.sine"):
        for ask in ("predict", "forecast"):
            model, rest = load(name), () if ask == "predict" else (3,)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                for window in (np.zeros(20), RAMP / 20, RAMP, KELVIN, ZIGZAG):
                    getattr(model, ask)(window, *rest)
            assert [warning.category for warning in caught] == [OutsideTrainingWarning], (name, ask)
            assert caught[0].filename == __file__ and name in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("line.sine", "last_value.sine"):  # they assume no signal
            load(name).predict(KELVIN)
            assert load(name).outside(KELVIN) is None
        lstm = load("lstm.sine")
        lstm.predict(Sine().draw(300, 20, 1, np.random.default_rng(9)).context[:, :, None])
        with pytest.raises(OutsideTrainingWarning):
            lstm.predict(np.tile(KELVIN, (40, 1))[:, :, None])


def test_a_stream_says_it_of_a_value_at_once_and_of_a_shape_once_it_has_a_window():
    stream = load("lstm.sine").stream()
    assert stream.outside() is None
    stream.push(5.0)
    assert "value" in stream.outside().note and "7.0" in stream.outside().note
    stream.reset()
    told = []
    for value in ZIGZAG:
        stream.push(value)
        told.append(stream.outside())
    assert told[:-1] == [None] * 19 and "shape" in told[-1].note


def test_the_command_line_says_it_beside_a_forecast(terminal: Terminal, tmp_path):
    ramp = tmp_path / "ramp.csv"
    ramp.write_text("\n".join(map(str, range(60))), "utf-8")
    commands = (["predict", "lstm.sine", *map(str, range(20))], ["forecast", "lstm.sine", "--file", ramp, "-n", 3],
                ["backtest", "lstm.sine", "--file", ramp, "-n", 3])  # fmt: skip
    for command in commands:
        said = terminal(*command)
        assert said.status == 0 and "Outside what training saw" in said.err and "Outside" not in said.out, said
        told = json.loads(terminal(*command, "--json").out)["outside_training"]
        assert told["value"] > told["value_reach"] and told["note"] in said.err
    quiet = ["predict", "lstm.sine", *["0.1"] * 20]
    assert terminal(*quiet).err == "" and json.loads(terminal(*quiet, "--json").out)["outside_training"] is None
    drawn = terminal("forecast", "lstm.sine", "-n", 3, "--json")
    assert drawn.err == "" and json.loads(drawn.out)["outside_training"] is None
