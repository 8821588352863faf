"""Export: the same module gives the same bytes, and a bundle made here is one that proves itself."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import warnings
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load as parse
from safetensors.numpy import save
from safetensors.torch import save as to_safetensors

from seqzoo.bundles import shelf, store
from seqzoo.bundles.manifest import TOLERANCE, Contract
from seqzoo.publishing import build
from seqzoo.publishing.onnx import to_onnx
from seqzoo.publishing.reproduce import reproduce
from seqzoo.publishing.torchscript import to_torchscript
from seqzoo.publishing.verify import verify
from seqzoo.runtime import core, load
from seqzoo.signals import Sine
from seqzoo.training.loop import train
from seqzoo.training.spec import TrainingSpec
from seqzoo.zoo import _registry
from support.engines import ENGINES

SHORT = 5  # values of a window where its length decides nothing: the exporter unrolls some layers step by step
CARD = _registry.entry("lstm.sine").card


@pytest.fixture(scope="module", autouse=True)
def scored_on_few_windows():
    """Scores on fewer windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sine, "windows_to_score", 2000)
        yield


@pytest.fixture(scope="module")
def trained(small_run):
    return train(small_run(recipe__steps=40, recipe__learning_rate=0.02, config__context_length=SHORT))


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory) -> store.Bundle:
    """`mine`, exported among the models of a home that trusts it. Read only."""
    home = tmp_path_factory.mktemp("made") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(home))
        return build.export(trained, CARD, home / "models" / "mine", name="mine")


def test_exporting_the_same_weights_from_another_module_gives_the_same_files(trained, made, tmp_path):
    twin = dataclasses.replace(trained, module=build.module_of(made))
    again = build.export(twin, CARD, tmp_path / "again", name="mine")
    assert [name for name in store.REQUIRED if again.read(name) != made.read(name)] == []
    assert again.manifest_sha256 == made.manifest_sha256


def test_other_weights_export_to_other_bytes(made):
    module = build.module_of(made)
    assert to_torchscript(module, made.manifest.contract) == made.read(store.TORCHSCRIPT)
    with torch.no_grad():
        module.head.bias.add_(1e-6)
    assert to_torchscript(module, made.manifest.contract) != made.read(store.TORCHSCRIPT)


def test_an_export_tells_no_path_of_the_machine_that_made_it(made):
    script, graph = made.read(store.TORCHSCRIPT), made.read(store.ONNX)
    with zipfile.ZipFile(io.BytesIO(script)) as members:
        assert not [name for name in members.namelist() if name.endswith(".debug_pkl")]
        whole = b"".join(members.read(name) for name in members.namelist())
    source = Path(build.__file__).parent
    for data in (script, whole, graph):
        assert not [trace for trace in (str(source), "site-packages") if trace.encode() in data]
    # The archive's own index may name a member code/__torch__/seqzoo/zoo/lstm.py; nothing in a member may.
    assert not [data for data in (whole, graph) if b"zoo/lstm.py" in data]


