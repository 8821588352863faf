"""Forecasts of other packages, from the cutoffs of a task. Runs in their environment, which compare.py makes.

python theirs.py TASK.json FORECASTS.npz     forecasts [seeds, N, H] by model, and their CPU seconds
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from neuralforecast import NeuralForecast
from neuralforecast.models import LSTM, NBEATS, NHITS
from skforecast.recursive import ForecasterRecursive
from sklearn.ensemble import HistGradientBoostingRegressor

PACKAGES = ("neuralforecast", "skforecast", "scikit-learn", "torch", "pytorch-lightning", "pandas", "numpy")
WIDTH = 128  # of the layers of NHITS and NBEATS: ours have 120; theirs are 512 wide by default
Task = dict[str, Any]

QUIET = {
    "enable_progress_bar": False, "enable_model_summary": False, "logger": False, "enable_checkpointing": False,
    "accelerator": "cpu", "devices": 1,
}  # fmt: skip


def _network(kind: Any, task: Task, seed: int, **settings: Any) -> np.ndarray:
    """[N, H]: fitted on the values before the first cutoff, then read at each."""
    values, horizon, cutoffs = np.array(task["values"]), task["horizon"], task["cutoffs"]
    values = values[: cutoffs[-1] + horizon]  # so that their last window is that of our last cutoff
    frame = pd.DataFrame({"unique_id": "series", "ds": np.arange(len(values)), "y": values})
    model = kind(
        h=horizon, max_steps=task["steps"], windows_batch_size=task["batch"], scaler_type="standard",
        random_seed=seed + 1, **settings, **QUIET
    )
    rows = NeuralForecast([model], freq=1).cross_validation(
        frame, n_windows=None, test_size=int(len(values) - cutoffs[0]), step_size=task["stride"], refit=False
    )
    ahead = rows.sort_values(["cutoff", "ds"])[type(model).__name__].to_numpy(np.float64).reshape(-1, horizon)
    assert len(ahead) == len(cutoffs) and rows["cutoff"].min() == cutoffs[0] - 1, task["name"]
    return ahead


def _lstm(task: Task, seed: int) -> np.ndarray:
    read = min(task["context_length"], task["longest_stepwise"])
    return _network(LSTM, task, seed, input_size=read, encoder_n_layers=1, encoder_hidden_size=64)


def _nhits(task: Task, seed: int) -> np.ndarray:
    return _network(NHITS, task, seed, input_size=task["context_length"], mlp_units=[[WIDTH, WIDTH]] * 3)


def _nbeats(task: Task, seed: int) -> np.ndarray:
    # Its bases of polynomials and of sines need several steps; with one, the generic basis is left.
    stacks = ["identity", "trend", "seasonality"] if task["horizon"] > 1 else ["identity"] * 3
    return _network(
        NBEATS, task, seed, input_size=task["context_length"], mlp_units=[[WIDTH, WIDTH]] * 3, stack_types=stacks
    )


def _boosting(task: Task, seed: int) -> np.ndarray:
    values, first, length = pd.Series(task["values"]), task["cutoffs"][0], task["context_length"]
    forecaster = ForecasterRecursive(
        estimator=HistGradientBoostingRegressor(random_state=seed), lags=length, differentiation=1
    )
    forecaster.fit(y=values[:first])
    ahead = [
        forecaster.predict(steps=task["horizon"], last_window=values[cutoff - length - 1 : cutoff])
        for cutoff in task["cutoffs"]
    ]
    return np.stack([each.to_numpy(np.float64) for each in ahead])


MODELS: dict[str, Callable[[Task, int], np.ndarray]] = {
    "neuralforecast LSTM": _lstm,
    "neuralforecast NHITS": _nhits,
    "neuralforecast NBEATS": _nbeats,
    "skforecast boosting": _boosting,
}


def main(asked: str, answered: str) -> None:
    torch.set_num_threads(1)
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    task = json.loads(Path(asked).read_text("utf-8"))
    arrays: dict[str, np.ndarray] = {}
    seconds = {}
    for name, model in MODELS.items():
        if task["models"] and name not in task["models"]:
            continue
        began = time.process_time()
        arrays[name] = np.stack([model(task, seed) for seed in range(task["seeds"])])
        seconds[name] = time.process_time() - began
        print(f"{task['name']:15}{name:24}{seconds[name]:8.1f} s", file=sys.stderr, flush=True)
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    np.savez(answered, facts=np.array(json.dumps({"seconds": seconds, "versions": versions})), **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
