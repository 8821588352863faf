"""What the pages write: numbers, the settings of a run before and after they are chosen, ticks, axes."""

from __future__ import annotations

import pytest

from seqzoo._formats import short, typeset, within
from seqzoo.app.ui import charts, controls
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.diagnosis.figures import _ticks
from seqzoo.execution.runs.plans import described
from seqzoo.training.spec import TrainingSpec


def test_numbers_have_the_digits_that_count_and_no_exponent_where_people_write_none() -> None:
    cases = {
        653_450.2: "653,450", 0.22841: "0.2284", 31_824_512.0: "31,824,512", 404.0: "404", 0.0: "0", -12.5: "-12.5",
        3.1e12: "3.1e+12", 2e-5: "2e-05", float("inf"): "inf",
    }  # fmt: skip
    assert {value: short(value) for value in cases} == cases
    assert short(294.53879, 6) == "294.539"
    pairs = {(445.9193, 83.0001): "445.9 ± 83.0", (1.62325e6, 5.18e5): "1,623,250 ± 518,000", (0.5, 0.0): "0.5 ± 0"}
    assert {pair: within(*pair) for pair in pairs} == pairs


def test_pages_have_one_minus_sign_and_what_is_no_sign_is_left_alone() -> None:
    cases = {
        "-0.5 to -.25, (-3), +2": "−0.5 to −.25, (−3), +2", "3e-05": "3e−05", "-inf": "−inf", "±-1%": "±−1%",
        "2024-01-15, lstm.sine-h50, a -b, x --9, 10-20": "2024-01-15, lstm.sine-h50, a -b, x --9, 10-20",
    }  # fmt: skip
    assert {text: typeset(text) for text in cases} == cases
    number = controls.number("one", "-0.1700", "var(--model)", "-0.0012 from Bayes")
    assert ">−0.1700<" in number and ">−0.0012 from Bayes<" in number and "var(--model)" in number


def test_an_optimiser_that_is_not_yet_chosen_is_not_named() -> None:
    spec = TrainingSpec.of_manifest(open_bundle(SHIPPED / "lstm.sine").manifest)
    assert "SOAP" in described(spec)
    waiting = described(spec, is_chosen=False)
    assert "SOAP" not in waiting and "chosen by short trainings" in waiting and "steps" in waiting


@pytest.mark.parametrize("ends", [(0.25, 8.0), (0.8, 0.98), (0.97, 1.02), (1e-5, 1e3), (0.3, 0.7)])
def test_every_range_of_errors_has_a_few_ticks(ends: tuple[float, float]) -> None:
    ticks = _ticks(*ends)
    assert 3 <= len(ticks) <= 9 and ends[0] <= ticks[0] < ticks[-1] <= ends[1] and ticks == sorted(ticks)


def test_labels_of_the_horizontal_axis_keep_apart_over_steps_and_over_time() -> None:
    options = charts.axes("steps from now", "value", [])
    assert options["xAxis"]["axisLabel"]["hideOverlap"]
    assert charts.over_time(options)["xAxis"]["axisLabel"]["textMargin"][1] >= 5  # pixels on both sides