def test_a_torchscript_export_without_its_debug_records_loads_and_forecasts_the_same(trained, made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.load(io.BytesIO(made.read(store.TORCHSCRIPT)))
    windows = torch.randn(5, SHORT, 1, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        torch.testing.assert_close(module(windows), trained.module(windows))


def test_a_bundle_made_here_is_complete_served_by_every_engine_and_proves_itself(trained, made, monkeypatch):
    monkeypatch.setenv("SEQZOO_HOME", str(made.path.parents[1]))
    assert sorted(path.name for path in made.path.iterdir()) == sorted([store.MANIFEST, *store.REQUIRED])
    assert shelf.available()["mine"] == made.path
    golden = parse(made.read(store.GOLDEN))
    for engine in ENGINES:
        distance = np.abs(load("mine", engine).predict(golden["context"]) - golden["forecast"]).max()
        assert distance <= TOLERANCE
    report = verify("mine", windows=2000, seed=2**31 + 5)
    assert {check.name: check.detail for check in report.checks if check.passed is not True} == {}
    manifest = made.manifest
    assert TrainingSpec.of_manifest(manifest) == trained.spec
    assert manifest.training.steps == trained.best_step
    assert manifest.parameters == 4 * 8 * (1 + 8 + 2) + 8 + 1
    history = json.loads(made.read(store.HISTORY))
    assert [point["step"] for point in history] == [point.step for point in trained.history]


def test_a_small_bundle_is_reproduced_to_the_same_weights(made):
    result = reproduce(made.path)
    assert result.identical and result.same_stack and result.finished and result.passed
    assert result.sha256 == hashlib.sha256(made.read(store.WEIGHTS)).hexdigest()
    assert result.mse == result.stated_mse and result.standard_errors == 0


def test_a_bundle_states_the_core_that_trained_it_and_is_reproduced_on_it(made, trained, tmp_path):
    """One without a core in its manifest, as all of earlier versions, is trained again by PyTorch."""
    here = core.find()
    if here is None:
        pytest.skip(core.state().why)
    stack = dict(made.manifest.training.stack)
    assert stack.pop("core") == f"{here.target} {here.source}"
    by_torch = train(trained.spec, using=core.of("off"))
    assert build.stack(by_torch.core) == stack
    contents = {name: made.read(name) for name in store.REQUIRED}
    contents[store.WEIGHTS] = to_safetensors(build.weights_of(by_torch.module))

    def stating(name: str, stack: dict[str, str]) -> store.Bundle:
        facts = msgspec.structs.replace(made.manifest.training, stack=stack)
        return store.write_bundle(
            tmp_path / name, msgspec.structs.replace(made.manifest, training=facts), contents
        )

    again = reproduce(stating("earlier", stack))
    assert again.identical and again.same_stack and again.cores == ("", "") and not again.note
    elsewhere = reproduce(stating("far", {**stack, "core": "x86_64_v9 0"}))
    assert not elsewhere.identical and not elsewhere.same_stack and elsewhere.passed
    assert f"through the core 'x86_64_v9 0'; this training ran through the core '{here.target}" in elsewhere.note


def test_weights_that_no_recipe_gives_are_not_reproduced(made, tmp_path):
    weights = parse(made.read(store.WEIGHTS))
    weights["head.bias"] = weights["head.bias"] + np.float32(1e-6)
    contents = {name: made.read(name) for name in store.REQUIRED} | {store.WEIGHTS: save(weights)}
    other = store.write_bundle(tmp_path / "mine", made.manifest, contents)
    result = reproduce(other.path)
    assert not result.identical and not result.passed and result.same_stack


def test_a_reproduction_that_was_stopped_does_not_pass(made):
    result = reproduce(made.path, should_stop=lambda: True)
    assert not result.finished and not result.passed


def test_eager_forecasts_in_pieces_are_those_of_the_whole(trained):
    windows = np.random.default_rng(0).standard_normal((513, SHORT, 1)).astype(np.float32)
    with torch.no_grad():
        whole = trained.module(torch.from_numpy(windows))
    for rows in (1, 2, 511, 512, 513):
        torch.testing.assert_close(build.eager(trained.module, windows[:rows]), whole[:rows])


class Layers(torch.nn.Module):
    """What the export of nn.RNN must tell from the one layer of the zoo's `rnn`."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.rnn = torch.nn.RNN(1, 5, **options)
        self.head = torch.nn.Linear(10 if self.rnn.bidirectional else 5, 1)
        self.batch_first = self.rnn.batch_first

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states, _ = self.rnn(context if self.batch_first else context.transpose(0, 1))
        return self.head(states[:, -1] if self.batch_first else states[-1])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"batch_first": True}, True),
        ({"batch_first": False}, True),
        ({"batch_first": True, "num_layers": 2}, False),
        ({"batch_first": True, "bidirectional": True}, False),
        ({"batch_first": True, "bias": False}, False),
        ({"batch_first": True, "nonlinearity": "relu"}, False),
    ],
)
def test_a_plain_recurrence_is_one_node_and_any_other_is_unrolled_right(options, kept):
    import onnx
    import onnx.reference
    import onnxruntime

    torch.manual_seed(1)
    module = Layers(**options).eval()
    data = to_onnx(module, Contract(3, 1))
    graph = onnx.load_from_string(data)
    assert ("RNN" in {node.op_type for node in graph.graph.node}) is kept
    windows = torch.randn(7, 3, 1, generator=torch.Generator().manual_seed(2))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    reference = onnx.reference.ReferenceEvaluator(graph)
    for rows in (1, 7):
        given = {"context": windows[:rows].numpy()}
        with torch.no_grad():
            expected = module(windows[:rows]).numpy()
        np.testing.assert_allclose(session.run(None, given)[0], expected, atol=1e-6)
        np.testing.assert_allclose(reference.run(None, given)[0], expected, atol=1e-6)
