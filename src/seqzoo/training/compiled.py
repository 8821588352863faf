"""Trains the recurrent networks of the zoo through the compiled core, where there is one; PyTorch does the rest.

A batch is divided into pieces of `PIECE` windows, which threads share. The gradients of the pieces are added in the
order of the windows, so that the sum has the same bits on any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .. import zoo
from .._arrays import Float32Array
from ..runtime import core
from ..runtime.engines._parallel import in_pieces, shared

PIECE = 32  # windows: the most that lie side by side in the core's vectors


def through(module: nn.Module, using: core.Core | None) -> nn.Module:
    """The module computed by a core, with the same parameters; the module itself where the core does not know it."""
    cell = type(module).__module__.removeprefix(f"{zoo.__name__}.")
    if using is None or cell not in core.CELLS or getattr(module, cell).hidden_size > core.MOST_UNITS:
        return module
    return OnCore(module, cell, using)


def name_of(network: nn.Module) -> str:
    """The core on whose rounding the weights depend, as "x86_64_v4 " and the hash of its source; "" for PyTorch."""
    return f"{network.using.target} {network.using.source}" if isinstance(network, OnCore) else ""


def named(name: str) -> core.State:
    """The core of this installation with the target that `name_of` states, or why there is none."""
    return core.of(next(iter(name.split()), "off"))


class OnCore(nn.Module):
    """Windows [B, T, D] to forecasts [B, H] by the core, from the parameters of a network of the zoo."""

    def __init__(self, module: nn.Module, cell: str, using: core.Core) -> None:
        super().__init__()
        self.module, self.using = module, using
        self.weights = [*getattr(module, cell).parameters(), *module.get_submodule("head").parameters()]
        self.cell = core.Cell(using, cell, _arrays(self.weights))
        self._tapes: dict[tuple[int, int], list[core.Tape]] = {}  # those not in use, by windows and steps

    def forward(self, context: Tensor) -> Tensor:
        if context.dtype != torch.float32 or context.size(1) > core.MOST_STEPS:
            whole: Tensor = self.module(context)
            return whole
        self.cell.replace(_arrays(self.weights))
        if torch.is_grad_enabled():
            forecast: Tensor = _Through.apply(self, context, *self.weights)  # type: ignore[no-untyped-call]
            return forecast
        return torch.from_numpy(in_pieces(self.cell.forward, context.numpy()))

    def take(self, rows: int, steps: int) -> core.Tape:
        """A tape that no graph holds."""
        free = self._tapes.get((rows, steps))
        return free.pop() if free else self.cell.tape(rows, steps)

    def give_back(self, rows: int, steps: int, tape: core.Tape) -> None:
        """Let the next step use a tape."""
        self._tapes.setdefault((rows, steps), []).append(tape)


class _Through(torch.autograd.Function):
    """The core's forward and backward pass as one operation of PyTorch."""

    @staticmethod
    def forward(ctx: Any, network: OnCore, context: Tensor, *weights: Tensor) -> Tensor:
        pieces = _pieces(context)
        tapes = [network.take(*piece.shape[:2]) for piece in pieces]
        outputs = shared(lambda turn: network.cell.taped(pieces[turn], tapes[turn])[0], len(pieces))
        ctx.network, ctx.tapes = network, tapes
        ctx.save_for_backward(context, *weights)  # PyTorch then refuses to go back through weights that have changed
        return torch.from_numpy(np.concatenate(outputs))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        context, *weights = ctx.saved_tensors
        network, tapes, ctx.tapes = ctx.network, ctx.tapes, None
        if tapes is None:
            raise RuntimeError("the core's tape is used up: a graph can be gone back through once.")
        pieces, of_outputs = _pieces(context), _pieces(slopes)
        wanted = ctx.needs_input_grad[1]
        results = shared(
            lambda turn: network.cell.backward(pieces[turn], tapes[turn], of_outputs[turn], wanted), len(pieces)
        )
        total = results[0][0].copy()
        for gradients, _ in results[1:]:
            total += gradients
        for piece, tape in zip(pieces, tapes, strict=True):
            network.give_back(*piece.shape[:2], tape)
        parts = np.split(total, np.cumsum([weight.numel() for weight in weights])[:-1])
        of_weights = (torch.from_numpy(part).view_as(weight) for part, weight in zip(parts, weights, strict=True))
        of_context = torch.from_numpy(np.concatenate([back for _, back in results])) if wanted else None
        return None, of_context, *of_weights


def _pieces(values: Tensor) -> list[Float32Array]:
    """[B, ...] in pieces of at most PIECE rows."""
    array = np.ascontiguousarray(values.detach().numpy())
    return [array[first : first + PIECE] for first in range(0, len(array), PIECE)]


def _arrays(weights: list[nn.Parameter]) -> list[Float32Array]:
    return [weight.detach().numpy() for weight in weights]
