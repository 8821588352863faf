"""KServe's own REST client against a server; runs in an environment of its own. Usage: with_kserve.py ADDRESS"""

import asyncio
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferOutput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

NAME = "lstm.sine"


def request(binary_in: bool, binary_out: bool) -> InferRequest:
    windows = np.random.default_rng(0).normal(size=(3, 20, 1)).astype(np.float32)
    tensor = InferInput("context", [3, 20, 1], "FP32")
    tensor.set_data_from_numpy(windows, binary_data=binary_in)
    wanted = [RequestedOutput("forecast", {"binary_data": binary_out})]
    return InferRequest(NAME, [tensor], request_id="k-1", request_outputs=wanted)


async def main(address: str) -> None:
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=1, timeout=30))
    base = f"{address}/"
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    answers = []
    for binary_in in (False, True):
        for binary_out in (False, True):
            answer = await client.infer(base, request(binary_in, binary_out), model_name=NAME)
            output: InferOutput = answer.outputs[0]
            answers.append(output.as_numpy())
            assert (answer.id, answer.model_name, output.name) == ("k-1", NAME, "forecast")
            print(f"kserve: {'binary' if binary_in else 'JSON'} in, {'binary' if binary_out else 'JSON'} out: passed")
    assert all(np.array_equal(answers[0], other) for other in answers[1:])
    assert await client.is_model_ready(base, NAME)
    await client.close()


asyncio.run(main(sys.argv[1]))
