"""The doctor on series whose law is known: it names the right kind. Trains small networks."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import seqzoo
from seqzoo.diagnosis import contest, each, figures, html
from seqzoo.diagnosis.depths import QUICK
from seqzoo.diagnosis.description import Given, describe
from seqzoo.diagnosis.ground import Ground
from seqzoo.diagnosis.networks import TwinTraining
from seqzoo.diagnosis.report import STAGES, Report
from seqzoo.diagnosis.stages import Step, stages
from seqzoo.errors import InputError
from seqzoo.execution import tasks
from support import forked
from support.in_process import Here
from support.terminal import Terminal

COUNT = 700


def recursion(rng: np.random.Generator, first: float, second: float) -> np.ndarray:
    values = np.zeros(COUNT + 100)
    for step in range(2, len(values)):
        values[step] = first * values[step - 1] + second * values[step - 2] + rng.standard_normal()
    return values[100:]


def logistic(rng: np.random.Generator) -> np.ndarray:
    values = np.empty(COUNT)
    values[0] = 0.4
    for step in range(1, COUNT):
        law = 3.8 * values[step - 1] * (1 - values[step - 1])
        values[step] = np.clip(law + 0.03 * rng.standard_normal(), 0.001, 0.999)
    return values


def seasonal(rng: np.random.Generator) -> np.ndarray:
    return 3 * np.sin(2 * np.pi * np.arange(COUNT) / 12) + recursion(rng, 0.6, 0.0)


SERIES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "AR(2)": lambda rng: recursion(rng, 0.6, -0.7),
    "seasonal": seasonal,
    "logistic map": logistic,
    "random walk": lambda rng: rng.standard_normal(300).cumsum(),
    "white noise": lambda rng: rng.standard_normal(300),
}


@pytest.fixture(scope="module")
def steps() -> dict[str, list[Step]]:
    reached: dict[str, list[Step]] = {name: [] for name in SERIES}
    for name, draw in SERIES.items():
        report = seqzoo.doctor(draw(np.random.default_rng(0)), depth="quick", on_step=reached[name].append)
        assert reached[name][-1].report == report
    return reached


@pytest.fixture(scope="module")
def reports(steps: dict[str, list[Step]]) -> dict[str, Report]:
    return {name: reached[-1].report for name, reached in steps.items()}


def test_each_law_gets_its_kind(reports):
    kinds = {name: report.verdict.kind for name, report in reports.items()}
    assert kinds == {"AR(2)": "linear", "seasonal": "linear", "logistic map": "network", "random walk": "naive",
                     "white noise": "naive"}  # fmt: skip
    assert reports["random walk"].verdict.use == "last_value" and reports["white noise"].verdict.use == "mean"
    assert reports["seasonal"].series.season == 12 and reports["seasonal"].protocol.horizon == 12


def test_only_the_nonlinear_law_is_seen_by_the_test_of_linearity(reports):
    rejected = {name for name, report in reports.items() if report.surrogates.p <= 0.05}
    assert rejected == {"logistic map"}
    gain = reports["logistic map"].verdict.gain
    assert gain.over == "linear" and 0.5 < gain.low < gain.value < 1


def test_the_verdict_has_three_sentences_and_names_what_is_used(reports):
    for report in reports.values():
        row = next(row for row in report.contest if row.name == report.verdict.use)
        assert report.verdict.text.startswith(f"Use {row.label}")
        assert len(re.findall(r"\.(?: |$)", report.verdict.text)) == 3


def test_the_page_holds_every_figure_and_asks_for_nothing_from_elsewhere(reports):
    page = html.page(reports["seasonal"])
    for kind in ("wide", "narrow"):  # for a screen and for a phone
        assert page.count(f'<figure class="{kind}"') == 5
    assert page.count("<svg") == 10
    assert "<script" not in page and not re.search(r'(src|href)="(?!#)', page)
    assert "prefers-color-scheme: dark" in page
    for row in reports["seasonal"].contest:
        assert row.label in page


def test_the_figure_marks_the_first_cutoff_at_its_step_also_after_gaps(rng):
    values = rng.standard_normal(300).cumsum()
    values[40:90] = np.nan
    given = Given.of(values)
    ground = Ground.of(given, 1, None, QUICK)
    report = Report(describe(given), ground.protocol(QUICK), given)
    axes = figures.figure_of(report, "series").axes[0]
    (mark,) = [line for line in axes.lines if line.get_label() == "first cutoff"]
    assert mark.get_xdata()[0] == ground.first == ground.training + 50


def test_the_stages_come_one_by_one_and_processes_change_nothing(
    home: Path, steps: dict[str, list[Step]], monkeypatch: pytest.MonkeyPatch
):
    alone = steps["white noise"]
    order = list(dict.fromkeys(step.stage for step in alone))
    assert sorted(order) == sorted(STAGES) and order[0] == "series" and order[-1] == "verdict"
    assert alone[0].report.contest == []
    context = forked.context()
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: context)
    together = seqzoo.doctor(SERIES["white noise"](np.random.default_rng(0)), depth="quick", workers=2)
    assert (together.contest, together.verdict) == (alone[-1].report.contest, alone[-1].report.verdict)
    assert not home.exists()  # the trainings write nothing


def test_no_forecast_of_a_network_depends_on_a_value_after_the_first_cutoff_but_those_it_reads(rng):
    values = rng.standard_normal(200).cumsum()
    ground = Ground.of(Given.of(values), 1, None, QUICK)
    changed = dataclasses.replace(ground, values=np.where(np.arange(200) < ground.first, values, -5 * values))
    small = dataclasses.replace(QUICK, architectures=(dataclasses.replace(QUICK.architectures[0], steps=5),))
    one, other = (contest.trainings(each, small)[0][0].forecast() for each in (ground, changed))
    assert (one[0] == other[0]).all() and (one[1] != other[1]).all()


def test_a_network_loses_to_the_best_forecaster_of_the_twin_the_less_the_more_values_it_has():
    values = SERIES["AR(2)"](np.random.default_rng(3))
    small = dataclasses.replace(QUICK.architectures[0], steps=200)
    few, many = (TwinTraining(small, 8, 1, 1, values, points).excess() for points in (60, 3000))
    assert 0 < many[0] < 0.1 < few[0]
    assert many[1] == few[1] == pytest.approx(1.0, rel=0.2)  # the variance of the shocks, and hardly any noise


def test_a_diagnosis_can_be_stopped_before_its_trainings():
    values = SERIES["AR(2)"](np.random.default_rng(1))[:200]
    steps = list(stages(Given.of(values), depth="quick", should_stop=lambda: True))
    assert steps[-1].stage != "verdict" and steps[-1].report.verdict is None


def test_an_unknown_depth_is_refused():
    with pytest.raises(InputError, match="one of quick, default, deep, got 'slow'"):
        seqzoo.doctor(np.arange(50.0), depth="slow")


def test_the_command_prints_one_page_and_writes_json_and_html(
    terminal: Terminal, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[dict[str, object]] = []
    reached: list[Step] = []

    def once(given: Given, **options: object) -> Iterator[Step]:
        """The diagnosis, computed for the first of the two forms."""
        asked.append({"values": given.values.tolist(), **options, "should_stop": None})
        if not reached:
            reached.extend(stages(given, **options))
        assert asked[0] == asked[-1]
        yield from reached

    monkeypatch.setattr(sys.modules[stages.__module__], "stages", once)
    file, page = tmp_path / "load.csv", tmp_path / "report.html"
    file.write_text("\n".join(map(str, SERIES["logistic map"](np.random.default_rng(0))[:300])))
    done = terminal("doctor", file, "--quick", "--on", "local:1", "--html", page)
    assert done.status == 0 and done.err == ""
    assert len(done.out.splitlines()) <= 45 and "Use mlp: it has the lowest error." in " ".join(done.out.split())
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert [" ".join(each.split()).count("quick depth") for each in (done.out, text)] == [1, 1]  # what it leaves out
    facts = json.loads(terminal("doctor", file, "--quick", "--on", "local:1", "--json").out)
    assert len(asked) == 2 and not home.exists()
    assert facts["series"]["name"] == "load" and facts["series"]["length"] == 300
    assert {"name", "mase", "interval"} <= facts["contest"][0].keys()
    assert facts["twin"] == {"excess": None, "network": "", "points": 0, "reason": "the quick depth leaves it out"}
    assert facts["surrogates"]["p"] == 0.05 and facts["verdict"]["kind"] == "network"
    assert facts["verdict"]["use"] == "mlp" and facts["verdict"]["gain"]["over"] == "linear"


def test_many_series_are_counted_by_what_serves_them_and_a_bad_file_is_named(
    reports: dict[str, Report], terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The diagnoses are those of the fixture, found by their values: they take seconds."""
    by_values = {report.given.values.tobytes(): report for report in reports.values()}
    monkeypatch.setattr(each, "doctor", lambda series, **options: by_values[series.values.tobytes()])
    monkeypatch.setattr(tasks, "place", Here)
    longest = max(len(report.given.values) for report in reports.values())
    (tmp_path / "data").mkdir()
    for number, report in enumerate(reports.values()):
        stamps = pl.datetime_range(pl.datetime(2000, 1, 1), pl.datetime(2020, 1, 1), "1d", eager=True)[:longest]
        values = report.given.values
        frame = pl.DataFrame({"unique_id": report.given.name, "ds": stamps[: len(values)], "y": values})
        frame.with_columns(unique_id=pl.lit(f"s{number}")).write_parquet(tmp_path / "data" / f"{number}.parquet")
    (tmp_path / "data" / "bad.csv").write_text("y\n1\nmany\n")
    out = tmp_path / "rows"
    facts = json.loads(terminal("doctor", tmp_path / "data", "--quick", "--out", out, "--json").out)
    assert {one["kind"]: one["series"] for one in facts["kinds"]} == {
        "naive": 2, "linear": 2, "statistical": 0, "network": 1,
    }  # fmt: skip
    names = list(reports)
    first, *rest = facts["helped"]
    assert names[int(first["series"][1:])] == "logistic map" and first["is_used"] and first["gain"] > 0.5
    assert not any(one["is_used"] for one in rest)
    (bad,) = facts["refused"]
    assert bad["file"].endswith("bad.csv") and "'many'" in bad["reason"] and facts["series"] == 6
    told = terminal("doctor", *sorted((tmp_path / "data").iterdir()), "--quick", "--on", "ray:X", "--out", out)
    assert told.status == 0 and "a network helps most on" in told.out and "Without a result: 1" in told.out
    assert (out / "rows.parquet").exists() and "--only" in terminal(
        "doctor", tmp_path / "data", "--quick", "--html", tmp_path / "report.html"
    ).refusal
    assert "on this machine" in terminal("doctor", "series:nile", "--quick", "--on", "ray").refusal


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["series:nile", "--quick", "--deep"], "exclude each other"),
        (["series:nil"], "unknown series 'series:nil'"),
        (["nowhere.csv"], "cannot read nowhere.csv"),
        (["series:nile", "--season", "80"], "to 33 steps"),
        (["series:nile", "--value", "flow"], "do not fit series:nile"),
    ],
)
def test_what_cannot_be_diagnosed_is_one_line(terminal: Terminal, arguments: list[str], message: str):
    assert message in terminal("doctor", *arguments).refusal
