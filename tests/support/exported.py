"""Import this to have exported a model; processes forked then share what the exporter imports and parses once.

That takes longer than to train and export one of the small models of the tests.
"""

from __future__ import annotations

import torch

from seqzoo.bundles.manifest import Contract
from seqzoo.publishing.onnx import to_onnx
from support.operators import read_once


class _Recurrent(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = torch.nn.GRU(1, 2, batch_first=True), torch.nn.Linear(2, 1)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        forecast: torch.Tensor = self.head(self.gru(context)[0][:, -1])
        return forecast


with read_once(), torch.random.fork_rng():
    to_onnx(_Recurrent(), Contract(2, 1))
