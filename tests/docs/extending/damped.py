"""The last value times one learned number: the smallest model there is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register


@dataclass(frozen=True)
class DampedConfig:
    """Facts of the architecture: H parameters."""

    context_length: int = 20
    horizon: int = 1


@register(
    "damped",
    config=DampedConfig,
    card=Card(
        title="Damped",
        summary="The last value times one learned number.",
        architecture="One weight for each step ahead multiplies the last value of the window.",
        purpose="It shows how little a model of the zoo must be.",
        limitations="It reads one value of the window.",
    ),
)
class Damped(nn.Module):
    """context: [B, L, 1], returns [B, H]."""

    def __init__(self, config: DampedConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.horizon))

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        return context[:, -1] * self.weight
