"""Results of an arena that a disk, a later version, a hand or a second run has spoiled."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqzoo import _storage
from seqzoo.arena import results
from seqzoo.arena.experiments.one_step import OneStep, OneStepSettings
from seqzoo.arena.results import Footprint, TrainingResults
from seqzoo.arena.running import run
from seqzoo.errors import InputError
from support import arena_work
from support.in_process import Here
from support.terminal import Terminal

Facts = dict[str, Any]


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """Sound results, as JSON."""
    cells = [arena_work.result("linear", seed, 0.1 + seed) for seed in (0, 1)]
    results.save(TrainingResults("sine", 20, {"bayes": 0.0}, cells, {"linear": Footprint(3.0, 900)}), tmp_path)
    made: Facts = json.loads((tmp_path / results.NAME).read_text())
    return made


def cell(**changes: Any) -> Callable[[Facts], None]:
    return lambda facts: facts["cells"][0].update(changes)


def outcome(**changes: Any) -> Callable[[Facts], None]:
    return lambda facts: facts["cells"][0]["outcome"].update(changes)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (cell(model="$\\frac{$"), "model"),
        (cell(model="<script>"), "model"),
        (cell(model="x" * 3000), "model"),
        (cell(points=0), "points"),
        (cell(windows=-1), "windows"),
        (cell(seed=-1), "seed"),
        (outcome(excess=-0.5), "excess"),
        (outcome(excess=1e308), "excess"),
        (outcome(skill=-1e308), "skill"),
        (outcome(parameters=-1), "parameters"),
        (outcome(seconds=-1.0), "seconds"),
        (lambda facts: facts.update(signal="../b"), "signal"),
        (lambda facts: facts.update(context_length=0), "context_length"),
        (lambda facts: facts.update(references={"bayes": 1e308}), "references"),
        (lambda facts: facts.update(footprints={"linear": {"microseconds": -1.0, "bytes": 5}}), "microseconds"),
    ],
)
@pytest.mark.parametrize("command", ["arena", "sample-efficiency"])
def test_a_value_that_no_arena_can_have_found_is_refused_by_its_name(
    terminal: Terminal, tmp_path: Path, facts: Facts, spoil: Callable[[Facts], None], named: str, command: str
) -> None:
    spoil(facts)
    (tmp_path / results.NAME).write_text(json.dumps(facts))
    refusal = terminal(command, "--render", tmp_path).refusal
    assert named in refusal and str(tmp_path / results.NAME) in refusal


def test_a_result_that_stands_there_twice_is_not_counted_twice(tmp_path: Path, facts: Facts) -> None:
    facts["cells"].append(copy.deepcopy(facts["cells"][1]))
    (tmp_path / results.NAME).write_text(json.dumps(facts))
    with pytest.raises(InputError, match="linear, 1000 points, 1280 windows, seed 1"):
        results.load(tmp_path)


def test_a_later_schema_is_named_even_if_its_fields_are_unknown(tmp_path: Path, facts: Facts) -> None:
    facts |= {"schema_version": 2, "cells": {"by": "model"}, "new": 1}
    (tmp_path / results.NAME).write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"schema 2\b.* 1\."):
        results.load(tmp_path)


def test_a_folder_that_another_run_writes_into_is_refused_and_left_alone(tmp_path: Path, facts: Facts) -> None:
    before = (tmp_path / results.NAME).read_bytes()
    settings = OneStepSettings("sine", "linear", ["endless"], 1, 640)
    with _storage.only_writer(tmp_path), pytest.raises(InputError, match=re.escape(str(tmp_path))):
        run(OneStep(), settings, tmp_path, place=Here(), measure=arena_work.noted)
    assert (tmp_path / results.NAME).read_bytes() == before
    later, _ = run(OneStep(), settings, tmp_path, place=Here(), measure=arena_work.noted)
    assert len(later.cells) == 3
