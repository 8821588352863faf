"""Transformer: two causal self-attention blocks of width 32 over the window's values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from ._card import Card
from ._recipes import Recipe
from ._registry import register


@dataclass(frozen=True)
class TransformerConfig:
    """Facts of the architecture: 17,889 parameters as shipped."""

    context_length: int = 20
    horizon: int = 1
    width: int = 32
    heads: int = 4
    blocks: int = 2


class Block(nn.Module):
    """Causal self-attention, then a network for each step: [B, L, K] to the same."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.before_attention = nn.LayerNorm(config.width)
        self.queries_keys_values = nn.Linear(config.width, 3 * config.width)
        self.attended = nn.Linear(config.width, config.width)
        self.before_network = nn.LayerNorm(config.width)
        self.inner = nn.Linear(config.width, 2 * config.width)
        self.outer = nn.Linear(2 * config.width, config.width)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        rows, length, width = states.shape
        parts = self.queries_keys_values(self.before_attention(states))
        parts = parts.view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        states = states + self.attended(mixed.transpose(1, 2).reshape(rows, length, width))
        inner = nn.functional.gelu(self.inner(self.before_network(states)))
        result: torch.Tensor = states + self.outer(inner)
        return result


@register(
    "transformer",
    config=TransformerConfig,
    channels=True,
    recipe=Recipe(steps=3000),
    card=Card(
        title="Transformer",
        summary="Two causal attention blocks: every value may look at every earlier one.",
        architecture=(
            "Each value is mapped to 32 numbers, a learned vector for its place is added, and two blocks of causal "
            "self-attention (4 heads) and a feed-forward layer of 64 follow, normalised first and added (Vaswani et "
            "al. 2017; Xiong et al. 2020). The last step goes through one fully connected layer."
        ),
        purpose=(
            "It is the architecture behind today's foundation models, at the size of the others, on ground where its "
            "distance from optimal is known."
        ),
        limitations="It reads windows of exactly one length, because each place has a vector of its own.",
    ),
)
class Transformer(nn.Module):
    """context: [B, L, D], returns [B, H]."""

    def __init__(self, config: TransformerConfig, channels: int = 1) -> None:
        super().__init__()
        self.value = nn.Linear(channels, config.width)
        self.place = nn.Parameter(0.1 * torch.randn(config.context_length, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.horizon)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        states = self.value(context) + self.place
        for block in self.blocks:
            states = block(states)
        forecast: torch.Tensor = self.head(self.norm(states[:, -1]))
        return forecast
