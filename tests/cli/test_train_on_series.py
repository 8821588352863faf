"""From a file of measurements to a model that forecasts, proves itself and reproduces, by commands."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from seqzoo.bundles.store import open_bundle
from support.terminal import Terminal

SMALL = [
    "--set", "recipe.steps=200", "--set", "recipe.evaluate_every=50", "--set", "recipe.learning_rate=0.02",
    "--set", "config.hidden_size=8",
]  # fmt: skip


@pytest.fixture
def meter(tmp_path: Path) -> Path:
    """Hourly values with a decimal comma, as a spreadsheet of a German meter writes them."""
    noise = np.random.default_rng(7).standard_normal(600)
    lines = ["Zeit;Verbrauch (kWh)"]
    for hour in range(600):
        stamp = datetime(2024, 1, 1) + timedelta(hours=hour)
        value = 200 + 40 * np.sin(2 * np.pi * hour / 24) + 8 * noise[hour]
        lines.append(f"{stamp:%d.%m.%Y %H:%M};" + f"{value:.2f}".replace(".", ","))
    path = tmp_path / "meter.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_from_a_file_to_a_model_that_forecasts_and_proves_itself(terminal: Terminal, home: Path, meter: Path) -> None:
    trained = terminal("train", "mlp", "--series", meter, "--horizon", 6, "--scaling", "series", *SMALL)
    assert trained.status == 0, trained
    assert trained.out.rstrip().endswith("seqzoo forecast mlp.meter --file FILE")
    assert "'Verbrauch (kWh)' with a decimal comma" in trained.err and "season 24, scaling by series" in trained.err
    for name in ("mlp.meter", "best linear", "seasonal naive", "last value"):
        assert name in trained.out
    manifest = open_bundle(home / "models" / "mlp.meter").manifest
    listed = terminal("runs")
    assert listed.status == 0 and "unknown" in listed.out, listed  # the excess of a measured series
    card = (home / "models" / "mlp.meter" / "README.md").read_text("utf-8")
    assert f"predict([{manifest.contract.scaling.center:.6g}] * " in card
    assert (manifest.name, manifest.contract.horizon, manifest.contract.frequency) == ("mlp.meter", 6, "h")
    assert manifest.contract.context_length % 24 == 0 and manifest.source.length == 600
    assert {"linear", "seasonal_naive", "last_value", "drift", "mean", "line"} == set(manifest.score.rivals)
    verified = terminal("verify", "mlp.meter")
    assert verified.status == 0 and "best linear" in verified.out
    assert "480 values before the cutoff; the hold-out is the 120 after it" in verified.out
    again = json.loads(terminal("reproduce", "mlp.meter", "--json").out)
    assert again["identical"] is True and again["overwritten"] == 120
    assert not list((home / "series").glob("*.tmp")) and len(list((home / "series").glob("*.npy"))) == 1
    ahead = terminal("forecast", "mlp.meter", "--file", meter, "-n", 6, "--json")
    facts = json.loads(ahead.out)
    assert facts["stamps"][0] == "2024-01-26T00:00" and 100 < min(facts["forecast"]) < max(facts["forecast"]) < 300
    assert "96 calibration errors a step, levels up to 0.989 are possible" in trained.out
    assert "split conformal" in trained.out and "adaptive" in trained.out and "80%" in trained.out
    stated = manifest.intervals
    assert stated.after == "2024-01-21T00:00:00.000000" and stated.zone is None
    latest = meter.with_name("latest.csv")  # only what was measured after the training
    rows = meter.read_text("utf-8").splitlines()
    latest.write_text("\n".join([rows[0], *rows[-110:]]), "utf-8")
    out, picture = meter.with_name("ahead.csv"), meter.with_name("ahead.svg")
    levels = ["--level", 0.95, "--level", 0.8]
    said = terminal("forecast", "mlp.meter", "--file", latest, *levels, "--out", out, "--plot", picture)
    length = manifest.contract.context_length
    assert said.status == 0 and f"moved by the {110 - length} latest errors" in said.out
    assert out.read_text("utf-8").splitlines()[0] == "time,forecast,lower_80,upper_80,lower_95,upper_95"
    drawn = picture.read_text("utf-8")
    assert "interval of level 0.8" in drawn and "Jan" in drawn and "steps from now" not in drawn
    checks = {check["name"]: check for check in json.loads(terminal("verify", "mlp.meter", "--json").out)["checks"]}
    assert checks["coverage"]["passed"] is checks["intervals"]["passed"] is True
    (damaged := home / "models" / "mlp.meter" / "intervals.safetensors").write_bytes(b"x" * damaged.stat().st_size)
    assert "SHA-256" in terminal("forecast", "mlp.meter", "--file", meter).refusal


def test_without_the_series_the_split_and_the_linear_rival_are_not_proven_until_the_file_is_given(
    terminal: Terminal, home: Path, meter: Path
) -> None:
    stated = ["--context-length", 24, "--scaling", "window"]
    assert terminal("train", "mlp", "--series", meter, *stated, *SMALL).status == 0
    for path in (home / "series").iterdir():
        path.unlink()
    report = json.loads(terminal("verify", "mlp.meter", "--json").out)
    checks = {check["name"]: check for check in report["checks"]}
    assert report["passed"] and checks["score"]["passed"] is True and checks["split"]["passed"] is None
    assert "not measured again" in checks["score"]["detail"] and "--series" in checks["split"]["detail"]
    again = json.loads(terminal("verify", "mlp.meter", "--series", meter, "--json").out)
    assert all(check["passed"] for check in again["checks"]) and again["checks"][-1]["name"] == "split"
    meter.write_text(meter.read_text("utf-8").replace(":00;2", ":00;3", 1), "utf-8")
    assert "SHA-256" in terminal("verify", "mlp.meter", "--series", meter).refusal
    assert "simulated" in terminal("verify", "lstm.sine", "--series", meter).refusal


@pytest.mark.parametrize(
    ("words", "reasons"),
    [
        (["mlp.sine", "--horizon", 3], ("--horizon", "--series")),
        (["mlp.sine", "--gaps", "last"], ("--gaps", "--series")),
        (["mlp.sine", "--series", "METER"], ("'mlp'", "mlp.sine")),
        (["mlp", "--series", "nowhere.csv"], ("nowhere.csv",)),
        (["mlp", "--series", "series:moon"], ("series:moon", "series:airline")),
        (["mlp", "--series", "series:co2"], ("59", "--gaps interpolate")),
        (["mlp", "--series", "METER", "--scaling", "both"], ("'both'", "window")),
        (["mlp", "--series", "METER", "--horizon", 500], ("120", "507")),
        (["nope", "--series", "METER"], ("'nope'",)),
    ],
)
def test_what_is_meant_otherwise_is_refused(
    terminal: Terminal, meter: Path, words: list[object], reasons: tuple[str, ...]
) -> None:
    refusal = terminal("train", *(meter if word == "METER" else word for word in words)).refusal
    assert all(reason in refusal for reason in reasons), refusal


def test_a_series_of_the_collection_is_read_wherever_a_file_is(terminal: Terminal) -> None:
    assert "'series:co2'" not in terminal("forecast", "line.sine", "--series", "series:nile", "-n", 3).err
    filled = terminal("backtest", "line.sine", "--file", "series:co2", "--gaps", "last", "--json")
    assert json.loads(filled.out)["left_out"] == 0 and filled.status == 0
    assert json.loads(terminal("backtest", "line.sine", "--file", "series:co2", "--json").out)["left_out"] > 59
    assert "series:moon" in terminal("predict", "line.sine", "--file", "series:moon").refusal
    ahead = json.loads(terminal("forecast", "line.sine", "--series", "series:us_gdp", "-n", 2, "--json").out)
    assert len(ahead["stamps"]) == 2
