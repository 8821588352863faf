"""The code that the page *Deploy* offers does what it says; its C++ is compiled by conformance/libtorch.py."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import warnings
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest

from seqzoo import load
from seqzoo.bundles import store
from seqzoo.data.scaling import Scaling
from seqzoo.publishing import c, snippets
from support.scaled import scaled

NAMES = ["lstm.sine", "lstm.sine-h50"]


def code(
    name: str, key: str, origin: str = "http://127.0.0.1:8000", path: Path | None = None, **contract: object
) -> str:
    manifest = store.open_bundle(path or store.SHIPPED / name).manifest
    manifest = msgspec.structs.replace(manifest, contract=msgspec.structs.replace(manifest.contract, **contract))
    return next(piece.code for piece in snippets.of(name, manifest, origin) if piece.key == key)


def beside_files(name: str, folder: Path) -> str:
    """A new folder that holds the exported files of a bundle."""
    folder.mkdir()
    for file in (store.ONNX, store.TORCHSCRIPT):
        shutil.copy(store.SHIPPED / name / file, folder)
    return str(folder)


def test_python_beside_the_files_of_a_bundle_prints_the_forecast_of_the_model(tmp_path, monkeypatch, capsys):
    """In the units of a series too, which the files themselves take and return."""
    folders = {name: beside_files(name, tmp_path / name) for name in NAMES}
    asked = [(folders[name], code(name, key)) for name in NAMES for key in ("python", "onnx", "torchscript")]
    expected = [load(name, "numpy").predict([0.1] * 20) for name in NAMES for _ in range(3)]
    far = scaled("mlp.sine", Scaling(1.7e9, 2.0), tmp_path / "far").path
    asked += [(str(far), code("mlp.sine", key, path=far)) for key in ("onnx", "torchscript")]
    expected += [2 * load("mlp.sine", "onnx").predict([0.0] * 20).astype(float) + 1.7e9] * 2
    for folder, text in asked:
        monkeypatch.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.jit.load is deprecated
            exec(compile(text, "snippet", "exec"), {"__name__": "__main__"})  # with no name but those that it imports
    given = [np.array(json.loads(line)) for line in capsys.readouterr().out.splitlines()]
    assert len(given) == len(asked)
    for (folder, text), forecast, right in zip(asked, given, expected, strict=True):
        np.testing.assert_allclose(forecast, right, rtol=0, atol=2e-5, err_msg=f"{folder}: {text}")


def test_code_for_a_model_with_a_scaling_reads_and_writes_double_and_scales_nothing():
    for key, words in {
        "onnx": "1700000000.0, np.float64)", "torchscript": "1700000000.0, dtype=torch.float64)",
        "cpp": "std::istream_iterator<double>", "curl": "1700000000.0, 1700000000.0", "python": "[1700000000.0] * 20",
    }.items():  # fmt: skip
        text = code("lstm.sine", key, scaling=Scaling(1.7e9, 2.0))
        assert words in text and "float>" not in text and "* 2.0" not in text, text
    text = code("lstm.sine", "cpp", scaling=Scaling(1.7e9, 2.0))
    assert "torch::kFloat64" in text and "item<double>()" in text and "float" not in text.replace("kFloat", "")


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_the_c_around_an_exported_model_prints_its_forecast(tmp_path):
    far = scaled("mlp.sine", Scaling(1.7e9, 2.0), tmp_path / "far")
    for bundle, value in [(store.open_bundle(store.SHIPPED / "lstm.sine-h50"), 0.1), (far, 1.7e9)]:
        model, program = c.to_c(bundle), tmp_path / "a.out"
        (tmp_path / f"{c.prefix_of(bundle.manifest)}.c").write_text(model.text)
        pieces = snippets.of(bundle.manifest.name, bundle.manifest, "http://127.0.0.1:8000")
        (tmp_path / "forecast.c").write_text(next(piece.code for piece in pieces if piece.key == "c"))
        sources = ["forecast.c", f"{c.prefix_of(bundle.manifest)}.c", "-lm"]
        subprocess.run(["cc", "-std=c99", "-Wall", "-Werror", "-o", program, *sources], cwd=tmp_path, check=True)
        given = " ".join([str(value)] * 20)
        ran = subprocess.run([program], input=given, capture_output=True, text=True, check=True)
        expected = load(bundle.path, "onnx").predict([value] * 20)[0]
        np.testing.assert_allclose(np.array(ran.stdout.split(), float), expected, rtol=0, atol=2e-5)
        assert subprocess.run([program], input="0.1", text=True, check=False, capture_output=True).returncode == 1


def test_an_architecture_without_c_offers_none():
    manifest = store.open_bundle(store.SHIPPED / "mlp.sine").manifest
    assert "c" in {piece.key for piece in snippets.of("mlp.sine", manifest, "")}
    manifest = msgspec.structs.replace(manifest, architecture="mine")
    assert "c" not in {piece.key for piece in snippets.of("mlp.sine", manifest, "")}


def test_a_name_that_a_bundle_gives_its_input_stays_a_string_in_the_code():
    hostile = '"}); import os; ({"'
    text = code("lstm.sine", "onnx", input=hostile)
    assert f"{{{json.dumps(hostile)}: window}}" in text
    compile(text, "snippet", "exec")


@pytest.mark.parametrize("name", NAMES)
def test_curl_gets_ten_steps_from_a_running_server(name, server):
    text = code(name, "curl", server.address)
    program, silent, address, *rest = shlex.split(text.replace("\\\n", ""))
    assert (program, silent, rest[0], rest[2]) == ("curl", "-s", "-H", "-d")
    header, value = rest[1].split(": ")
    answer = httpx.post(address, headers={header: value}, content=rest[3])
    assert answer.status_code == 200, answer.text
    expected = load(name, "onnx").forecast([0.1] * 20, 10)[0]
    np.testing.assert_allclose(answer.json()["forecast"], expected, atol=1e-5)
    if shutil.which("curl"):
        ran = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout)["forecast"] == answer.json()["forecast"]
