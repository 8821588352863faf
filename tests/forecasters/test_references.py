"""The training-free references as predictors: bayes.sine, best_linear.recall and the others."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import seqzoo
from seqzoo import signals
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.forecasters import references, table
from seqzoo.forecasters.exact import references_of
from seqzoo.forecasters.protocol import has_bundle
from seqzoo.forecasters.references import ClosedForm
from seqzoo.forecasters.table import REFERENCES
from seqzoo.runtime import load
from support.terminal import Terminal, terminal

__all__ = ["terminal"]

WINDOW = [f"{value:.3f}" for value in np.sin(0.02 * np.arange(20) - 0.2)]


@pytest.fixture(params=table.names())
def reference(request) -> ClosedForm:
    return load(request.param)


def test_there_is_one_of_every_kind_for_every_signal():
    assert len(table.names()) == len(REFERENCES) * len(signals.FAMILIES)


def test_what_a_forecaster_can_do_is_asked_of_itself_and_reads_no_file_to_tell_whether_it_has_a_bundle(tmp_path):
    asked = {
        name: (model.reference, has_bundle(model), model.is_recurrent, model.reach)
        for name in ("bayes.sine", "line.recall", "lstm.sine", "mlp.sine", "lstm.sine-h50")
        if (model := load(name))
    }
    assert asked == {
        "bayes.sine": ("bayes", False, False, 10_000), "line.recall": ("line", False, False, 10_000),
        "lstm.sine": ("", True, True, 1), "mlp.sine": ("", True, False, 1), "lstm.sine-h50": ("", True, True, 50),
    }  # fmt: skip
    assert has_bundle(load(tmp_path / "there is none"))


def test_a_reference_is_the_forecaster_of_the_floors_at_every_step(reference):
    windows = reference.signal.draw(4, 20, 1, np.random.default_rng(1)).context
    for horizon in (1, 6):
        expected = references_of(reference.signal, 20, horizon)[reference.reference](windows)
        given = reference.forecast(windows[:, :, None], horizon)
        assert given.shape == (4, horizon) and given.dtype == np.float64
        np.testing.assert_allclose(given, expected, atol=1e-6)
    np.testing.assert_allclose(reference.predict(windows[:, :, None]), expected[:, :1], atol=1e-5)


def test_it_is_direct_and_not_fed_back():
    window = signals.make("sine").draw(1, 20, 1, np.random.default_rng(4)).context[0]
    bayes = load("bayes.sine")
    fed = list(window)
    for _ in range(40):
        fed.append(float(bayes.predict(fed[-20:])[0, 0]))
    direct = bayes.forecast(window, 40)[0]
    np.testing.assert_allclose(direct[0], fed[20], atol=1e-6)
    assert abs(direct[-1] - fed[-1]) > 1e-3
    line = load("line.sine").forecast(np.arange(20) / 20, 30)[0]
    np.testing.assert_allclose(line, np.arange(20, 50) / 20, atol=1e-5)
    assert (load("last_value.sine").forecast(window, 9) == window[-1]).all()


def test_it_takes_the_shapes_a_predictor_takes(reference):
    window = np.linspace(-0.5, 0.5, 20)
    expected = reference.predict(window)
    assert expected.shape == (1, 1)
    for same in (window.tolist(), window[:, None], window[None, :, None]):
        np.testing.assert_array_equal(reference.predict(same), expected)
    longer = np.concatenate([[9.0, 9.0], window])
    np.testing.assert_allclose(reference.forecast(longer, 1), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (np.zeros(19), r"\b20\b.*\b19\b"),
        (np.zeros((2, 20)), "channel"),
        (["a"] * 20, "numbers"),
        ([np.nan] * 20, "finite"),
        ([1e39] * 20, "float32"),
        (np.zeros((0, 20, 1)), "batch.* 1 to"),
        (None, r"\b20\b"),
    ],
)
def test_bad_windows_are_refused_as_a_predictor_refuses_them(given, reason):
    with pytest.raises(InputError, match=reason):
        load("bayes.sine").predict(given)
    with pytest.raises(InputError):
        load("bayes.sine").forecast(given, 3)


@pytest.mark.parametrize("horizon", [0, -1, 10_001, 1.5])
def test_a_horizon_out_of_range_is_refused(horizon):
    with pytest.raises(InputError, match=r"horizon.*1 to 10,000"):
        load("last_value.sine").forecast(np.zeros(20), horizon)


@pytest.mark.parametrize("name", ["bayes.sin", "bayes", ".sine", "bayes.sine.x", "noise.sine", "bayes.sine-h5"])
def test_a_name_that_is_none_is_an_unknown_model(name):
    assert references.find(name) is None
    with pytest.raises(UnknownNameError, match=re.escape(repr(name))):
        load(name)


def test_it_has_the_face_of_a_predictor():
    bayes = seqzoo.load("bayes.sine")
    assert bayes.warm() is bayes and bayes.is_loaded and bayes.engine == "exact"
    assert (bayes.name, bayes.context_length, bayes.horizon) == ("bayes.sine", 20, 1)
    assert repr(bayes) == "<ClosedForm bayes.sine>"
    assert seqzoo.load("bayes.sine", "onnx").engine == "exact"
    with pytest.raises(UnknownNameError, match=r"engine.*'abacus'"):
        seqzoo.load("bayes.sine", "abacus")
    with pytest.raises(UnknownNameError, match=r"reference.*'guess'"):
        ClosedForm("guess", "sine")


@pytest.mark.parametrize("name", ["bayes.recall", "best_linear.square", "line.square", "last_value.sine"])
def test_the_command_line_shows_predicts_and_forecasts_it(terminal: Terminal, name: str):
    shown = terminal("show", name)
    assert shown.status == 0 and name in shown.out and "nothing is trained" in shown.out
    assert json.loads(terminal("show", name, "--json").out)["floors"]["noise"] == pytest.approx(0.01)
    expected = load(name).predict([float(value) for value in WINDOW])[0, 0]
    assert float(terminal("predict", name, *WINDOW).out) == pytest.approx(float(expected), rel=1e-5)
    assert json.loads(terminal("predict", name, *WINDOW, "--json").out)["engine"] == "exact"
    ahead = json.loads(terminal("forecast", name, "-n", 4, "--seed", 1, "--json").out)
    assert len(ahead["forecast"]) == len(ahead["observed"]) == 4
    if name.startswith("bayes"):
        np.testing.assert_allclose(ahead["forecast"], ahead["bayes"], atol=1e-6)


@pytest.mark.parametrize("command", ["verify", "reproduce", "tour"])
def test_what_needs_a_bundle_says_that_there_is_none(terminal: Terminal, command: str):
    refusal = terminal(command, "bayes.sine").refusal
    assert "'bayes.sine'" in refusal and "bundle" in refusal


def test_a_reference_cannot_be_trained(terminal: Terminal):
    assert "'bayes.sine'" in terminal("train", "bayes.sine").refusal


@pytest.mark.parametrize("name", ["bayes.sin", "bayes"])
@pytest.mark.parametrize("command", ["show", "verify", "forecast"])
def test_an_unknown_reference_is_one_line(terminal: Terminal, command: str, name: str):
    assert f"'{name}'" in terminal(command, name).refusal


def test_the_list_shows_the_references_of_every_signal_that_a_shipped_model_has(terminal: Terminal):
    rows = {row["name"]: row for row in json.loads(terminal("list", "--json").out)}
    for name in REFERENCES:
        assert rows[f"{name}.sine"]["parameters"] == 0
    assert rows["bayes.sine"]["excess"] == 0 and rows["bayes.sine"]["skill"] == 1
    assert rows["last_value.sine"]["skill"] == 0
    assert rows["best_linear.sine"]["excess"] == pytest.approx(0.127, abs=0.003)
    assert "bayes.sine" in terminal("list").out
