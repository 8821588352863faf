"""Seconds of neuralforecast for the same series and cutoffs, by an LSTM of the same size. Runs in .venv/peers.

python rival_neuralforecast.py SERIES.csv '{"h": 12, "input_size": 20, "windows": 189, "threads": 2}'
"""

import json
import logging
import sys
import time
import warnings

import pandas as pd
import torch
from neuralforecast import NeuralForecast
from neuralforecast.models import LSTM

QUIET = {
    "enable_progress_bar": False, "enable_model_summary": False, "logger": False, "enable_checkpointing": False,
    "accelerator": "cpu", "devices": 1,
}  # fmt: skip

logging.disable(logging.INFO)
warnings.simplefilter("ignore")
asked = json.loads(sys.argv[2])
torch.set_num_threads(asked["threads"])
frame = pd.read_csv(sys.argv[1], dtype={"unique_id": str})
network = LSTM(
    h=asked["h"], input_size=asked["input_size"], encoder_n_layers=1, encoder_hidden_size=64, max_steps=1,
    scaler_type="standard", **QUIET,
)  # fmt: skip
model = NeuralForecast([network], freq=1)
model.fit(frame, val_size=0)  # one step: it is the forecasts that are timed
model.cross_validation(frame, n_windows=1, refit=False)
began = time.perf_counter()
rows = model.cross_validation(frame, n_windows=asked["windows"], step_size=1, refit=False)
seconds = time.perf_counter() - began
series = frame["unique_id"].nunique()
assert len(rows) == series * asked["windows"] * asked["h"]
print(json.dumps({"series": series, "seconds": seconds}))
