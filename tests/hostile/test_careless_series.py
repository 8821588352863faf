"""What a careless user does with a measured series: refused with the reason, or told; no file is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqzoo.bundles.store import open_bundle
from seqzoo.cli.app import FileOptions
from seqzoo.cli.measured import measured
from seqzoo.data.numerals import value_of
from seqzoo.data.series import stored
from seqzoo.errors import InputError
from seqzoo.signals import Observed
from support.terminal import Terminal

HOURS = np.arange(400)
VALUES = 200 + 40 * np.sin(2 * np.pi * HOURS / 24) + np.random.default_rng(5).standard_normal(400)
STAMPS = np.datetime64("2024-01-01T00:00") + HOURS.astype("timedelta64[h]")
FEW = ["--context-length", 24, "--scaling", "series", "--set", "recipe.steps=20", "--set", "recipe.optimiser=adam",
       "--keep-worse"]  # fmt: skip


def written(path: Path, values: np.ndarray, other: np.ndarray | None = None) -> Path:
    """A CSV of hourly values; an empty cell for NaN."""
    rows = ["t,y" if other is None else "t,a,b"]
    for at, value in enumerate(values):
        cells = [value] if other is None else [value, other[at]]
        rows.append(",".join([str(STAMPS[at]), *("" if np.isnan(cell) else repr(float(cell)) for cell in cells)]))
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def gapped(*gaps: tuple[int, int]) -> np.ndarray:
    values = VALUES.copy()
    for begin, end in gaps:
        values[begin:end] = np.nan
    return values


@pytest.mark.parametrize(
    ("values", "options", "reasons"),
    [
        (VALUES[:0], [], ["0 values", "longer"]),
        (VALUES[:1], [], ["1 value,", "longer"]),
        (VALUES * 1e-300, [], ["smaller unit"]),
        (VALUES, ["--context-length", 390], ["390", "320", "shorter context"]),
        (VALUES, ["--context-length", 300], ["before the cutoff, or a shorter context"]),
    ],
)
def test_a_series_that_cannot_be_trained_on_is_refused_with_the_remedy(
    terminal: Terminal, tmp_path: Path, home: Path, values: np.ndarray, options: list[object], reasons: list[str]
) -> None:
    path = written(tmp_path / "meter.csv", values)
    if not len(values):
        path.write_text("", "utf-8")
    refusal = terminal("train", "linear", "--series", path, *FEW, *options).err.splitlines()[-1]
    assert refusal.startswith("seqzoo: ") and all(reason in refusal for reason in reasons), refusal
    assert not list(home.glob("models/*/manifest.json"))


def test_a_file_with_the_name_of_a_signal_is_refused_with_what_to_rename(
    terminal: Terminal, tmp_path: Path, home: Path
) -> None:
    path = written(tmp_path / "sine.csv", VALUES)
    assert "or its file, another name" in terminal("train", "linear", "--series", path, *FEW).refusal


def test_a_gap_that_no_rule_fills_divides_the_series_and_is_told(
    terminal: Terminal, tmp_path: Path, home: Path
) -> None:
    long = written(tmp_path / "long.csv", gapped((50, 120), (200, 203)))
    trained = terminal("train", "linear", "--series", long, "--gaps", "last", *FEW)
    assert trained.status == 0 and "2 unbroken parts (50, 280 values)" in trained.err, trained
    source = open_bundle(home / "models" / "linear.long").manifest.source
    assert isinstance(source, Observed) and (source.length, source.gaps) == (400, ((50, 70),))
    at_the_end = written(tmp_path / "ends.csv", gapped((0, 10), (395, 400)))
    refusal = terminal("forecast", "linear.long", "--file", at_the_end, "--gaps", "interpolate").refusal
    assert "--gaps last" in refusal and "no value follows the gap" in refusal
    read = measured(str(at_the_end), FileOptions({"gaps": "interpolate"}))
    assert len(read.series) == 385 and "15 missing values at its ends are cut off" in read.told
    assert read.series.times is not None and read.series.times.stamps(1) == ["2024-01-01T10:00"]


def test_series_of_one_file_give_models_of_different_names(tmp_path: Path) -> None:
    wide = written(tmp_path / f"{'plant' * 20}.csv", VALUES, 2 * VALUES)
    rows = [f"{name},{stamp},{value}" for name in ("A/B", "C") for stamp, value in zip(STAMPS, VALUES, strict=True)]
    long = tmp_path / "sites.csv"
    long.write_text("\n".join(["unique_id,ds,y", *rows]), "utf-8")
    for path, options, name in [
        (wide, {"value": "a"}, "plantplantplantpl_a"),
        (wide, {"value": "b"}, "plantplantplantpl_b"),
        (long, {"only": "A/B"}, "sites_a_b"),
        (long, {"only": "C"}, "sites_c"),
        (written(tmp_path / "Débit (m³).csv", VALUES), {}, "d_bit_m"),
    ]:
        assert measured(str(path), FileOptions({"gaps": None, **options})).series.name == name


def test_a_forecast_does_not_overwrite_the_measurements(terminal: Terminal, tmp_path: Path) -> None:
    path = written(tmp_path / "meter.csv", VALUES)
    before = path.read_bytes()
    (tmp_path / "link.csv").symlink_to(path)
    for out in (path, tmp_path / "link.csv"):
        assert "the file that is read" in terminal("forecast", "linear.sine", "--file", path, "--out", out).refusal
    assert path.read_bytes() == before


def test_an_option_of_reading_without_a_file_is_refused(terminal: Terminal, home: Path) -> None:
    assert "--frequency" in terminal("train", "linear", "--series", "series:nile", "--frequency", "D").refusal
    assert "--gaps" in terminal("verify", "linear.sine", "--gaps", "last").refusal
    assert "--zone" in terminal("verify", "linear.sine", "--zone", "UTC").refusal


def test_a_series_that_is_not_stored_is_refused_with_the_command_that_stores_it(home: Path) -> None:
    with pytest.raises(InputError, match="seqzoo verify MODEL --series FILE"):
        stored("meter", "0" * 64)


def test_values_far_from_one_keep_their_digits_on_the_screen(terminal: Terminal, tmp_path: Path, home: Path) -> None:
    large = written(tmp_path / "large.csv", 1.7e9 + VALUES)
    assert terminal("train", "linear", "--series", large, *FEW).status == 0
    assert 1_700_000_100 < float(terminal("predict", "linear.large", "--file", large).out) < 1_700_000_300
    small = written(tmp_path / "small.csv", 1e-9 * VALUES)
    assert terminal("train", "linear", "--series", small, *FEW).status == 0
    ahead = terminal("forecast", "linear.small", "--file", small, "--method", "none").out
    assert 1e-7 < float(ahead.split()[-1]) < 3e-7
    assert "MSE 0.000000" not in terminal("reproduce", "linear.small").out
    texts = [value_of(value) for value in (0.0, 0.68131234, -1e-9, 12345.678)]
    assert texts == ["0", "0.681312", "-1e-09", "12345.6780"]


def test_the_card_states_the_horizon_that_config_states(terminal: Terminal, tmp_path: Path, home: Path) -> None:
    path = written(tmp_path / "meter.csv", VALUES)
    assert terminal("train", "linear", "--series", path, *FEW, "--set", "config.horizon=3").status == 0
    manifest = open_bundle(home / "models" / "linear.meter").manifest
    assert manifest.contract.horizon == 3 and manifest.title.endswith("3 steps at once")


def test_what_can_be_refused_at_once_is_refused_before_anything_trains(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(*given: object, **options: object) -> None:
        raise AssertionError("a training has begun")

    monkeypatch.setattr("seqzoo.training.loop.train", trained)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("kept", "utf-8")
    for option, value in (("--as", "A B"), ("--plot", "curve.gif"), ("--out", tmp_path / "full")):
        assert str(value) in terminal("train", "linear", "--series", "series:nile", option, value).refusal
    assert "--zone" in terminal("forecast", "line.sine", "--series", "series:nile", "--zone", "UTC").refusal
