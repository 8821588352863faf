"""NVIDIA's HTTP client against our server, JSON and binary, both ways."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tritonclient.http as triton
    from tritonclient.utils import InferenceServerException

from seqzoo import load
from seqzoo.data.scaling import Scaling
from support.scaled import scaled

MODEL = "lstm.sine"


@pytest.fixture
def client(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = triton.InferenceServerClient(server.address.removeprefix("http://"))
        yield made
        made.close()


def windows(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).normal(size=(rows, 20, 1)).astype(np.float32)


@pytest.mark.parametrize(("rows", "sends_binary", "takes_binary"), [
    (1, False, False), (7, False, True), (7, True, False), (500, False, False), (500, True, True),
])  # fmt: skip
def test_inference_gives_what_the_model_gives(client, rows, sends_binary, takes_binary):
    batch = windows(rows)
    tensor = triton.InferInput("context", list(batch.shape), "FP32")
    tensor.set_data_from_numpy(batch, binary_data=sends_binary)
    wanted = [triton.InferRequestedOutput("forecast", binary_data=takes_binary)]
    result = client.infer(MODEL, [tensor], outputs=wanted, request_id="a-7")
    np.testing.assert_array_equal(result.as_numpy("forecast"), load(MODEL, "light").predict(batch))
    facts = result.get_response()
    assert (facts["id"], facts["model_name"], facts["model_version"]) == ("a-7", MODEL, "1")


def test_without_outputs_the_client_asks_for_binary_and_gets_it(client):
    batch = windows(3)
    tensor = triton.InferInput("context", list(batch.shape), "FP32")
    tensor.set_data_from_numpy(batch)
    result = client.infer(MODEL, [tensor], model_version="1")
    np.testing.assert_array_equal(result.as_numpy("forecast"), load(MODEL, "light").predict(batch))


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed_requests_are_read(client, algorithm):
    batch = windows(40)
    tensor = triton.InferInput("context", list(batch.shape), "FP32")
    tensor.set_data_from_numpy(batch)
    result = client.infer(MODEL, [tensor], request_compression_algorithm=algorithm)
    np.testing.assert_array_equal(result.as_numpy("forecast"), load(MODEL, "light").predict(batch))


def test_health_server_and_model_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    facts = client.get_server_metadata()
    assert facts["name"] == "seqzoo" and "binary_tensor_data" in facts["extensions"]
    model = client.get_model_metadata("gru.sine")
    assert model["inputs"] == [{"name": "context", "datatype": "FP32", "shape": [-1, 20, 1]}]
    assert model["outputs"] == [{"name": "forecast", "datatype": "FP32", "shape": [-1, 1]}]


def test_load_unload_and_index(client):
    client.load_model("mlp.sine")
    assert client.is_model_ready("mlp.sine")
    states = {row["name"]: row["state"] for row in client.get_model_repository_index()}
    assert states["mlp.sine"] == "READY" and "bayes.sine" in states
    client.unload_model("mlp.sine")
    assert not client.is_model_ready("mlp.sine")
    states = {row["name"]: row["state"] for row in client.get_model_repository_index()}
    assert states["mlp.sine"] == "UNAVAILABLE"


def test_a_config_or_a_file_sent_with_load_is_refused(client):
    with pytest.raises(InferenceServerException, match="parameters"):
        client.load_model("mlp.sine", config="{}")
    with pytest.raises(InferenceServerException, match="parameters"):
        client.load_model("mlp.sine", config="{}", files={"file:1/model.onnx": b"not a model"})


def test_an_error_reaches_the_client_in_words(client):
    tensor = triton.InferInput("context", [1, 19, 1], "FP32")
    tensor.set_data_from_numpy(windows(1)[:, :19])
    with pytest.raises(InferenceServerException, match=r"\[B, 20, 1\]"):
        client.infer(MODEL, [tensor])
    with pytest.raises(InferenceServerException, match="'nobody'"):
        client.get_model_metadata("nobody")


def test_the_literal_nan_that_this_client_writes_into_json_is_refused(client):
    batch = windows(1)
    batch[0, 4, 0] = np.nan
    for binary in (False, True):
        tensor = triton.InferInput("context", [1, 20, 1], "FP32")
        tensor.set_data_from_numpy(batch, binary_data=binary)
        with pytest.raises(InferenceServerException, match=r"JSON|finite"):
            client.infer(MODEL, [tensor])


@pytest.mark.parametrize("takes_binary", [False, True])
@pytest.mark.parametrize("sends_binary", [False, True])
def test_a_model_with_a_scaling_takes_and_returns_fp64(client, far, sends_binary, takes_binary):
    facts = client.get_model_metadata(far.name)
    assert [tensor["datatype"] for tensor in facts["inputs"] + facts["outputs"]] == ["FP64", "FP64"]
    batch = 1.7e9 + windows(3).astype(np.float64)
    batch[-1] = batch[-2] + 0.1  # FP32 cannot tell the two apart
    tensor = triton.InferInput("context", list(batch.shape), "FP64")
    tensor.set_data_from_numpy(batch, binary_data=sends_binary)
    wanted = [triton.InferRequestedOutput("forecast", binary_data=takes_binary)]
    forecast = client.infer(far.name, [tensor], outputs=wanted).as_numpy("forecast")
    assert forecast.dtype == np.float64 and abs(forecast[-1, 0] - forecast[-2, 0]) > 1e-3
    np.testing.assert_array_equal(forecast, load(far, "light").predict(batch))
    single = triton.InferInput("context", list(batch.shape), "FP32")
    single.set_data_from_numpy(batch.astype(np.float32), binary_data=sends_binary)
    with pytest.raises(InferenceServerException, match="must be 'FP64', got 'FP32'"):
        client.infer(far.name, [single])


def test_a_value_beyond_float32_and_a_short_body_are_refused_in_fp64(server, far):
    import httpx

    tensor = {"name": "context", "shape": [1, 20, 1], "datatype": "FP64"}
    address = f"{server.address}/v2/models/{far.name}/infer"
    answer = httpx.post(address, json={"inputs": [{**tensor, "data": [1e39] * 20}]})
    assert answer.status_code == 400 and "float32" in answer.json()["error"]
    header = {"inputs": [{**tensor, "parameters": {"binary_data_size": 80}}]}
    raw = httpx.Request("POST", address, json=header).content
    answer = httpx.post(
        address, content=raw + bytes(80), headers={"inference-header-content-length": str(len(raw))}
    )
    assert answer.status_code == 400 and "must be 160" in answer.json()["error"]


@pytest.fixture(scope="module")
def far(server):
    """A bundle on the server's shelf: `mlp.sine` for its signal plus 1.7e9."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQZOO_HOME", str(server.home))
        return scaled("mlp.sine", Scaling(1.7e9, 0.5), server.home / "models" / "mlp.sine-far").path
