"""What may stand beside a model in *Look inside*."""

from __future__ import annotations

import pytest

from seqzoo.app.model.inside import beside
from seqzoo.bundles.store import SHIPPED, open_bundle
from seqzoo.errors import InputError, UnknownNameError
from seqzoo.microscope.facts import Subject
from seqzoo.runtime.repository import Repository

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
        beside.found(Repository("onnx"), OWN, Subject(OWN), asked)
    assert told in str(refused.value)


def test_a_second_network_has_facts_of_its_own_and_those_of_the_windows_in_common() -> None:
    subject = Subject(OWN)
    farther = beside.found(Repository("onnx"), OWN, subject, "lstm.sine-h50")
    assert farther.facts == Subject(open_bundle(SHIPPED / "lstm.sine-h50")).fixed
    before = beside.found(Repository("onnx"), OWN, subject, "untrained")
    assert before.facts == {**subject.fixed, "name": "lstm.sine before training"}
    assert before.weights == "/api/models/lstm.sine/untrained.safetensors"
