"""Reorders windows and pictures, to test which models depend on the order of their input."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ...._arrays import channel, with_channel


def permutation(length: int, seed: int) -> list[int]:
    """The one order that `permuted` puts values in, the same for training and test."""
    return [int(index) for index in np.random.default_rng(seed).permutation(length)]


def reorder(values: Tensor, condition: str, seed: int) -> Tensor:
    """values: [B, L], returns [B, L].

    Args:
        condition: "intact"; "permuted", every row by the permutation of the seed; or "shuffled", each row by
            a new order, which torch's generator draws at each call.
    """
    if condition == "permuted":
        return values[:, permutation(values.shape[1], seed)]
    if condition == "shuffled":
        return values.gather(1, torch.rand(values.shape).argsort(dim=1))
    return values


class Reordered(nn.Module):
    """A forecaster that reads its windows reordered. context: [B, L, 1], returns [B, H]."""

    def __init__(self, inner: nn.Module, condition: str, seed: int) -> None:
        super().__init__()
        self.inner, self.condition, self.seed = inner, condition, seed

    def forward(self, context: Tensor) -> Tensor:
        forecast: Tensor = self.inner(with_channel(reorder(channel(context), self.condition, self.seed)))
        return forecast
