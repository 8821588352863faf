"""An ONNX graph that reads one step and carries its state reproduces the golden tensors of windows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load

from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.errors import InputError
from seqzoo.publishing.onnx_step import to_onnx_step
from support.random_model import bundle_of
from support.terminal import Terminal

FAR = Scaling(1.7e9, 20.0)


def test_steps_give_the_forecasts_of_windows_in_two_runtimes(tmp_path: Path) -> None:
    """By a loop of this test's own; a state of ones in place of zeros gives another forecast."""
    cases = [store.open_bundle(store.SHIPPED / name) for name in ("lstm.sine", "gru.sine", "rnn.sine")]
    cases += [
        bundle_of(tmp_path / "1", "lstm", FAR, channels=3, horizon=2), bundle_of(tmp_path / "2", "gru", FAR),
        bundle_of(tmp_path / "3", "rnn", FAR, channels=3),
    ]  # fmt: skip
    for bundle in cases:
        contract, golden = bundle.manifest.contract, load(bundle.read(store.GOLDEN))
        data = to_onnx_step(bundle)
        graph = onnx.load_from_string(data)
        states = [each.name for each in graph.graph.input[1:]]
        assert states == (["h", "c"] if "lstm" in bundle.manifest.architecture else ["h"])
        assert [each.name for each in graph.graph.output] == ["forecast", *(f"next_{state}" for state in states)]
        size = graph.graph.input[1].type.tensor_type.shape.dim[1].dim_value
        session, reference = onnxruntime.InferenceSession(data), ReferenceEvaluator(graph)
        for run, rows in ((session.run, golden["context"]), (reference.run, golden["context"][:7])):
            for first, equal in ((np.zeros, True), (np.ones, False)):
                kept = {name: first((len(rows), size), np.float32) for name in states}
                for step in range(contract.context_length):
                    forecast, *after = run(None, {"x": rows[:, step : step + 1], **kept})
                    kept = dict(zip(states, after, strict=True))
                assert forecast.dtype == rows.dtype
                apart = np.abs(forecast - golden["forecast"][: len(rows)]).max() / contract.scaling.scale
                assert (apart < 1e-5) == equal, (bundle.manifest.name, apart)


def test_the_metadata_hold_the_contract_and_the_hash_of_the_golden_tensors(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert terminal("export", "lstm.sine", "--onnx-step").out.startswith("Written: lstm.sine.step.onnx, within")
    kept = onnx.load("lstm.sine.step.onnx").metadata_props
    facts = {each.key.removeprefix("seqzoo."): each.value for each in kept}
    manifest = store.open_bundle(store.SHIPPED / "lstm.sine").manifest
    assert json.loads(facts["contract"])["context_length"] == 20 and facts["name"] == "lstm.sine"
    assert facts["golden_sha256"] == manifest.files[store.GOLDEN].sha256
    assert facts["weights_sha256"] == manifest.files[store.WEIGHTS].sha256


def test_a_model_that_cannot_read_one_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a mlp, which carries no state; lstm, gru, rnn do"):
        to_onnx_step(store.open_bundle(store.SHIPPED / "mlp.sine"))
    with pytest.raises(InputError, match="which one step does not have"):
        to_onnx_step(bundle_of(tmp_path / "1", "gru", Scaling(5.0, 2.0, "window")))
