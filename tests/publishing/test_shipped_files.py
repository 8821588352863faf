"""The shipped files stand alone: plain PyTorch and plain ONNX Runtime open them, and they tell no paths."""

from __future__ import annotations

import io
import json
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as parse

import seqzoo
from seqzoo.bundles import store
from support import bare

NAMES = sorted(path.name for path in store.SHIPPED.iterdir())

BLOCKED = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "seqzoo":
            raise ModuleNotFoundError(f"{name} is made unimportable", name=name)

sys.meta_path.insert(0, Block())
try:
    import seqzoo
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("seqzoo can be imported")
import numpy as np
from safetensors.numpy import load_file
"""

TORCHSCRIPT = """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch

def opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.load(path)
    return lambda batch: module(torch.from_numpy(batch)).detach().numpy()
"""

ONNX = """
import onnxruntime

def opened(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (name,) = [given.name for given in session.get_inputs()]
    assert [value.name for value in session.get_outputs()] == ["forecast"] and name == "context"
    return lambda batch: session.run(None, {name: batch})[0]
"""

COMPARE_AND_REFUSE = """
import json, pathlib
distances, accepted = {}, []
for folder in map(pathlib.Path, sys.argv[3:]):
    run, golden = opened(str(folder / sys.argv[1])), load_file(folder / sys.argv[2])
    context, expected = golden["context"], golden["forecast"]
    for batch in (context[:1], context[:2], context[:17], context, np.concatenate([context] * 9)):
        forecast = run(batch)
        assert forecast.shape == (len(batch), expected.shape[1]) and forecast.dtype == np.float32, folder
        distance = float(np.abs(forecast - np.resize(expected, forecast.shape)).max())
        distances.setdefault(folder.name, []).append(distance)
    length = json.loads((folder / "manifest.json").read_text())["contract"]["context_length"]
    for batch in (1, 7):
        assert len(run(np.zeros((batch, length, 1), np.float32))) == batch
        for shape in ((batch, length - 1, 1), (batch, length + 1, 1), (batch, 1, 1), (batch, 0, 1),
                      (batch, length, 2), (batch, length), (batch, length, 1, 1), (batch,)):
            try:
                run(np.zeros(shape, np.float32))
            except Exception as error:
                reasons = f"windows of {length} values", "Got invalid dimensions", "Invalid rank"
                if any(reason in str(error) for reason in reasons):
                    continue
            accepted.append([folder.name, shape])
print(json.dumps([distances, accepted]))
"""


@pytest.fixture(params=NAMES)
def folder(request) -> Path:
    return store.SHIPPED / request.param


@pytest.mark.parametrize(("file", "opening"), [(store.TORCHSCRIPT, TORCHSCRIPT), (store.ONNX, ONNX)])
def test_without_seqzoo_models_take_any_number_of_windows_and_refuse_those_of_another_length(file, opening):
    code, folders = BLOCKED + opening + COMPARE_AND_REFUSE, [store.SHIPPED / name for name in NAMES]
    ran = bare.run(code, file, store.GOLDEN, *folders)
    assert ran.returncode == 0, ran.stderr
    distances, accepted = json.loads(ran.stdout)
    assert sorted(distances) == NAMES and {len(of_batches) for of_batches in distances.values()} == {5}
    assert {name: of_batches for name, of_batches in distances.items() if max(of_batches) > 1e-5} == {}
    assert accepted == []


EMPTY = """
import sys, numpy, onnxruntime

def empty(path):
    session = onnxruntime.InferenceSession(path)
    return session, numpy.zeros((0, session.get_inputs()[0].shape[1], 1), numpy.float32)
"""
RUN = '(forecast,) = session.run(None, {"context": window})'
GUARD = 'if not len(window):\n    raise ValueError("no window to forecast from")\n'
UNGUARDED = EMPTY + "for path in sys.argv[1:]:\n    session, window = empty(path)\n    " + RUN
GUARDED = EMPTY + f"""
for path in sys.argv[1:]:
    session, window = empty(path)
    try:
        exec({GUARD + RUN!r})
    except ValueError as refusal:
        assert str(refusal) == "no window to forecast from", path
    else:
        raise SystemExit(path)
"""


def test_a_card_has_the_guard_against_an_empty_batch_where_onnx_runtime_aborts_on_one():
    def status(code: str, *names: str) -> int:
        return bare.run(code, *(store.SHIPPED / name / store.ONNX for name in names)).returncode

    aborting, others = ("lstm.sine", "gru.sine"), ("rnn.sine", "gaf_cnn.sine", "transformer.sine")
    assert [status(UNGUARDED, name) for name in aborting] == [-signal.SIGABRT] * 2
    assert status(UNGUARDED, *others) == status(GUARDED, *aborting, *others) == 0
    guarded = {name for name in (*aborting, *others)
               if GUARD + RUN in (store.SHIPPED / name / store.CARD).read_text("utf-8")}  # fmt: skip
    assert guarded == set(aborting)


def test_no_file_tells_where_it_was_made(folder):
    checkout = str(Path(seqzoo.__file__).resolve().parents[2]).encode()
    home = str(Path.home()).encode()
    for path in folder.iterdir():
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(io.BytesIO(data)) as members:
                data += b"".join(members.read(member) for member in members.infolist())
        for trace in (checkout, home, b"/home/", b"site-packages", b"/tmp/", b".venv", b"/Users/", b"C:\\"):
            assert trace not in data, (path.name, trace)


def test_the_torchscript_file_holds_no_debug_records_and_fixed_times(folder):
    with zipfile.ZipFile(folder / store.TORCHSCRIPT) as members:
        infos = members.infolist()
    assert infos and not [info.filename for info in infos if info.filename.endswith(".debug_pkl")]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}


def test_the_onnx_file_is_valid_and_refers_to_no_other_file(folder):
    import onnx

    model = onnx.load_from_string((folder / store.ONNX).read_bytes())
    onnx.checker.check_model(model, full_check=True)
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert not any(part.metadata_props for part in (model, model.graph, *model.graph.node))
    assert b"location" not in (folder / store.ONNX).read_bytes()
    (batch, *rest) = model.graph.input[0].type.tensor_type.shape.dim
    contract = store.open_bundle(folder).manifest.contract
    assert batch.dim_param and [size.dim_value for size in rest] == [contract.context_length, 1]


def test_the_golden_tensors_hold_likely_windows_wild_ones_and_chosen_ones(folder):
    found = store.open_bundle(folder)
    golden = parse(found.read(store.GOLDEN))
    context, forecast = golden["context"], golden["forecast"]
    contract = found.manifest.contract
    assert context.shape[1:] == (contract.context_length, 1) and context.dtype == np.float32
    assert forecast.shape == (len(context), contract.horizon) and forecast.dtype == np.float32
    assert np.isfinite(context).all() and np.isfinite(forecast).all()
    signal = found.manifest.process
    drawn = signal.draw(64, contract.context_length, contract.horizon, np.random.default_rng(1)).context
    spread = np.abs(np.diff(context[:, :, 0], axis=1)).mean(axis=1)
    usual = np.abs(np.diff(drawn, axis=1)).mean(axis=1)
    assert (spread < usual.max()).sum() >= 64 and (spread > usual.max()).sum() >= 10
    rows = {row.tobytes() for row in context}
    length = contract.context_length
    for chosen in (np.zeros(length), np.ones(length), np.linspace(-1, 1, length), np.linspace(1, -1, length)):
        assert any(np.allclose(row[:, 0], chosen, atol=1e-6) for row in context)
    assert len(rows) == len(context)


def test_golden_forecasts_would_betray_a_model_that_ignores_its_input(folder):
    golden = parse(store.open_bundle(folder).read(store.GOLDEN))
    assert golden["forecast"].std() > 0.3


def test_the_history_ends_where_the_manifest_says_the_best_weights_were(folder):
    found = store.open_bundle(folder)
    history = json.loads(found.read(store.HISTORY))
    steps = [point["step"] for point in history]
    assert steps == sorted(set(steps)) and steps[-1] == found.manifest.training.recipe["steps"]
    best = min(history, key=lambda point: point["excess"])
    assert best["step"] == found.manifest.training.steps
    assert best["windows"] == found.manifest.training.windows_seen


def test_the_weights_of_every_format_are_the_canonical_ones(folder):
    import onnx
    from onnx import numpy_helper

    weights = parse((folder / store.WEIGHTS).read_bytes())
    with zipfile.ZipFile(folder / store.TORCHSCRIPT) as members:
        stored = b"".join(members.read(name) for name in members.namelist() if "/data/" in name)
    model = onnx.load_from_string((folder / store.ONNX).read_bytes())
    exported = np.concatenate([numpy_helper.to_array(tensor).ravel() for tensor in model.graph.initializer
                               if tensor.data_type == onnx.TensorProto.FLOAT])  # fmt: skip
    for name, tensor in weights.items():
        assert tensor.tobytes() in stored, name
        assert np.isin(tensor.ravel(), exported).all(), name
