"""docs/your-own-series.md: its code writes the file, its commands run, and what it says of them holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
import pytest

from seqzoo.bundles import store
from support.terminal import Terminal

PAGE = (Path(__file__).parents[2] / "docs" / "your-own-series.md").read_text("utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^seqzoo .*$", PAGE, re.MULTILINE)]

pytestmark = pytest.mark.usefixtures("forked_places")


def test_the_walk_of_the_page_runs_from_the_file_to_a_model_in_the_units_of_the_file(
    terminal: Terminal, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(CODE, "page", "exec"), {})
    told = {words[0]: terminal(*words) for words in COMMANDS}
    walk = ["doctor", "train", "forecast", "forecast", "backtest", "verify", "reproduce", "show"]
    assert [words[0] for words in COMMANDS] == walk
    assert all(each.status == 0 for each in told.values()), told
    assert "Use best linear" in " ".join(told["doctor"].out.split())
    scores = re.findall(r"^ (best linear|mlp\.meter) +(\S+)", told["train"].out, re.MULTILINE)
    assert [name for name, _ in sorted(scores, key=lambda row: float(row[1]))] == ["best linear", "mlp.meter"]
    assert "'Verbrauch (kWh)' with a decimal comma" in told["train"].err
    assert "mlp.meter passes" in told["verify"].out and "reproduces" in told["reproduce"].out

    results = pl.read_parquet("results.parquet")
    assert {"mlp.meter", "linear", "seasonal_naive"} < set(results["forecaster"]) and results["ds"].min().month == 2
    assert "/models/mlp.meter?view=mistakes&window=" in told["backtest"].out.splitlines()[-2]

    ahead = pl.read_csv("ahead.csv")
    assert ahead.columns == ["time", "forecast", "lower_90", "upper_90"] and len(ahead) == 24
    assert ahead["time"][0] == "11.02.2024 16:00" and "moved by the 200 latest errors" in told["forecast"].out
    assert "interval of level 0.95" in Path("ahead.svg").read_text("utf-8")
    assert re.search(r"^ 90% +adaptive +\d", told["train"].out, re.MULTILINE)
    bundle = store.open_bundle(home / "models" / "mlp.meter")
    length = bundle.manifest.contract.context_length
    rows = Path("meter.csv").read_text().split("\n")[1:]
    values = [float(row.partition(";")[2].replace(",", ".")) for row in rows]
    session = onnxruntime.InferenceSession(bundle.read(store.ONNX))
    (forecast,) = session.run(None, {"context": np.array(values[-length:]).reshape(1, length, 1)})
    np.testing.assert_allclose(forecast[0], ahead["forecast"].to_numpy(), rtol=1e-9)


def test_a_file_of_another_frequency_or_far_outside_is_not_forecast_in_silence(
    terminal: Terminal, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(CODE, "page", "exec"), {})
    few = ["--scaling", "series", "--context-length", 24, "--keep-worse"]
    few += ["--set", "recipe.steps=20", "--set", "recipe.optimiser=adam"]
    assert terminal("train", "mlp", "--series", "meter.csv", "--horizon", 2, *few).status == 0
    days = "\n".join(f"2024-01-{day:02},{day}.5" for day in range(1, 32))
    Path("days.csv").write_text(f"day,value\n{days}\n")
    refusal = terminal("forecast", "mlp.meter", "--file", "days.csv").refusal
    assert "steps of h" in refusal and "steps of D" in refusal
    hours = "\n".join(f"2024-01-{1 + hour // 24:02} {hour % 24:02}:00,{900 + hour % 7}" for hour in range(72))
    Path("far.csv").write_text(f"time,value\n{hours}\n")
    for command in ("forecast", "predict", "backtest"):
        told = terminal(command, "mlp.meter", "--file", "far.csv")
        assert told.status == 0 and "standard deviations" in told.out + told.err, told
    assert terminal("forecast", "mlp.meter", "--file", "far.csv", "--out", "ahead.xlsx").refusal.count(".csv") == 1
    assert terminal("forecast", "mlp.meter", "--file", "far.csv", "--out", "ahead.parquet").status == 0
    assert pl.read_parquet("ahead.parquet").columns == ["time", "forecast", "lower_90", "upper_90"]
