"""The folders that other servers read hold the same ONNX file, described by the bundle's contract."""

from __future__ import annotations

import onnxruntime
import pytest

from seqzoo.bundles import store
from seqzoo.errors import InputError, IntegrityError, UnknownNameError
from seqzoo.publishing import triton


@pytest.mark.parametrize("name", ["lstm.sine", "lstm.sine-h50"])
def test_a_triton_repository_holds_the_model_and_what_it_takes_and_gives(tmp_path, name):
    found = store.open_bundle(store.SHIPPED / name)
    folder = triton.write(found, "triton", tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        f"{name}/1/model.onnx",
        f"{name}/config.pbtxt",
    ]
    raw = (folder / "1" / "model.onnx").read_bytes()
    assert raw == found.read(store.ONNX)
    session = onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])
    config = " ".join((folder / "config.pbtxt").read_text("utf-8").split())
    # Triton's dims are those of the file with -1 where it has a symbol, as max_batch_size is 0.
    for kind, tensors in (("input", session.get_inputs()), ("output", session.get_outputs())):
        (tensor,) = tensors
        dims = ", ".join(str(size if isinstance(size, int) else -1) for size in tensor.shape)
        assert f'{kind} [ {{ name: "{tensor.name}" data_type: TYPE_FP32 dims: [ {dims} ] }} ]' in config
    assert f'name: "{name}" platform: "onnxruntime_onnx" max_batch_size: 0' in config
    triton.write(found, "triton", tmp_path)  # again, over what is there


def test_what_cannot_be_written_is_refused(tmp_path, copied):
    found = store.open_bundle(copied)
    with pytest.raises(UnknownNameError, match=r"layout.*'kserve'"):
        triton.write(found, "kserve", tmp_path / "a")
    (tmp_path / "b" / "lstm.sine").mkdir(parents=True)
    with pytest.raises(InputError, match=r"lstm.sine"):
        triton.write(found, "triton", tmp_path / "b")
    (copied / store.ONNX).write_bytes(b"damaged")
    with pytest.raises(IntegrityError):
        triton.write(found, "triton", tmp_path / "c")
    assert not list((tmp_path / "c").rglob("*.onnx"))
