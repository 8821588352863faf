"""Bundles whose hashes are right and whose content attacks: code, bombs, files elsewhere, false tensors."""

from __future__ import annotations

import functools
import json
import resource
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from safetensors.numpy import load as parse
from starlette.testclient import TestClient

import seqzoo
from seqzoo.bundles import shelf, store
from seqzoo.errors import IntegrityError, UntrustedError
from seqzoo.runtime import engines
from seqzoo.runtime.repository import Repository
from seqzoo.server.serve import application
from support import forge
from support.engines import ENGINES
from support.terminal import Terminal

WINDOW = [0.1] * 20


def _memory() -> int:
    """Bytes this process has ever held at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("payload", [forge.pickle_payload, forge.torch_archive])
def test_code_in_a_bundle_that_was_handed_over_never_runs(
    copied: Path, home: Path, tmp_path: Path, payload: Callable[[Path], bytes], terminal: Terminal
) -> None:
    marker = tmp_path / "marker"
    forge.replace(copied, store.TORCHSCRIPT, payload(marker))
    own = shelf.own_models() / "handed-over"
    own.parent.mkdir(parents=True)
    copied.rename(own)
    for command in (["list"], ["show", own], ["show", "handed-over"], ["forecast", own, "--seed", 1]):
        assert terminal(*command).status == 0
    for engine in ("onnx", "numpy"):
        assert terminal("predict", own, "--engine", engine, *WINDOW).status == 0
    for command in ("predict", "forecast"):
        line = terminal(command, own, "--engine", "torchscript", *WINDOW).refusal
        assert "torchscript" in line and "onnx" in line
    proved = terminal("verify", own, "--windows", 1000)
    assert proved.status == 1 and "FAILS: torchscript\n" in proved.out  # not even laid out as TorchScript
    with pytest.raises(UntrustedError):
        seqzoo.load("handed-over", "torchscript").warm()
    assert seqzoo.load("handed-over").engine in ("native", "onnx")
    assert not marker.exists()


def test_the_payload_of_these_tests_would_run_if_it_were_loaded(tmp_path: Path) -> None:
    import pickle

    pickle.loads(forge.pickle_payload(tmp_path / "marker"))
    assert (tmp_path / "marker").exists()


def test_a_pickle_in_place_of_any_other_file_is_not_run(copied: Path, tmp_path: Path, terminal: Terminal) -> None:
    marker = tmp_path / "marker"
    for name in (store.ONNX, store.WEIGHTS, store.GOLDEN):
        forge.replace(copied, name, forge.torch_archive(marker))
    for engine in ("onnx", "numpy"):
        assert terminal("predict", copied, "--engine", engine, *WINDOW).refusal
    assert terminal("verify", copied).status == 1
    assert not marker.exists()


def test_a_zip_bomb_is_refused_before_it_is_opened(copied: Path, terminal: Terminal) -> None:
    import torch  # noqa: F401  # its own memory must not count

    bomb = forge.zip_bomb(300)
    assert len(bomb) < 1 << 19
    forge.replace(copied, store.TORCHSCRIPT, bomb)
    before = _memory()
    assert "torchscript" in terminal("predict", copied, "--engine", "torchscript", *WINDOW).refusal
    assert "FAILS: torchscript\n" in terminal("verify", copied, "--windows", 100).out
    assert _memory() - before < 150 << 20


def test_trust_is_not_gained_by_a_folder_of_the_same_name(copied: Path) -> None:
    assert copied.name == "lstm.sine"
    assert not store.open_bundle(copied).is_trusted


def test_a_link_into_the_users_models_gains_no_trust(copied: Path) -> None:
    shelf.own_models().mkdir(parents=True)
    (shelf.own_models() / "linked").symlink_to(copied)
    with pytest.raises(UntrustedError):
        seqzoo.load("linked", "torchscript").warm()


@pytest.mark.parametrize("location", ["/etc/passwd", "../../../etc/passwd", "golden.safetensors", "weights.bin"])
@pytest.mark.parametrize("spelling", [forge.plain, forge.respelt])
def test_onnx_with_data_in_another_file_is_refused(
    copied: Path, location: str, spelling: Callable[[Any], bytes], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copied / "weights.bin").write_bytes(bytes(80))
    forge.replace(copied, store.ONNX, spelling(forge.onnx_model(forge.external(location))))
    monkeypatch.chdir(copied)  # where a path relative to the working folder would be found
    assert "ONNX" in terminal("predict", copied, "--engine", "onnx", *WINDOW).refusal
    proved = terminal("verify", copied)
    assert proved.status == 1 and "FAILS: onnx, score" in proved.out


def test_the_respelt_model_of_these_tests_is_one_that_onnx_runtime_accepts() -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(forge.respelt(forge.onnx_model()), providers=["CPUExecutionProvider"])
    assert session.run(None, {"context": np.zeros((1, 20, 1), np.float32)})[0].shape == (1, 1)


def test_a_model_in_the_format_of_onnx_runtime_itself_is_refused(
    copied: Path, tmp_path: Path, terminal: Terminal
) -> None:
    forge.replace(copied, store.ONNX, forge.runtime_format(tmp_path))
    assert "ONNX Runtime" in terminal("predict", copied, "--engine", "onnx", *WINDOW).refusal


@pytest.mark.parametrize(
    "facts",
    [
        {"length": 19},
        {"length": 4096},
        {"length": "any"},
        {"horizon": 2},
        {"source": "x"},
        {"sink": "y"},
        {"element": TensorProto.DOUBLE},
    ],
    ids=str,
)
def test_onnx_that_does_not_keep_the_contract_is_refused(
    copied: Path, facts: dict[str, Any], terminal: Terminal
) -> None:
    forge.replace(copied, store.ONNX, forge.onnx_model(**facts).SerializeToString())
    assert "manifest" in terminal("predict", copied, "--engine", "onnx", *WINDOW).refusal
    assert "FAILS: onnx, score" in terminal("verify", copied).out


def test_onnx_that_fails_or_is_not_finite_when_it_runs_is_refused(copied: Path, terminal: Terminal) -> None:
    def not_finite(model: Any) -> None:
        model.graph.initializer[0].float_data[:] = [float("nan")] * 20

    def wrong_axis(model: Any) -> None:
        model.graph.initializer[1].int64_data[:] = [1]

    for tamper in (not_finite, wrong_axis):
        forge.replace(copied, store.ONNX, forge.onnx_model(tamper).SerializeToString())
        assert terminal("predict", copied, "--engine", "onnx", *WINDOW).refusal


def test_onnx_garbage_is_refused(copied: Path, terminal: Terminal) -> None:
    for data in (b"", b"\0", b"garbage" * 99, b"\x08\x09" * 9, b"ORTM" + bytes(99), b"\xff" * 5000):
        forge.replace(copied, store.ONNX, data)
        assert "ONNX" in terminal("predict", copied, "--engine", "onnx", *WINDOW).refusal, data[:10]


def _reshape(tensors: dict[str, Any]) -> None:
    tensors["lstm.weight_hh_l0"] = tensors["lstm.weight_hh_l0"].T.copy()


def _transpose_head(tensors: dict[str, Any]) -> None:
    tensors["head.weight"] = tensors["head.weight"].T.copy()


def _double(tensors: dict[str, Any]) -> None:
    tensors["head.weight"] = tensors["head.weight"].astype(np.float64)


def _integers(tensors: dict[str, Any]) -> None:
    tensors["head.bias"] = tensors["head.bias"].astype(np.int64)


def _missing(tensors: dict[str, Any]) -> None:
    del tensors["head.bias"]


def _extra(tensors: dict[str, Any]) -> None:
    tensors["more"] = np.zeros(3, np.float32)


def _scalar(tensors: dict[str, Any]) -> None:
    tensors["lstm.weight_hh_l0"] = np.zeros((), np.float32)


def _none(tensors: dict[str, Any]) -> None:
    tensors.clear()


def _empty(tensors: dict[str, Any]) -> None:
    tensors.update({name: np.zeros((0, 0), np.float32) for name in tensors})


def _nan(tensors: dict[str, Any]) -> None:
    tensors["head.weight"] = np.full_like(tensors["head.weight"], np.nan)


def _broadcast(tensors: dict[str, Any]) -> None:
    tensors["lstm.bias_ih_l0"] = np.zeros(1, np.float32)


CHANGES = [_reshape, _transpose_head, _double, _integers, _missing, _extra, _scalar, _none, _empty, _nan, _broadcast]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_weights_that_are_not_the_architectures_are_refused(
    copied: Path, change: Callable[[dict[str, Any]], None], terminal: Terminal
) -> None:
    forge.replace(copied, store.WEIGHTS, forge.tensors((copied / store.WEIGHTS).read_bytes(), change))
    assert terminal("predict", copied, "--engine", "numpy", *WINDOW).refusal
    proved = terminal("verify", copied, "--windows", 200)
    assert proved.status == 1 and "eager, numpy" in proved.out.rsplit("FAILS: ", 1)[1]


def _entry(dtype: str, shape: list[int], offsets: list[int]) -> bytes:
    return f'{{"head.weight": {{"dtype": "{dtype}", "shape": {shape}, "data_offsets": {offsets}}}}}'.encode()


HEADERS = [
    forge.safetensors_header(b""),
    forge.safetensors_header(b"{}", stated=2**63),
    forge.safetensors_header(b"{}", stated=100),
    forge.safetensors_header(b"{" * 99_999),
    forge.safetensors_header(b"[" * 100_000),
    forge.safetensors_header(b"\xff" * 20),
    forge.safetensors_header(_entry("F32", [4], [0, 16]), b"short"),
    forge.safetensors_header(_entry("F32", [2**62], [0, 16]), bytes(16)),
    forge.safetensors_header(_entry("F32", [2**32, 2**32], [0, 0])),
    forge.safetensors_header(_entry("F32", [4], [16, 0]), bytes(16)),
    forge.safetensors_header(_entry("F32", [4], [0, 16]), bytes(32)),
    forge.safetensors_header(_entry("BF16", [4], [0, 8]), bytes(8)),
    forge.safetensors_header(_entry("F8_E4M3", [4], [0, 4]), bytes(4)),
    forge.safetensors_header(_entry("F99", [4], [0, 4]), bytes(4)),
    forge.safetensors_header(_entry("F32", [-4], [0, 16]), bytes(16)),
    forge.safetensors_header(b'{"__metadata__": {"a": 1}}'),
    struct.pack("<Q", 1),
    b"",
]


@pytest.mark.parametrize("name", [store.WEIGHTS, store.GOLDEN])
def test_a_lying_header_of_tensors_is_refused(copied: Path, name: str, terminal: Terminal) -> None:
    for place, data in enumerate(HEADERS):
        forge.replace(copied, name, data)
        if name == store.WEIGHTS:
            with pytest.raises(IntegrityError):
                seqzoo.load(copied, "numpy").predict(WINDOW)
        proved = terminal("verify", copied, "--windows", 100, "--json")
        assert proved.status == 1 and proved.err == "", (place, proved)


def _disagree(tensors: dict[str, Any]) -> None:
    tensors["forecast"][[3, 5]] += 0.01


def test_golden_tensors_that_disagree_are_kept_and_said_where(copied: Path, home: Path, terminal: Terminal) -> None:
    forge.replace(copied, store.GOLDEN, forge.tensors((copied / store.GOLDEN).read_bytes(), _disagree))
    proved = terminal("verify", copied, "--windows", 200)
    assert proved.status == 1 and "FAILS: eager, onnx, numpy" in proved.out
    for engine in ("eager", "onnx", "numpy"):
        kept = home / "disagreements" / f"lstm.sine-{engine}.safetensors"
        assert str(kept) in proved.out and "2 of 85 windows" in proved.out
        tensors = parse(kept.read_bytes())
        assert tensors["context"].shape == (2, 20, 1)
        np.testing.assert_allclose(tensors["golden"] - tensors["given"], 0.01, atol=1e-4)


@pytest.mark.parametrize(
    "golden",
    [
        {"context": np.zeros((0, 20, 1), np.float32), "forecast": np.zeros((0, 1), np.float32)},
        {"context": np.zeros((4, 19, 1), np.float32), "forecast": np.zeros((4, 1), np.float32)},
        {"context": np.zeros((4, 20, 1), np.float32), "forecast": np.zeros((3, 1), np.float32)},
        {"context": np.zeros((4, 20, 1), np.float32), "forecast": np.zeros((4, 2), np.float32)},
        {"context": np.zeros((4, 20, 1), np.float64), "forecast": np.zeros((4, 1), np.float32)},
        {"context": np.zeros((4, 20, 1), np.float32), "forecast": np.full((4, 1), np.nan, np.float32)},
        {"context": np.full((4, 20, 1), np.nan, np.float32), "forecast": np.zeros((4, 1), np.float32)},
        {"context": np.zeros((), np.float32), "forecast": np.zeros((), np.float32)},
        {"context": np.zeros((4, 20, 1), np.float32)},
    ],
    ids=range(9),
)
def test_golden_tensors_that_prove_nothing_fail(copied: Path, golden: dict[str, Any], terminal: Terminal) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors.clear()
        tensors.update(golden)

    forge.replace(copied, store.GOLDEN, forge.tensors((copied / store.GOLDEN).read_bytes(), change))
    proved = terminal("verify", copied, "--windows", 200)
    assert proved.status == 1 and "FAILS: eager, onnx, numpy" in proved.out


def _rewritten(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: forge.state(folder, **changes)


def _replaced(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: forge.replace(folder, name, data)


def _history(rows: list[Any]) -> bytes:
    return json.dumps(rows).encode()


ROW = {"step": 3850, "windows": 492800, "seconds": 1.0, "loss": 0.1, "excess": 0.1}

STEP = ("mse", "mse_se", "noise", "bayes", "best_linear", "line", "last_value")

# What was changed, and the checks that must fail.
BROKEN: list[tuple[Callable[[Path], None], str]] = [
    (_replaced(store.HISTORY, b"not JSON"), "history"),
    (_replaced(store.HISTORY, b"\xff[]"), "history"),
    (_replaced(store.HISTORY, b"[]"), "history"),
    (_replaced(store.HISTORY, b"[" * 5000), "history"),
    (_replaced(store.HISTORY, _history([ROW, ROW])), "history"),
    (_replaced(store.HISTORY, _history([{**ROW, "step": 10}])), "history"),
    (_replaced(store.HISTORY, _history([ROW]).replace(b'"step": 3850', b'"step": 1, "step": 3850')), "history"),
    (_replaced(store.CARD, b"# Caf\xe9"), "card"),
    (_rewritten(score__windows=2), "score"),
    (_rewritten(score__windows=10**12), "score"),
    (_rewritten(score__floors__last_value=0.04), "score"),
    (_rewritten(score__floors__better=0.0), "score"),
    (_rewritten(score__skill=[5.0, 0.0]), "score"),
    (_rewritten(score__mse=[0.0107, -1.0]), "score"),
    (_rewritten(score__excess=None), "manifest"),
    (_rewritten(score__steps={"better": [0.0]}), "score"),
    (_rewritten(score__steps={kind: [9.0] for kind in STEP}), "score"),
    (_rewritten(parameters=17_218), ", ".join(["eager", *ENGINES[2:]])),
    (_replaced(store.TORCHSCRIPT, b"junk"), "torchscript"),
    (_replaced(store.TORCHSCRIPT, b""), "torchscript"),
    (_replaced(store.TORCHSCRIPT, forge.torch_archive(Path("/nowhere/marker"))), "torchscript"),
    (lambda folder: _replaced(store.TORCHSCRIPT, forge.many_entries())(folder), "torchscript"),
]


def test_verify_fails_what_is_broken_and_names_it(shipped: Path, tmp_path: Path, terminal: Terminal) -> None:
    for number, (change, check) in enumerate(BROKEN):
        folder = tmp_path / str(number)
        shutil.copytree(shipped, folder)
        change(folder)
        proved = terminal("verify", folder, "--windows", 100)
        assert proved.status == 1 and proved.out.endswith(f"{number} FAILS: {check}\n"), proved.out


def test_what_could_not_be_proven_is_in_the_last_line_and_in_the_json(copied: Path, terminal: Terminal) -> None:
    proved = terminal("verify", copied, "--windows", 1000)
    assert proved.status == 0
    last = proved.out.splitlines()[-1]
    assert last.startswith("lstm.sine passes") and "torchscript (" in last
    facts = json.loads(terminal("verify", copied, "--windows", 1000, "--json").out)
    assert facts["passed"] and list(facts["not_proven"]) == ["torchscript"] and facts["verdict"] in last


def test_one_bundle_never_costs_the_list(home: Path, shipped: Path, terminal: Terminal) -> None:
    """On the command line, in the catalogue, the control API and the index of the repository."""
    changes: dict[str, Callable[[Path], None]] = {
        "many": _rewritten(parameters=10**30),
        "deep": _rewritten(config=functools.reduce(lambda inner, _: {"a": inner}, range(500), {})),
        "zero": _rewritten(score__floors__bayes=0.0),
        "card": _replaced(store.CARD, b"\xff"),
    }
    for name, change in changes.items():
        shutil.copytree(shipped, shelf.own_models() / f"mine.{name}")
        change(shelf.own_models() / f"mine.{name}")
    listed = terminal("list", "--json")
    rows = {row["name"]: row for row in json.loads(listed.out)}
    assert listed.status == 0 and "lstm.sine" in rows
    assert [name for name in changes if "error" in rows[f"mine.{name}"]] == ["many", "deep"]
    assert rows["mine.zero"]["excess"] is None  # no ratio over a floor of zero
    assert terminal("list").status == 0
    for name in changes:
        assert terminal("show", f"mine.{name}").status == (2 if name in ("many", "deep") else 0)
    with TestClient(application(), base_url="http://127.0.0.1:8000") as client:
        states = {row["name"]: row for row in client.get("/api/models").json()}
        index = client.post("/v2/repository/index").json()
        assert "error" in states["mine.many"] and {row["name"] for row in index} >= set(states)
        for name, status in (("many", 409), ("deep", 409), ("zero", 200), ("card", 409)):
            answer = client.get(f"/api/models/mine.{name}")
            assert answer.status_code == status and ("error" in answer.json()) is (status == 409)
        assert store.CARD in client.get("/api/models/mine.card").json()["error"]


def test_whatever_a_library_raises_while_a_model_loads_is_the_state_of_that_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "build", lambda *given: 1 / 0)
    repository = Repository()
    with pytest.raises(IntegrityError, match="division by zero"):
        repository.get("lstm.sine")
    state = repository.state("lstm.sine")
    assert state.state == "UNAVAILABLE" and "division by zero" in state.reason
