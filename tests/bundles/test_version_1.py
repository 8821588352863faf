"""Bundles of version 1 load, serve and verify as they did; two lie beside this file as version 0.1 shipped them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from seqzoo import load
from seqzoo.bundles import store, version_1
from seqzoo.bundles.manifest import SCHEMA_VERSION
from seqzoo.data.scaling import Scaling
from seqzoo.publishing.verify import verify
from seqzoo.signals import Simulated

FIXTURES = Path(__file__).with_name("version_1")
NAMES = sorted(path.name for path in FIXTURES.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_of_version_1_states_the_same_as_one_of_version_2_and_proves_itself(name):
    found = store.open_bundle(FIXTURES / name)
    raw = json.loads(found.raw_manifest)
    facts = found.manifest
    assert raw["schema_version"] == facts.schema_version == 1 < SCHEMA_VERSION
    assert facts.source == Simulated(raw["signal"]["family"], raw["signal"]["parameters"])
    assert facts.contract.scaling == Scaling() and facts.contract.names == ("value",)
    for same in ("name", "config", "parameters", "rebuild"):
        assert getattr(facts, same) == raw[same]
    assert facts.training.recipe == raw["training"]["recipe"] and facts.training.model_file is None
    report = verify(found, windows=2_000, seed=2**31 + 91)
    assert {check.name for check in report.checks if check.passed is False} == set()


def test_one_that_is_written_again_is_of_version_2_and_forecasts_the_same(tmp_path, home):
    old = store.open_bundle(FIXTURES / NAMES[0])
    contents = {name: old.read(name) for name in store.REQUIRED}
    new = store.write_bundle(tmp_path / "new", old.manifest, contents)
    assert json.loads(new.raw_manifest)["schema_version"] == SCHEMA_VERSION
    assert msgspec.structs.replace(store.open_bundle(new.path).manifest, schema_version=1) == old.manifest
    window = np.sin(0.02 * np.arange(old.manifest.contract.context_length))
    assert load(new.path, "onnx").predict(window) == load(old.path, "onnx").predict(window)


@pytest.mark.parametrize("tolerance", [{}, {"onnx": 1e-5, "tensorflow": 1e-5}, {"onnx": 0.1}, {"onnx": 0}])
def test_what_version_1_refused_it_still_refuses(tolerance, tmp_path):
    copied = shutil.copytree(FIXTURES / NAMES[0], tmp_path / "copied")
    facts = json.loads((copied / store.MANIFEST).read_text("utf-8"))
    with pytest.raises(store.ManifestError, match="tolerance"):
        (copied / store.MANIFEST).write_text(json.dumps({**facts, "tolerance": tolerance}), "utf-8")
        store.open_bundle(copied)
    assert version_1.upgraded(json.dumps(facts).encode())
