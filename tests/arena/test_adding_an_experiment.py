"""An experiment is one file and one line: the command, its options, the report, the finding."""

from __future__ import annotations

import json

import pytest

from seqzoo.arena.experiment import Experiment, command_line
from support import sixth
from support.commands import commands
from support.persistence import Ahead, Persistence, PersistenceSettings


@pytest.fixture(scope="module")
def seqzoo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sixth")
    environment = sixth.environment(folder / "start", folder) | {"SEQZOO_HOME": str(folder / "home")}
    with commands(environment, folder) as run:
        yield run


def test_its_command_measures_in_processes_reports_goes_on_and_renders(seqzoo, tmp_path):
    out = tmp_path / "out"
    first = seqzoo("persistence", "--ahead", 1, "--ahead", 5, "--on", "local:2", "--out", out)
    assert first.status == 0, first.err
    assert {path.name for path in out.iterdir()} == {"persistence.json", "persistence.svg", "persistence.md"}
    measured = Persistence().read(out)
    assert measured.runs == {str(steps): Persistence().measure(Ahead(steps, "sine", 2000)) for steps in (1, 5)}
    assert 0.019 < measured.runs["1"] < measured.runs["5"]  # twice the variance of the noise, and what it ages
    finding = Persistence().summarise(measured, "", ())
    assert finding.rows[0] == ["1", f"{measured.runs['1']:.4g}"] and finding.sentences[0] in first.out

    again = seqzoo("persistence", "--ahead", 1, "--ahead", 5, "--ahead", 20, "--out", out, "--json")
    assert json.loads(again.out)["runs"].keys() == {"1", "5", "20"}, again.err
    assert "holds measurements with other settings" in seqzoo("persistence", "--windows", 3, "--out", out).err
    assert "20 steps" in seqzoo("persistence", "--render", out).out


def test_its_options_are_the_fields_of_its_settings_both_ways(seqzoo):
    shown = seqzoo("persistence", "--help").out
    assert "How soon the last value grows old" in shown
    assert all(option in shown for option in ("--signal", "--ahead", "--windows", "--out", "--on", "--render"))
    assert "persistence" in seqzoo("--help").out
    words = command_line(Persistence(), PersistenceSettings("sine", [1, 20], 30))
    assert words == ["persistence", "--signal", "sine", "--ahead", "1", "--ahead", "20", "--windows", "30"]


def test_a_setting_that_cannot_be_is_refused_and_a_case_that_fails_is_named(seqzoo, tmp_path):
    unknown = seqzoo("persistence", "--signal", "sinus", "--on", "local:1", "--out", tmp_path / "out")
    assert unknown.status == 2 and "1 failed: unknown signal 'sinus'" in unknown.err
    assert "is not a number" in seqzoo("persistence", "--windows", "2_000").err


def test_an_experiment_that_lacks_a_part_cannot_be_made():
    class Half(Experiment[Ahead, float, object]):
        def cases(self, settings):
            return []

    with pytest.raises(TypeError, match="abstract"):
        Half()
