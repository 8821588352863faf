"""What a process does that tests kill; it imports this file by its name."""

from __future__ import annotations

import hashlib
from multiprocessing.connection import Connection
from pathlib import Path

from safetensors.torch import save

from seqzoo.publishing import build
from seqzoo.training import loop, validation
from seqzoo.training.loop import Trained
from seqzoo.training.spec import TrainingSpec


def digest(trained: Trained) -> str:
    """Of its weights."""
    return hashlib.sha256(save(build.weights_of(trained.module))).hexdigest()


def train(run: TrainingSpec, path: Path, validation_windows: int, told: Connection) -> None:
    """Train a run, or take it up from its checkpoint; tells each step, then the digest of the weights."""
    validation.WINDOWS = validation_windows
    trained = loop.train(run, path, resume=True, on_progress=lambda progress: told.send(progress.step))
    told.send(digest(trained))
