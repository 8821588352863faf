"""The one table of models, for the command line, the API and the gallery."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest

from seqzoo.bundles import store
from seqzoo.forecasters import table
from seqzoo.runtime import catalogue
from seqzoo.signals import FAMILIES


@pytest.fixture
def torn(tmp_path, monkeypatch):
    """A user's bundle whose manifest cannot be read."""
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path))
    shutil.copytree(store.SHIPPED / "lstm.sine", tmp_path / "models" / "lstm.sine-torn")
    (tmp_path / "models" / "lstm.sine-torn" / store.MANIFEST).write_text("{")
    return "lstm.sine-torn"


def test_every_shipped_model_and_every_reference_of_every_signal_has_a_row():
    names = [row["name"] for row in catalogue.rows()]
    shipped = {path.name for path in store.SHIPPED.iterdir() if (path / store.MANIFEST).exists()}
    assert set(names) >= shipped | set(table.names()) and len(set(names)) == len(names)


def test_a_row_says_the_score_of_its_manifest_and_the_references_it_stands_beside():
    rows = {row["name"]: row for row in catalogue.rows()}
    stated = store.open_bundle(store.SHIPPED / "lstm.sine").manifest.score
    own = rows["lstm.sine"]
    assert (own["excess"], own["skill"]) == (stated.excess[0], stated.skill[0])
    # A bundle's floors have the last digits of the processor that trained it.
    assert own["excess_best_linear"] == pytest.approx(rows["best_linear.sine"]["excess"], rel=1e-9)
    assert own["excess_last_value"] == pytest.approx(rows["last_value.sine"]["excess"], rel=1e-9)
    assert own["excess_best_linear"] > own["excess"]
    assert rows["lstm.sine-h50"]["excess_last_value"] > own["excess_last_value"]


@pytest.mark.parametrize("signal", ["sine", "square"])
def test_bayes_is_optimal_and_the_last_value_has_no_skill_with_a_shipped_score_and_without(signal):
    rows = {row["name"]: row for row in catalogue.rows()}
    assert (rows[f"bayes.{signal}"]["excess"], rows[f"bayes.{signal}"]["skill"]) == (0, 1)
    assert rows[f"last_value.{signal}"]["skill"] == 0 < rows[f"best_linear.{signal}"]["skill"] < 1


def test_the_stored_floors_are_those_of_the_signals_without_a_bundle():
    stored = json.loads(catalogue.STORED_FLOORS.read_bytes())
    shipped = [store.open_bundle(path).manifest for path in store.SHIPPED.iterdir() if path.is_dir()]
    assert stored.keys() == FAMILIES.keys() - {facts.source.key for facts in shipped}
    for family, known in stored.items():
        assert known == pytest.approx(catalogue.computed_floors(family), rel=1e-6)


def test_the_table_has_a_line_for_every_row_its_problem_too_and_no_folder(torn):
    lines = {line["name"]: line for line in csv.DictReader(io.StringIO(catalogue.table()))}
    assert len(lines) == len(catalogue.rows())
    assert float(lines["lstm.sine"]["excess"]) < float(lines["lstm.sine"]["excess_best_linear"])
    assert lines["lstm.sine"]["parameters"] == "17217"
    assert "manifest" in lines[torn]["error"] and lines[torn]["excess"] == ""
    assert "path" not in lines[torn]


def test_a_title_that_would_be_a_formula_is_text_in_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path))
    shutil.copytree(store.SHIPPED / "lstm.sine", tmp_path / "models" / "lstm.sine-odd")
    manifest = tmp_path / "models" / "lstm.sine-odd" / store.MANIFEST
    facts = json.loads(manifest.read_text("utf-8"))
    facts |= {"name": "lstm.sine-odd", "title": "=1+1"}
    manifest.write_text(json.dumps(facts), "utf-8")
    lines = {line["name"]: line for line in csv.DictReader(io.StringIO(catalogue.table()))}
    assert lines["lstm.sine-odd"]["title"] == "'=1+1"
