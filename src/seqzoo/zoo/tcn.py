"""TCN: causal convolutions whose dilation doubles from layer to layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register

KERNEL = 3


@dataclass(frozen=True)
class TCNConfig:
    """Facts of the architecture: 4 C + (layers - 1) (3 C^2 + C) + (C + 1) H parameters, 16,986 as shipped.

    Layers of kernel 3 see 2^(layers + 1) - 1 values back: 31 with four.
    """

    context_length: int = 20
    horizon: int = 1
    channels: int = 43
    layers: int = 4


@register(
    "tcn",
    config=TCNConfig,
    channels=True,
    card=Card(
        title="TCN",
        summary="Dilated causal convolutions: each layer looks twice as far back.",
        architecture=(
            "Four causal convolutions of kernel 3 with dilations 1, 2, 4 and 8 and {channels} channels; each but the "
            "first is added to what it reads (Bai et al. 2018). What the last one says at the last step goes through "
            "one fully connected layer."
        ),
        purpose=(
            "It slides the same small filters over time: local patterns are found wherever they are, without a "
            "state that has to be carried."
        ),
        limitations="It sees as far back as its dilations reach and no farther.",
    ),
)
class TCN(nn.Module):
    """context: [B, L, D], returns [B, H]."""

    def __init__(self, config: TCNConfig, channels: int = 1) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.ConstantPad1d(((KERNEL - 1) * 2**layer, 0), 0.0),
                nn.Conv1d(channels if layer == 0 else config.channels, config.channels, KERNEL, dilation=2**layer),
            )
            for layer in range(config.layers)
        )
        self.head = nn.Linear(config.channels, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states = context.transpose(1, 2)
        for index, layer in enumerate(self.layers):
            told = nn.functional.gelu(layer(states))
            states = told if index == 0 else states + told
        forecast: torch.Tensor = self.head(states[:, :, -1])
        return forecast
