"""Processes that need not import torch first, which takes a second: they are forked from one that has."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext


def context() -> ForkServerContext:
    """Starts processes that have torch, the exporter and the training loop; the first call starts their server.

    They do not have the variables that a test has changed.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(["seqzoo.publishing.build", "seqzoo.cli", "onnxscript", "torch.export"])
    return forked
