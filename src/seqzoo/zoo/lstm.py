"""LSTM (1 -> 64 -> 1): reads the window step by step and forecasts from its last hidden state."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._recipes import Recipe
from ._registry import register


@dataclass(frozen=True)
class LSTMConfig:
    """Facts of the architecture: 4 K (1 + K + 2) + K H + H parameters, 17,217 as shipped."""

    context_length: int = 20
    horizon: int = 1
    hidden_size: int = 64


@register(
    "lstm",
    config=LSTMConfig,
    channels=True,
    card=Card(
        title="LSTM",
        summary="Reads the window value by value and forecasts from its last hidden state.",
        architecture=(
            "One LSTM layer (1 -> {hidden_size}) reads the window step by step. At each step the forget gate decides "
            "what the cell state keeps, the input gate what it takes up, the output gate what the hidden state "
            "shows. The last hidden state goes through one fully connected layer ({hidden_size} -> 1)."
        ),
        purpose=(
            "It shows sequence modelling with an LSTM at a size where every gate can be drawn, and is the common "
            "ground for comparisons: recurrent with feed-forward, temporal with image-based, one step with many, "
            "and all of them with the best forecaster that can exist."
        ),
        limitations=(
            "A longer window takes longer in proportion: its steps follow one another and cannot be computed side "
            "by side."
        ),
    ),
    # At the usual 4e-3, four units stop far from the best that they can do (docs/LOG.md).
    recipes={
        "sine-k4": Recipe(learning_rate=0.008, steps=24_000),
        "recall-k4": Recipe(learning_rate=0.012, steps=20_000),
    },
    notes={
        "sine": (
            "Fed back its own output, it follows the sine for some twenty steps, then drifts, and at "
            "a crest it stays: after 200 steps every roll-out has settled near +1 or -1."
        )
    },
)
class LSTM(nn.Module):
    """context: [B, L, D], returns [B, H].

    Gates in PyTorch's order i, f, g, o (Hochreiter & Schmidhuber 1997, with the forget gate of
    Gers et al. 2000):

        i, f, o = sigmoid(W x + U h + b),  g = tanh(W x + U h + b)
        c' = f c + i g,  h' = o tanh(c')
    """

    def __init__(self, config: LSTMConfig, channels: int = 1) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, config.hidden_size, batch_first=True)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(context)
        forecast: torch.Tensor = self.head(states[:, -1])
        return forecast
