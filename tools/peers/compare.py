"""Our forecasters and those of other packages side by side on the collection; writes docs/real-series.md.

python tools/peers/compare.py environment  make the other packages' environment, .venv/peers (2 GB, some minutes)
python tools/peers/compare.py ours theirs  measure; each keeps its rows in tools/results/peers.json
python tools/peers/compare.py ours --series nile --models naive "train mlp"   only these
python tools/peers/compare.py render       docs/real-series.md from the results, nothing measured
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
RESULTS, PAGE = ROOT / "tools" / "results" / "peers.json", ROOT / "docs" / "real-series.md"
ENVIRONMENT, PINS = ROOT / ".venv" / "peers", Path(__file__).parent / "requirements.txt"
OUR_NETWORKS, TRAINED = ("mlp", "tcn", "gru"), ("mlp", "gru")

HORIZONS = {
    "airline": 12, "co2": 13, "elnino": 12, "nile": 3, "seattle_rain": 7, "sf_temps": 24, "sunspots": 6, "taylor": 48,
    "us_employment": 6, "us_gdp": 4, "us_inflation": 4,
}  # fmt: skip
MOST_CUTOFFS = 100
LONGEST_OF_GRU = 200  # values of a training part
LONGEST_GAP = 20  # steps; those of co2 have at most 18
SEEDS = 2  # trainings of a network
LONGEST_OF_SEEDS = 1_200  # values of a training part; one training above it
STEPS = 300  # of a network of neuralforecast; those of ours are counted by the data
BATCH = 128  # windows of a step there: ours are at most as many

Array = NDArray[np.float64]
Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Ground:
    """A series and its cutoffs, the same for every forecaster.

    Args:
        name: in the collection.
        values: [T]; missing ones are interpolated.
        season, horizon: m and H.
        first: the first cutoff: the last fifth is held out.
        context_length: L, chosen before it.
        stride: steps between cutoffs.
    """

    name: str
    values: Array
    season: int
    horizon: int
    first: int
    context_length: int
    stride: int

    @classmethod
    def of(cls, name: str) -> Ground:
        from seqzoo.data.collection import load
        from seqzoo.data.windows import HELD_OUT
        from seqzoo.training.on_series import choose_context_length

        collected, horizon = load(name), HORIZONS[name]
        values = collected.series().filled("interpolate", LONGEST_GAP).values
        first = len(values) - len(values) // HELD_OUT
        length = choose_context_length(values[:first], horizon, collected.season)
        stride = max(1, -(-(len(values) - first - horizon) // MOST_CUTOFFS))
        return cls(name, values, collected.season, horizon, first, length, stride)

    @property
    def cutoffs(self) -> NDArray[np.intp]:
        """[N]"""
        return np.arange(self.first, len(self.values) - self.horizon + 1, self.stride)

    @property
    def seeds(self) -> int:
        """How often a network is trained."""
        return SEEDS if self.first <= LONGEST_OF_SEEDS else 1

    def mase(self, forecast: Array) -> float:
        """The MASE of forecasts [N, H]; its unit is the error of seasonal naive before the first cutoff."""
        from seqzoo.evaluation.accuracy import absolute_scale

        target = np.stack([self.values[cutoff : cutoff + self.horizon] for cutoff in self.cutoffs])
        return float(np.abs(forecast - target).mean() / absolute_scale(self.values[: self.first], self.season))

    def facts(self) -> Facts:
        return {
            "season": self.season, "horizon": self.horizon, "context_length": self.context_length,
            "training": self.first, "cutoffs": len(self.cutoffs), "stride": self.stride,
        }  # fmt: skip


Forecast = Callable[[Ground], list[Array]]
"""Forecasts [N, H] from all cutoffs, one for each seed."""


def rivals(ground: Ground) -> dict[str, Forecast]:
    """Those without training, and the statistical ones."""
    from seqzoo.diagnosis.contest import STATISTICAL_PART, Recent
    from seqzoo.evaluation.rolling import rolling_origin
    from seqzoo.forecasters.linear import RidgeAutoregression
    from seqzoo.forecasters.rivals import Rival, Rule
    from seqzoo.forecasters.statistical import Statistical
    from seqzoo.forecasters.table import rules

    naive = "seasonal_naive" if ground.season > 1 else "last_value"
    every: dict[str, Rival] = {
        "naive": Rule(naive, rules(ground.season)[naive]),
        "best linear": RidgeAutoregression(ground.context_length),
        **{name: Recent(Statistical(name, ground.season), STATISTICAL_PART) for name in ("auto_ets", "auto_theta")},
    }

    def scored(rival: Rival) -> Forecast:
        return lambda ground: [
            rolling_origin(
                rival, ground.values, ground.horizon, first=ground.first, season=ground.season,
                stride=ground.stride, refit=False,
            ).forecast
        ]  # fmt: skip

    return {LABELS.get(name, name): scored(rival) for name, rival in every.items()}


LABELS = {"naive": "naive", "auto_ets": "AutoETS", "auto_theta": "AutoTheta"}


def networks(ground: Ground) -> dict[str, Forecast]:
    """The networks of the doctor's contest, and what `seqzoo train` makes of an architecture by default.

    The GRU is left out where it would train for minutes.
    """
    contest = {f"doctor {name}": _of_contest(name) for name in OUR_NETWORKS}
    names = TRAINED if ground.first <= LONGEST_OF_GRU else TRAINED[:1]
    return contest | {f"train {name}": _trained(name) for name in names}


def _of_contest(name: str) -> Forecast:
    from seqzoo.diagnosis.depths import DEFAULT
    from seqzoo.diagnosis.networks import Training

    (architecture,) = (each for each in DEFAULT.architectures if each.name == name)

    def forecast(ground: Ground) -> list[Array]:
        length = architecture.context_length(ground.context_length, ground.first)
        first = Training(
            architecture, length, ground.horizon, ground.season, 0, ground.values, 0, ground.first, ground.cutoffs
        )
        first = dataclasses.replace(first, scaling=first.choose())
        return [dataclasses.replace(first, seed=seed).forecast() for seed in range(ground.seeds)]

    return forecast


def _trained(name: str) -> Forecast:
    from seqzoo._arrays import with_channel
    from seqzoo.data.series import Series, in_memory
    from seqzoo.data.windows import sliding
    from seqzoo.publishing.build import in_units
    from seqzoo.signals import Observed
    from seqzoo.training.loop import train
    from seqzoo.training.on_series import spec_on_series
    from seqzoo.zoo import _registry

    def forecast(ground: Ground) -> list[Array]:
        length = min(ground.context_length, _longest(name))
        series = Series(ground.name, ground.values)
        source = Observed(series.name, series.sha256, len(series), ground.first, ground.season)
        windows = with_channel(sliding(ground.values, length).context[ground.cutoffs - length])
        with in_memory(series):
            spec = spec_on_series(_registry.architecture(name), source, ground.horizon, context_length=length)
            trained = (train(msgspec.structs.replace(spec, seed=seed)).module for seed in range(ground.seeds))
            return [np.asarray(in_units(module, spec.scaling)(windows), np.float64) for module in trained]

    return forecast


def _longest(name: str) -> int:
    from seqzoo.diagnosis.networks import LONGEST_STEPWISE

    return 10_000 if name == "mlp" else LONGEST_STEPWISE


def row(ground: Ground, model: str, forecasts: list[Array], seconds: float) -> Facts:
    """A row of the results: the mean score of all seeds, that of each, and the CPU seconds of all."""
    each = [ground.mase(forecast) for forecast in forecasts]
    return {
        "series": ground.name, "model": model, "mase": float(np.mean(each)), "seeds": each,
        "seconds": round(seconds, 2),
    }  # fmt: skip


def ours(grounds: list[Ground], models: list[str]) -> Iterator[Facts]:
    """The rows of our forecasters, with CPU seconds of this process."""
    for ground in grounds:
        for model, forecast in (rivals(ground) | networks(ground)).items():
            if models and model not in models:
                continue
            began = time.process_time()
            forecasts = forecast(ground)
            yield row(ground, model, forecasts, time.process_time() - began)


def theirs(grounds: list[Ground], models: list[str]) -> Iterator[Facts]:
    """The rows of the other packages, which forecast in a process of their environment, a series at a time."""
    from seqzoo.diagnosis.networks import LONGEST_STEPWISE

    for ground in grounds:
        task = {
            **ground.facts(), "name": ground.name, "values": ground.values.tolist(),
            "cutoffs": ground.cutoffs.tolist(), "steps": STEPS, "batch": BATCH, "seeds": ground.seeds,
            "models": models, "longest_stepwise": LONGEST_STEPWISE,
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            asked, answered = Path(folder) / "task.json", Path(folder) / "forecasts.npz"
            asked.write_text(json.dumps(task), "utf-8")
            program = ENVIRONMENT / "bin" / "python"
            subprocess.run(
                [program, Path(__file__).parent / "theirs.py", asked, answered], check=True, cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
            with np.load(answered) as arrays:
                facts = json.loads(str(arrays["facts"]))
                for model, seconds in facts["seconds"].items():
                    yield row(ground, model, list(arrays[model]), seconds) | {"versions": facts["versions"]}


def environment() -> None:
    """Make the environment of the other packages: torch first, so that pip takes the CPU build where there is one."""
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    pip = [ENVIRONMENT / "bin" / "pip", "install", "--quiet"]
    (torch,) = (line for line in PINS.read_text("utf-8").splitlines() if line.startswith("torch=="))
    subprocess.run([*pip, torch], check=True)
    subprocess.run([*pip, "-r", PINS], check=True)


def keep(row: Facts, ground: Ground) -> None:
    """Store a row in place of the one of the same series and model."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import machine

    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"series": {}, "rows": [], "versions": {}}
    known["machine"] = machine.facts()
    row["date"] = known["machine"]["date"]
    known["settings"] = {
        "seeds": SEEDS, "longest_of_seeds": LONGEST_OF_SEEDS, "longest_of_gru": LONGEST_OF_GRU, "steps": STEPS,
        "batch": BATCH,
    }  # fmt: skip
    known["versions"] |= row.pop("versions", {})
    known["series"] = dict(sorted({**known["series"], ground.name: ground.facts()}.items()))
    others = [one for one in known["rows"] if (one["series"], one["model"]) != (row["series"], row["model"])]
    known["rows"] = sorted([*others, row], key=lambda one: (one["series"], one["model"]))
    RESULTS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    print(f"{row['series']:15}{row['model']:24}{row['mase']:8.3f}{row['seconds']:9.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=["environment", "ours", "theirs", "render"])
    parser.add_argument("--models", nargs="+", default=[], help="names as in the results; all if none is given")
    parser.add_argument("--series", nargs="+", choices=list(HORIZONS), default=list(HORIZONS))
    given = parser.parse_args()
    if "environment" in given.parts:
        environment()
    if given.parts != ["render"] and set(given.parts) & {"ours", "theirs"}:
        grounds = [Ground.of(name) for name in given.series]
        for part in (each for each in (ours, theirs) if each.__name__ in given.parts):
            for one in part(grounds, given.models):
                keep(one, next(ground for ground in grounds if ground.name == one["series"]))
    import page

    PAGE.write_text(page.page(json.loads(RESULTS.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
