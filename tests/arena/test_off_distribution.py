"""The errors off the training distribution: the two Bayes forecasters, the models, and the numbers stated."""

from __future__ import annotations

import numpy as np
import pytest

from seqzoo.arena.experiments import shelf_models
from seqzoo.arena.experiments.off_distribution import OffDistribution, measuring, report
from seqzoo.arena.experiments.off_distribution.measuring import KNOWS, LINEAR, SWEEPS, TOLD_NOTHING, SweepCase
from seqzoo.errors import InputError
from seqzoo.evaluation import plots
from seqzoo.forecasters.exact import linear_mse
from seqzoo.signals import Sine, make
from support import warm


def last_value(windows):
    return windows[:, -1]


@pytest.fixture(scope="module")
def swept():
    results = measuring.begin("sine", 600, ["last"])
    for parameter in reversed(SWEEPS):  # processes end in any order
        case = SweepCase(parameter, ("last",), "sine", 600)
        results.enter(case, measuring.sweep(parameter, {"last": last_value}, windows=600))
    return results


def points_of(results):
    return [(parameter, point) for parameter, points in results.sweeps.items() for point in points]


def test_the_bayes_forecaster_that_knows_is_never_beaten(swept):
    for parameter, point in points_of(swept):
        floor, error = point.mse[KNOWS]
        for name, (mse, se) in point.mse.items():
            assert floor - mse < 5 * (se + error) + 1e-9, (parameter, point.value, name)


def test_at_the_training_value_and_only_there_the_two_bayes_forecasters_agree(swept):
    for parameter, point in points_of(swept):
        assert (point.expected[TOLD_NOTHING] == point.expected[KNOWS]) == (
            point.value == swept.training[parameter]
        ), (parameter, point.value)


def test_every_parameter_is_varied_alone_and_passes_through_its_training_value(swept):
    assert list(swept.sweeps) == ["angular_frequency", "sigma", "amplitude"]
    for parameter, points in swept.sweeps.items():
        values = [point.value for point in points]
        assert swept.training[parameter] in values and values == sorted(set(values))
    at_training = {point.expected[KNOWS] for parameter, point in points_of(swept)
                   if point.value == swept.training[parameter]}
    assert len(at_training) == 1


def test_what_is_expected_agrees_with_what_was_measured(swept):
    for parameter, point in points_of(swept):
        for name, (mse, se) in point.mse.items():
            assert abs(point.expected[name] - mse) < 5 * se + 1e-9, (parameter, point.value, name)


def test_the_errors_of_the_linear_forecasters_are_those_that_theory_states(swept):
    from seqzoo.forecasters.exact import best_linear
    from seqzoo.forecasters.simple import last_value_weights

    linear = best_linear(Sine(), 20)
    for parameter, point in points_of(swept):
        changed = make("sine", {parameter: point.value})
        for name, exact in (
            (LINEAR, linear_mse(changed, linear.weights, linear.bias)[0]),
            ("last", linear_mse(changed, last_value_weights(20))[0]),
        ):
            assert abs(point.mse[name].value - exact) < 5 * point.mse[name].se + 1e-9, (parameter, point.value, name)


def test_without_noise_the_floor_is_zero_and_everything_stated_is_finite(swept):
    silent = swept.sweeps["sigma"][0]
    assert silent.value == 0 and silent.expected[KNOWS] < 1e-9 < silent.expected[LINEAR]
    text = report.markdown(swept)
    assert "nan" not in text and "inf" not in text


def test_results_come_back_from_their_file_as_they_were(swept, tmp_path):
    OffDistribution().save(swept, tmp_path)
    assert OffDistribution().read(tmp_path) == swept


def test_the_table_states_the_results_and_a_model_by_its_name(swept):
    text = report.markdown(swept)
    far = swept.sweeps["amplitude"][-1]
    row = " | ".join(f"{far.expected[name]:.3g}" for name in far.expected)
    assert f"| amplitude 3 | {row} |" in text
    assert f"| {report.display_name(KNOWS)} | {report.display_name(TOLD_NOTHING)} | {LINEAR} | last |" in text


def test_the_figure_has_a_panel_for_each_parameter_and_a_curve_for_each_forecaster(swept, tmp_path):
    figure = report.figure(swept)
    assert len(figure.axes) == 3
    for axes in figure.axes:
        assert {line.get_label() for line in axes.lines} >= {*report.NAMES.values(), LINEAR, "last"}
        assert all(np.all(np.asarray(line.get_ydata()) > 0) for line in axes.lines[:4])
    plots.save(figure, tmp_path / "shift.svg")
    assert (tmp_path / "shift.svg").read_text("utf-8").startswith("<?xml")


def test_a_signal_with_a_frequency_of_its_own_per_series_is_refused():
    with pytest.raises(InputError, match=r"'sine_any'.*sine, square"):
        measuring.check("sine_any", 10)


def test_models_are_those_of_the_signal_and_each_refusal_says_why():
    assert "lstm.sine" in shelf_models.fitting([], "sine")
    assert all(not name.startswith("lstm.sine") for name in shelf_models.fitting([], "square"))
    with pytest.raises(InputError, match=r"lstm.sine.*'sine'.*'square'"):
        shelf_models.fitting(["lstm.sine"], "square")


def test_the_sweep_and_what_is_made_of_every_experiment_need_no_torch():
    code = """
import sys
from seqzoo.arena.experiments import EXPERIMENTS
from seqzoo.arena.experiments.off_distribution.measuring import sweep
sweep("sigma", {}, windows=10)
for experiment in EXPERIMENTS:
    results = experiment.read(experiment.committed[0].folder)
    experiment.summarise(results, "", ()), experiment.markdown(results)
sys.exit("torch" in sys.modules)
"""
    ran = warm.run(code)
    assert ran.returncode == 0, ran.stderr
