"""The benchmarks run, and write what the page of results is made of."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "benchmarks" / "run.py"


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, dict]:
    out = tmp_path_factory.mktemp("results")
    command = [sys.executable, str(RUN), "latency", "startup", "--quick", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    return {path.stem: json.loads(path.read_text("utf-8")) for path in out.iterdir()}


def test_each_benchmark_writes_one_file_with_the_facts_of_the_machine_and_numbers_of_all_that_it_compares(results):
    assert set(results) == {"latency", "startup"}
    for facts in results.values():
        assert facts["quick"] is True
        assert {"date", "processor", "cores", "python", "numpy", "torch", "onnxruntime"} <= set(facts["machine"])


    times, result = results["latency"]["result"]["microseconds"], results["startup"]["result"]
    assert set(times) == {"torchscript", "onnx", "numpy", "plain torchscript", "plain eager", "plain onnx"}
    assert all(set(each) == {"p50", "p99"} for each in times.values())
    assert len(result["processes"]) == 6
    assert all({"wall_seconds", "cpu_seconds"} <= set(each) for each in result["processes"].values())
    assert set(result["first_prediction_seconds"]) == {"torchscript", "onnx", "numpy"}


def test_an_unknown_benchmark_is_refused_with_the_names_that_exist():
    done = subprocess.run([sys.executable, str(RUN), "speed"], capture_output=True, text=True)
    assert done.returncode == 2 and "speed" in done.stderr and "latency" in done.stderr


def test_the_page_is_what_the_committed_results_and_any_new_ones_render(results, monkeypatch):
    monkeypatch.syspath_prepend(str(RUN.parent))
    run, startup = importlib.import_module("run"), importlib.import_module("startup")
    assert run.page(run.RESULTS) == run.PAGE.read_text("utf-8")
    rows = startup.table(results["startup"]["result"]).splitlines()
    (beside,) = (row for row in rows if startup.BESIDE in row)
    assert beside.endswith(" 1.00 |")
