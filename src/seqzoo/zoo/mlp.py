"""MLP (20 -> 120 -> 120 -> 1): the window as a list of numbers, without any notion of time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register


@dataclass(frozen=True)
class MLPConfig:
    """Facts of the architecture: (L + 1) K + (K + 1) K + (K + 1) H parameters, 17,161 as shipped."""

    context_length: int = 20
    horizon: int = 1
    hidden_size: int = 120


class MLPOfChannels(nn.Module):
    """context: [B, L, D], returns [B, H]. The list of L values goes on with the last step's other channels, D - 1.

    What is known in advance of the other steps follows from these.
    """

    def __init__(self, config: MLPConfig, channels: int) -> None:
        super().__init__()
        self.first = nn.Linear(config.context_length + channels - 1, config.hidden_size)
        self.second = nn.Linear(config.hidden_size, config.hidden_size)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        numbers = torch.cat([context.select(2, 0), context[:, -1, 1:]], dim=1)
        hidden = nn.functional.gelu(self.first(numbers))
        hidden = nn.functional.gelu(self.second(hidden))
        forecast: torch.Tensor = self.head(hidden)
        return forecast


@register(
    "mlp",
    config=MLPConfig,
    channels=MLPOfChannels,
    card=Card(
        title="MLP",
        summary="Takes the window as twenty numbers at once: the feed-forward side of the comparison.",
        summary_on_a_series="Takes all numbers of the window at once: the feed-forward side of the comparison.",
        architecture=(
            "Two fully connected layers of {hidden_size} units with the GELU nonlinearity, then a linear one. Each "
            "value of the window has weights of its own; nothing tells the network that neighbours are neighbours."
        ),
        purpose=(
            "It is the feed-forward model that the recurrent ones are compared with, at the same size."
        ),
        limitations="It reads windows of exactly one length and cannot take values one at a time.",
    ),
)
class MLP(nn.Module):
    """context: [B, L, 1], returns [B, H]."""

    def __init__(self, config: MLPConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.context_length, config.hidden_size)
        self.second = nn.Linear(config.hidden_size, config.hidden_size)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.first(context[:, :, 0]))
        hidden = nn.functional.gelu(self.second(hidden))
        forecast: torch.Tensor = self.head(hidden)
        return forecast
