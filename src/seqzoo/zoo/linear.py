"""Linear (20 -> 1): twenty weights and a bias, trained as the networks are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._recipes import Recipe
from ._registry import register


@dataclass(frozen=True)
class LinearConfig:
    """Facts of the architecture: (L + 1) H parameters, 21 as shipped."""

    context_length: int = 20
    horizon: int = 1


class LinearOfChannels(nn.Module):
    """context: [B, L, D], returns [B, H]: of the values and the last step's other channels; (L + D) H parameters."""

    def __init__(self, config: LinearConfig, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(config.context_length + channels - 1, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        numbers = torch.cat([context.select(2, 0), context[:, -1, 1:]], dim=1)
        forecast: torch.Tensor = self.head(numbers)
        return forecast


@register(
    "linear",
    config=LinearConfig,
    channels=LinearOfChannels,
    recipe=Recipe(learning_rate=2e-2),
    card=Card(
        title="Linear",
        summary="A weighted sum of the window: what a network has to beat to be worth its size.",
        architecture="One fully connected layer from the window to the forecast.",
        purpose=(
            "Trained by the same loop as the networks it must land on the best linear predictor, whose weights are "
            "known in closed form: a proof that the loop finds an optimum where there is one to check."
        ),
        limitations="A weighted sum cannot ask which signal it is looking at.",
    ),
)
class Linear(nn.Module):
    """context: [B, L, 1], returns [B, H]."""

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.head = nn.Linear(config.context_length, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        forecast: torch.Tensor = self.head(context[:, :, 0])
        return forecast
