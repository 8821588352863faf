"""GRU (1 -> 74 -> 1): two gates and one state, at the size of the LSTM."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register


@dataclass(frozen=True)
class GRUConfig:
    """Facts of the architecture: 3 K (1 + K + 2) + K H + H parameters, 17,169 as shipped."""

    context_length: int = 20
    horizon: int = 1
    hidden_size: int = 74


@register(
    "gru",
    config=GRUConfig,
    channels=True,
    card=Card(
        title="GRU",
        summary="An LSTM with two gates instead of three and one state instead of two.",
        architecture=(
            "One GRU layer (1 -> {hidden_size}) reads the window step by step. The reset gate decides how much of "
            "the old state the candidate sees, the update gate how much of it is replaced. The last state goes "
            "through one fully connected layer."
        ),
        purpose=(
            "Beside the LSTM of as many parameters it asks whether a separate cell state is worth its gate. Its two "
            "gates can be watched in the same way."
        ),
        limitations=(
            "A longer window takes longer in proportion: its steps follow one another and cannot be computed side "
            "by side."
        ),
    ),
)
class GRU(nn.Module):
    """context: [B, L, D], returns [B, H].

    Gates in PyTorch's order r, z, n (Cho et al. 2014, with the reset gate after the product):

        r, z = sigmoid(W x + U h + b),  n = tanh(W x + b + r (U h + b'))
        h' = (1 - z) n + z h
    """

    def __init__(self, config: GRUConfig, channels: int = 1) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, config.hidden_size, batch_first=True)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states, _ = self.gru(context)
        forecast: torch.Tensor = self.head(states[:, -1])
        return forecast
