"""The same ONNX file behind MLServer; runs in MLServer's environment, named by its model-settings.json."""

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Onnx(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        context = self.decode(payload.inputs[0], default_codec=NumpyCodec)
        forecast = self.session.run(["forecast"], {"context": context})[0]
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("forecast", forecast)])
