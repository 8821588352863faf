"""GAF-CNN: the window turned into a picture of angles, read by a two-dimensional convolutional network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._registry import register


@dataclass(frozen=True)
class GAFCNNConfig:
    """Facts of the architecture: 16,975 parameters as shipped."""

    context_length: int = 20
    horizon: int = 1
    channels: int = 16
    hidden_size: int = 15


@register(
    "gaf_cnn",
    config=GAFCNNConfig,
    card=Card(
        title="GAF-CNN",
        summary="Turns the window into a Gramian angular field, a picture, and reads that with a CNN.",
        architecture=(
            "Each value x becomes the angle arccos(x / 1.5); the picture has a pixel for each pair of steps, with "
            "the cosine of the sum of their angles in one channel and the sine of their difference in the other "
            "(Wang & Oates 2015). Two convolutions of kernel 3 with 16 and 32 channels, each followed by a pooling "
            "of 2 x 2, and two fully connected layers read it."
        ),
        purpose=(
            "It is the image-based view of the same data: a comparison of how a sequence and a picture are read, "
            "on the same windows and beside the same floor."
        ),
        limitations=(
            "Values beyond 1.5 in size look alike to it, and a picture of L x L pixels grows with the square of "
            "the window. A window of equal values and its negative make the same picture: the sign shows only where "
            "values differ."
        ),
    ),
    notes={
        "sine": (
            "On so slow a wave it reads the sign off the noise: given windows without noise its MSE is 0.51, where "
            "a forecast of zero has 0.50."
        )
    },
)
class GAFCNN(nn.Module):
    """context: [B, L, 1], returns [B, H]."""

    def __init__(self, config: GAFCNNConfig) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, config.channels, 3, padding=1)
        self.second = nn.Conv2d(config.channels, 2 * config.channels, 3, padding=1)
        side = math.ceil(math.ceil(config.context_length / 2) / 2)
        self.hidden = nn.Linear(2 * config.channels * side * side, config.hidden_size)
        self.head = nn.Linear(config.hidden_size, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        picture = gramian_angular_field(context[:, :, 0])
        maps = nn.functional.avg_pool2d(nn.functional.gelu(self.first(picture)), 2, ceil_mode=True)
        maps = nn.functional.avg_pool2d(nn.functional.gelu(self.second(maps)), 2, ceil_mode=True)
        hidden = nn.functional.gelu(self.hidden(maps.flatten(1)))
        forecast: torch.Tensor = self.head(hidden)
        return forecast


def gramian_angular_field(values: torch.Tensor) -> torch.Tensor:
    """[B, L] to [B, 2, L, L]: cos(a_i + a_j) and sin(a_i - a_j) of the angles a = arccos(x / 1.5)."""
    cosine = (values / 1.5).clamp(-0.999, 0.999)
    sine = (1 - cosine**2).sqrt()
    across, down = cosine[:, None, :], cosine[:, :, None]
    sine_across, sine_down = sine[:, None, :], sine[:, :, None]
    return torch.stack([down * across - sine_down * sine_across, sine_down * across - down * sine_across], dim=1)
