"""The benchmarks run, and write what the page of results is made of."""

from __future__ import annotations

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


def test_each_benchmark_writes_one_file_with_the_facts_of_the_machine(results):
    assert set(results) == {"latency", "startup"}
    for facts in results.values():
        assert facts["quick"] is True
        assert {"date", "processor", "cores", "python", "numpy", "torch", "onnxruntime"} <= set(facts["machine"])


def test_latency_has_a_median_and_a_99th_percentile_of_every_engine_and_of_the_plain_ones(results):
    times = results["latency"]["result"]["microseconds"]
    assert set(times) == {"torchscript", "onnx", "numpy", "plain torchscript", "plain eager", "plain onnx"}
    assert all(0 < each["p50"] <= each["p99"] for each in times.values())


def test_startup_has_wall_and_cpu_time_of_each_process_and_a_first_prediction_of_each_engine(results):
    result = results["startup"]["result"]
    assert len(result["processes"]) == 6
    assert all(each["wall_seconds"] > 0 and each["cpu_seconds"] > 0 for each in result["processes"].values())
    assert set(result["first_prediction_seconds"]) == {"torchscript", "onnx", "numpy"}


def test_an_unknown_benchmark_is_refused_with_the_names_that_exist():
    done = subprocess.run([sys.executable, str(RUN), "speed"], capture_output=True, text=True)
    assert done.returncode == 2 and "there are training, latency, batches, startup" in done.stderr
