"""RNN (1 -> 129 -> 1): a recurrence without gates, at the size of the LSTM."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register


@dataclass(frozen=True)
class RNNConfig:
    """Facts of the architecture: K (1 + K + 2) + K H + H parameters, 17,158 as shipped."""

    context_length: int = 20
    horizon: int = 1
    hidden_size: int = 129


@register(
    "rnn",
    config=RNNConfig,
    channels=True,
    card=Card(
        title="RNN",
        summary="The plain recurrence that gated networks improve on.",
        architecture=(
            "One Elman layer (1 -> {hidden_size}) reads the window step by step: each new state is the tanh of a "
            "linear map of the value and the old state. The last state goes through one fully connected layer."
        ),
        purpose=(
            "It shows what gates are for: nothing protects its state, so that what was read long ago has to survive "
            "every step in between."
        ),
        limitations=(
            "What it read long ago fades or grows with every step; it takes longer to train to the same error "
            "than its gated relatives."
        ),
    ),
)
class RNN(nn.Module):
    """context: [B, L, D], returns [B, H]. h' = tanh(W x + U h + b) (Elman 1990)."""

    def __init__(self, config: RNNConfig, channels: int = 1) -> None:
        super().__init__()
        self.rnn = nn.RNN(channels, config.hidden_size, batch_first=True)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states, _ = self.rnn(context)
        forecast: torch.Tensor = self.head(states[:, -1])
        return forecast
