"""The same ONNX file behind KServe's SDK; runs in KServe's environment. Usage: rival_kserve.py PORT MODEL.onnx"""

import sys

import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Onnx(Model):
    def __init__(self, path: str) -> None:
        super().__init__("lstm.sine")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options)
        self.ready = True

    def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        forecast = self.session.run(["forecast"], {"context": payload.inputs[0].as_numpy()})[0]
        output = InferOutput("forecast", list(forecast.shape), "FP32")
        output.set_data_from_numpy(forecast, binary_data=False)
        return InferResponse(payload.id or "", self.name, [output])


if __name__ == "__main__":
    port, path = int(sys.argv[1]), sys.argv[2]
    ModelServer(http_port=port, workers=1, enable_grpc=False, enable_docs_url=False).start([Onnx(path)])
