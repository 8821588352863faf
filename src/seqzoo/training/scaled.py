"""A network between the units of a series: the formula of `data.scaling` in PyTorch, for training and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..data.scaling import FLOOR, Scaling


class Scaled(nn.Module):
    """Windows [B, L, D] to forecasts [B, H], both in the units of the series; float64 around a network in float32.

    Only the first channel is scaled; the others reach the network as they are.
    """

    if TYPE_CHECKING:  # TorchScript would read these annotations, as text
        center: Tensor
        scale: Tensor
        floor: Tensor

    def __init__(self, model: nn.Module, scaling: Scaling) -> None:
        super().__init__()
        self.model = model
        self.per_window = scaling.kind != "series"
        self.season = scaling.season
        # Buffers, since exporters write a constant of a graph in float32, which cannot hold a level near 1.7e9.
        for name, value in {"center": scaling.center, "scale": scaling.scale, "floor": FLOOR * scaling.scale}.items():
            self.register_buffer(name, torch.full((1, 1, 1), value, dtype=torch.float64), persistent=False)

    def forward(self, context: Tensor) -> Tensor:
        whole, level, spread = context.to(torch.float64), self.center, self.scale
        values = whole[:, :, :1] if whole.size(2) > 1 else whole
        if self.per_window:
            level = self.center + (values - self.center).mean(dim=1, keepdim=True)
            spread = (values - level).square().mean(dim=1, keepdim=True).sqrt().maximum(self.floor)
        scaled = (values - level) / spread
        if whole.size(2) > 1:
            scaled = torch.cat([scaled, whole[:, :, 1:]], dim=2)
        forecast: Tensor = self.model(scaled.to(torch.float32))
        base = level.flatten(1)
        if self.season > 1:  # the value one season earlier; of a horizon beyond a season, the last that was seen
            horizon = forecast.size(1)
            base = values.flatten(1)[:, -self.season :].repeat(1, -(-horizon // self.season))[:, :horizon]
        return forecast.to(torch.float64) * spread.flatten(1) + base


def on_standardised(module: nn.Module, scaling: Scaling) -> nn.Module:
    """The module to train: it maps windows to forecasts, both standardised by the series."""
    if scaling.kind == "series":
        return module
    return Scaled(module, Scaling(kind=scaling.kind, season=scaling.season))
