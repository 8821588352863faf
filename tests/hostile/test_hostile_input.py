"""Input that no window may hold, to every engine, in every position."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqzoo
from seqzoo.errors import InputError, SeqzooError
from support.engines import ENGINES
from support.terminal import Terminal

WINDOW = [0.1] * 20
TOO_LONG = [0.1] * 21


@pytest.fixture(scope="module", params=ENGINES)
def predictor(request: pytest.FixtureRequest) -> seqzoo.Predictor:
    return seqzoo.load("lstm.sine", request.param)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf"), 1e39, -1e39, 10**400])
def test_a_value_that_float32_cannot_hold_is_refused_in_every_position(
    predictor: seqzoo.Predictor, bad: float
) -> None:
    for position in range(20):
        window: list[Any] = list(WINDOW)
        window[position] = bad
        for call in (predictor.predict, predictor.trace, lambda w: predictor.forecast(w, 3)):
            with pytest.raises(InputError):
                call(window)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e39])
def test_one_bad_value_in_a_large_batch_is_named(predictor: seqzoo.Predictor, bad: float) -> None:
    batch = np.full((500, 20, 1), 0.1)
    batch[321, 7, 0] = bad
    with pytest.raises(InputError, match="value 8 of window 322"):
        predictor.predict(batch)


NO_WINDOWS: list[Any] = [
    [0.1] * 19,
    TOO_LONG,
    [],
    [[]],
    np.zeros((0, 20, 1)),
    np.zeros((2, 20)),
    np.zeros((1, 20, 2)),
    np.zeros((1,) * 5),
    0.1,
    None,
    "text",
    "0.1 " * 20,
    ["0.1"] * 20,
    [b"1"] * 20,
    np.array(["0.1"] * 20, dtype=object),
    ["a"] * 20,
    [None] * 20,
    [{}] * 20,
    [object()] * 20,
    {},
    [[1.0], [1.0, 2.0]],
    np.full(20, 1j),
    np.zeros(20, "M8[s]"),
    np.zeros(20, "m8[s]"),
    np.zeros(20, "V4"),
    np.zeros(20, [("a", "f4")]),
    np.ma.masked_array(np.zeros(20), mask=[True] + [False] * 19),
]


def test_what_is_not_a_window_is_refused(predictor: seqzoo.Predictor) -> None:
    for bad in NO_WINDOWS:
        calls: list[Callable[[Any], object]] = [predictor.predict, predictor.trace]
        if bad is not TOO_LONG:  # a forecast reads the end of a longer series
            calls.append(lambda window: predictor.forecast(window, 3))
        for call in calls:
            try:
                call(bad)
            except InputError:
                continue
            pytest.fail(f"{bad!r} was taken for a window")


@pytest.mark.parametrize("horizon", [0, -1, 10_001, 10**30, 2.5, "5", None, float("nan")])
def test_a_horizon_out_of_range_is_refused(horizon: Any) -> None:
    with pytest.raises(InputError, match="horizon"):
        seqzoo.load("lstm.sine", "onnx").forecast(WINDOW, horizon)


def test_the_largest_values_of_float32_give_a_finite_forecast(predictor: seqzoo.Predictor) -> None:
    assert np.isfinite(predictor.predict([3.4e38, -3.4e38] * 10)).all()


def test_the_error_of_a_failed_first_call_does_not_spoil_the_next(predictor: seqzoo.Predictor) -> None:
    with pytest.raises(InputError):
        predictor.predict([float("nan")] * 20)
    assert predictor.predict(WINDOW).shape == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_command_line_refuses_another_number_of_values(terminal: Terminal, engine: str) -> None:
    for count in (19, 21, 1):
        line = terminal("predict", "lstm.sine", "--engine", engine, *["0.1"] * count).refusal
        assert f"got {count}" in line and "20" in line


@pytest.mark.parametrize("command", ["predict", "forecast"])
def test_the_command_line_refuses_a_bad_value_in_one_line(terminal: Terminal, command: str) -> None:
    for bad in ("nan", "inf", "-inf", "1e39", "-1e39", "1e400", "text", "0.1.2", "--bogus", "é", "\n\x1b[31m"):
        line = terminal(command, "lstm.sine", *["0.1"] * 10, bad, *["0.1"] * 9).refusal
        assert line.isprintable(), bad


def test_the_command_line_refuses_input_without_numbers(terminal: Terminal) -> None:
    for text in ("", "\n\n", ",,,;;;", "[]"):
        assert "20" in terminal("predict", "lstm.sine", "-", stdin=text).refusal, text


def test_bytes_that_are_not_text_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    for raw in (b"\xff\xfe0.1", b"\x80" * 40, b"0.1 " * 19 + b"\xc3"):
        assert "standard input" in terminal("predict", "lstm.sine", "-", stdin=raw).refusal, raw
        file.write_bytes(raw)
        assert str(file) in terminal("predict", "lstm.sine", "--file", file).refusal, raw


def test_a_file_that_is_missing_a_folder_or_endless_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    for file in (tmp_path / "absent", tmp_path, "/dev/zero"):
        assert str(file) in terminal("predict", "lstm.sine", "--file", file).refusal


def test_numbers_from_two_sources_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    assert "--file" in terminal("predict", "lstm.sine", "1", "--file", tmp_path / "a.csv").refusal


@pytest.mark.parametrize("command", ["predict", "forecast", "show", "verify", "reproduce", "tour"])
def test_an_unknown_model_is_answered_with_the_nearest_three_and_where_all_are(
    terminal: Terminal, command: str
) -> None:
    line = terminal(command, "lstm.sin").refusal
    names = len(json.loads(terminal("list", "--json").out))
    assert "'lstm.sin'" in line and "'lstm.sine'" in line and "`seqzoo list`" in line and str(names) in line
    assert len(re.findall(r"[a-z_]+\.(?:sine|recall|square|two_tone)", line)) == 3 and len(line) < 200
    assert "'bayes.sine'" in terminal("predict", "bays.sine", *WINDOW).refusal


@pytest.mark.parametrize("name", ["", "..", "a" * 5000, "lstm.sine\x00", "\udcff", "LSTM.SINE"])
def test_a_strange_name_of_a_model_is_an_unknown_one(name: str) -> None:
    with pytest.raises(SeqzooError) as caught:
        seqzoo.load(name)
    assert re.search(r"`seqzoo list`.*\d+", str(caught.value)) and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "path", ["./\x00", "./" + "a" * 5000, "./\udcff", "/dev/null", "/proc/self/mem/", "./absent"]
)
def test_a_strange_path_is_not_a_bundle(path: str) -> None:
    with pytest.raises(seqzoo.SeqzooError, match="bundle"):
        seqzoo.load(path, "onnx").predict(WINDOW)


@pytest.mark.parametrize("engine", ["tensorflow", "ONNX", "onnx ", "onxx"])
def test_an_unknown_engine_is_answered_with_the_names(terminal: Terminal, engine: str) -> None:
    line = terminal("predict", "lstm.sine", "--engine", engine, *WINDOW).refusal
    assert "numpy, onnx, torchscript" in line
