"""Bodies after those of public reports (torchserve #1304, openvino model_server #4337), on every network shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from seqzoo.bundles import store
from support.asking import measured

CASES = Path(__file__).parent.parent / "data" / "cases" / "13_v2"
TOLD = {
    "fp16": ("'context'", "'FP32'", "'FP16'"),
    "fp64": ("'context'", "'FP32'", "'FP64'"),
    "nan_as_null": ("'context'", "numbers"),
    "shape_as_text": ("'context'", "[B, 20, 1]", "1 to 100,000", "'-1'"),
    "two_axes": ("'context'", "[B, 20, 1]", "1 to 100,000", "[1, 20]"),
}


def refused(answer, name, case, told):
    assert (name, case, answer.status_code, list(answer.json())) == (name, case, 400, ["error"])
    message = answer.json()["error"]
    assert all(part in message for part in told) and message.count(". ") == 0, (name, case, message)


def test_a_body_that_cannot_be_meant_is_refused_in_one_sentence_and_a_good_one_is_answered(client):
    sent = 0
    for path in sorted(store.SHIPPED.iterdir()):
        name, address = path.name, f"/v2/models/{path.name}/infer"
        forecast = client.post(address, content=(CASES / "good.json").read_bytes()).json()["outputs"][0]["data"]
        assert np.isfinite(forecast).all()
        assert len(forecast) == store.open_bundle(path).manifest.contract.horizon
        for case, told in TOLD.items():
            body = json.loads((CASES / f"{case}.json").read_bytes())
            answer = client.post(address, json=body)
            refused(answer, name, case, told)
            tensor = body["inputs"][0]
            size = {"parameters": {"binary_data_size": 80}}
            header = json.dumps({"inputs": [{key: tensor[key] for key in tensor if key != "data"} | size]}).encode()
            if case != "nan_as_null":  # the binary form has no null
                raw = header + np.full(20, 0.1, np.float32).tobytes()
                length = {"Inference-Header-Content-Length": str(len(header))}
                answer = client.post(address, content=raw, headers=length)
                refused(answer, name, case, told)
            sent += 1
    measured("reported", sent=sent)
