"""The benchmarks run, and write what the page of results is made of."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.engines import ENGINES

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield importlib.import_module("run")


@pytest.fixture(scope="module")
def results(run: ModuleType, tmp_path_factory) -> dict[str, dict]:
    """Of few rounds, in this process, which has torch; and without another that would import it."""
    out = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("startup"), "ENGINES", ("onnx", "numpy"))
        patch.setattr(sys, "argv", ["run.py", "latency", "startup", "--quick", "--out", str(out)])
        run.main()
    return {path.stem: json.loads(path.read_text("utf-8")) for path in out.iterdir()}


def test_each_benchmark_writes_one_file_with_the_facts_of_the_machine_and_numbers_of_all_that_it_compares(results):
    assert set(results) == {"latency", "startup"}
    for facts in results.values():
        assert facts["quick"] is True
        assert {"date", "processor", "cores", "python", "numpy", "torch", "onnxruntime"} <= set(facts["machine"])
    times, result = results["latency"]["result"]["microseconds"], results["startup"]["result"]
    assert set(times) == {*ENGINES, "plain torchscript", "plain eager", "plain onnx"}
    assert all(set(each) == {"p50", "p99"} for each in times.values())
    assert len(result["processes"]) == 6
    assert all({"wall_seconds", "cpu_seconds"} <= set(each) for each in result["processes"].values())
    assert set(result["first_prediction_seconds"]) == {"onnx", "numpy"}


def test_an_unknown_benchmark_is_refused_with_the_names_that_exist(run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "speed"])
    with pytest.raises(SystemExit) as ended:
        run.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "speed" in said and "latency" in said


def test_the_page_is_what_the_committed_results_and_any_new_ones_render(run, results):
    startup = importlib.import_module("startup")
    assert run.page(run.RESULTS) == run.PAGE.read_text("utf-8")
    rows = startup.table(results["startup"]["result"]).splitlines()
    (beside,) = (row for row in rows if startup.BESIDE in row)
    assert beside.endswith(" 1.00 |")
