"""What may stand beside a model in *Look inside*."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nicegui import Client, core, ui
from starlette.requests import Request

from seqzoo import _storage
from seqzoo.app.model.inside import beside
from seqzoo.app.model.visit import Visit
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.errors import InputError, SeqzooError, UnknownNameError
from seqzoo.execution import runs
from seqzoo.forecasters.exact import best_linear
from seqzoo.microscope.facts import Subject
from seqzoo.runtime.repository import Repository
from seqzoo.signals import Sine
from seqzoo.training.spec import TrainingSpec

OWN = open_bundle(SHIPPED / "lstm.sine")


def test_models_that_read_the_same_windows_are_offered_and_the_model_before_its_training() -> None:
    offered = beside.offered(OWN)
    assert list(offered) == ["", "untrained", "gru.sine", "lstm.sine-h50", "lstm.sine-k4", "rnn.sine"]
    assert offered["untrained"] == "lstm.sine before training"


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ("gru.sin", UnknownNameError, "gru.sine"),
        ("<b>", UnknownNameError, "<b>"),
        ("mlp.sine", InputError, "'mlp', without gates and states. Only lstm, gru, rnn"),
        ("bayes.sine", InputError, "is a reference"),
        ("gru.recall", InputError, "Both must read the same windows: choose gru.sine or lstm.sine-h50"),
        ("lstm.sine_any", InputError, "Both must read the same windows"),
    ],
)
def test_what_cannot_stand_beside_a_model_is_refused_with_what_can(asked: str, error: type, told: str) -> None:
    with pytest.raises(error) as refused:
        beside.second_of(Repository("onnx"), OWN, Subject(OWN), asked)
    assert told in str(refused.value)


def test_a_run_stands_beside_a_model_once_it_has_a_film_of_the_same_windows(home: Path) -> None:
    spec, known = TrainingSpec.of_manifest(OWN.manifest), runs.here()
    of_recall = TrainingSpec.of_manifest(open_bundle(SHIPPED / "gru.recall").manifest)
    filmed, bare, elsewhere = known.add(spec), known.add(spec), known.add(of_recall)
    for run in (filmed, elsewhere):
        for step in (0, 20):
            _storage.write_file(known.folder / run / "film" / f"{step}.safetensors", b"weights")
    offered = beside.offered(OWN)
    assert filmed in offered and "SOAP" in offered[filmed] and not {bare, elsewhere} & offered.keys()
    subject = Subject(OWN)
    second = beside.second_of(Repository("onnx"), OWN, subject, filmed)
    assert second.weights == f"/api/runs/{filmed}/film/20.safetensors" and second.facts["architecture"] == "lstm"
    assert {**second.facts, "name": "lstm.sine"} == subject.fixed == Subject(spec).fixed
    for run in (bare, elsewhere, "0" * 12):
        with pytest.raises(SeqzooError, match=r"no film, or reads other windows|unknown run"):
            beside.second_of(Repository("onnx"), OWN, subject, run)


def test_a_second_network_has_facts_of_its_own_and_those_of_the_windows_in_common() -> None:
    subject = Subject(OWN)
    farther = beside.second_of(Repository("onnx"), OWN, subject, "lstm.sine-h50")
    assert farther.facts == Subject(open_bundle(SHIPPED / "lstm.sine-h50")).fixed
    before = beside.second_of(Repository("onnx"), OWN, subject, "untrained")
    assert before.facts == {**subject.fixed, "name": "lstm.sine before training"}
    assert before.weights == "/api/models/lstm.sine/untrained.safetensors"


def test_another_signal_moves_the_best_linear_line_of_a_second_network_with_a_longer_horizon_too() -> None:
    subject, noisy = Subject(OWN), Sine(sigma=0.4)
    window = [0.0] * subject.length
    assert "farther_best_linear" not in subject.begin_at(window, is_given=False, signal=noisy)
    beside.second_of(Repository("onnx"), OWN, subject, "lstm.sine-h50")
    facts = subject.begin_at(window, is_given=False, signal=Sine(sigma=0.3))
    farther = best_linear(Sine(sigma=0.3), subject.length, 50)
    assert np.allclose(facts["farther_best_linear"], farther.weights)
    assert np.allclose(facts["best_linear"], farther.weights[:1])


def test_what_is_chosen_before_the_page_is_ready_stands_beside_the_model_and_not_what_the_link_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository, begun, chosen, told = Repository("onnx"), threading.Event(), threading.Event(), []
    visit = Visit(repository, "lstm.sine", repository.describe("lstm.sine"), {"with": "gru.sine"})
    visit._writing = True  # no page is there to write to
    find = beside.second_of

    def slow(of: Repository, own: Any, subject: Subject, asked: str) -> beside.Beside:
        begun.set()
        assert chosen.wait(60)
        return find(of, own, subject, asked)

    monkeypatch.setattr(beside, "second_of", slow)

    async def visited() -> str:
        monkeypatch.setattr(core, "loop", asyncio.get_running_loop())
        request = Request({"type": "http", "path": "/models/lstm.sine", "headers": []})
        with Client(ui.page("/models/{name}"), request=request) as client:
            choice = beside.Choice(visit, Subject(OWN), told.append)

            async def show() -> dict[str, Any] | None:
                with client:
                    return await choice.show()

            shown = asyncio.create_task(show())
            assert await asyncio.to_thread(begun.wait, 60)  # the network that the link names is being read
            await choice._choose("rnn.sine")
            chosen.set()
            second = await shown
            assert second is not None and told == []
            await choice._choose("")  # from now on, choices are told
            return str(second["facts"]["name"])

    assert asyncio.run(visited()) == "rnn.sine"
    assert told == [None] and "with" not in visit.query
