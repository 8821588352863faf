"""Handwritten digits, read as pictures and as sequences: models of one size and the loop that trains them.

The data is scikit-learn's `load_digits`: 1,797 pictures of 8 x 8 pixels with 17 levels of grey.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...._extras import one_thread
from ....errors import MissingExtraError
from .cases import TESTED
from .reordering import reorder

SIDE, CLASSES = 8, 10
BATCH, LEARNING_RATE = 64, 3e-3


class Pictures(NamedTuple):
    """Pixels [N, 64] from 0 to 1 row by row, and classes [N]: for training, and 500 for the test."""

    pixels: Tensor
    classes: Tensor
    test_pixels: Tensor
    test_classes: Tensor


def load(seed: int) -> Pictures:
    """The digits, split at random by the seed.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped, unused-ignore]
    except ModuleNotFoundError:
        raise MissingExtraError("the pictures of digits", "arena") from None
    pictures = load_digits()
    order = np.random.default_rng(seed).permutation(len(pictures.target))
    pixels = torch.from_numpy((pictures.data[order] / 16).astype(np.float32))
    classes = torch.from_numpy(pictures.target[order].astype(np.int64))
    return Pictures(pixels[TESTED:], classes[TESTED:], pixels[:TESTED], classes[:TESTED])


class CNN(nn.Module):
    """pixels: [B, 64], returns [B, 10]. Two convolutions of kernel 3 with pooling, two linear layers: 16,903."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.hidden = nn.Linear(32 * (SIDE // 4) ** 2, 87)
        self.head = nn.Linear(87, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = nn.functional.max_pool2d(nn.functional.gelu(self.first(pixels.view(-1, 1, SIDE, SIDE))), 2)
        maps = nn.functional.max_pool2d(nn.functional.gelu(self.second(maps)), 2)
        scores: Tensor = self.head(nn.functional.gelu(self.hidden(maps.flatten(1))))
        return scores


class Recurrent(nn.Module):
    """pixels: [B, 64], returns [B, 10]. Reads `width` pixels at each step; the last hidden state decides."""

    def __init__(self, layer: type[nn.LSTM] | type[nn.GRU], width: int, hidden_size: int) -> None:
        super().__init__()
        self.width = width
        self.layer = layer(width, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        states, _ = self.layer(pixels.view(len(pixels), -1, self.width))
        scores: Tensor = self.head(states[:, -1])
        return scores


def mlp() -> nn.Module:
    """pixels: [B, 64], returns [B, 10]: two hidden layers of 98 units, 17,062 parameters."""
    return nn.Sequential(
        nn.Linear(SIDE**2, 98), nn.GELU(), nn.Linear(98, 98), nn.GELU(), nn.Linear(98, CLASSES)
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "cnn": CNN,
    "mlp": mlp,
    "lstm by row": lambda: Recurrent(nn.LSTM, SIDE, 59),
    "gru by row": lambda: Recurrent(nn.GRU, SIDE, 69),
    "lstm by pixel": lambda: Recurrent(nn.LSTM, 1, 63),
    "gru by pixel": lambda: Recurrent(nn.GRU, 1, 72),
}


def train(family: str, condition: str, *, seed: int, epochs: int) -> tuple[float, int]:
    """Train a model on reordered pictures by Adam on the cross-entropy, test it on pictures reordered alike.

    Returns the share of wrong answers and the count of parameters.

    The same seed has the same split and the same fixed permutation in every condition and family.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    data = load(seed)
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MODELS[family]()
        optimiser = torch.optim.Adam(model.parameters(), LEARNING_RATE)
        updates = epochs * -(-len(data.pixels) // BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / updates)
        for _ in range(epochs):
            for rows in torch.split(torch.randperm(len(data.pixels)), BATCH):
                scores = model(reorder(data.pixels[rows], condition, seed))
                loss = nn.functional.cross_entropy(scores, data.classes[rows])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                schedule.step()
        with torch.no_grad():
            answers = model(reorder(data.test_pixels, condition, seed)).argmax(dim=1)
    wrong = int((answers != data.test_classes).sum())
    return wrong / len(answers), sum(parameter.numel() for parameter in model.parameters())
