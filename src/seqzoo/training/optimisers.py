"""Optimisers whose whole state is named tensors, so that a checkpoint needs no pickle."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from ..errors import UnknownNameError
from ..zoo._recipes import Recipe


class Optimiser(Protocol):
    """An optimiser whose state can be saved and restored."""

    def step(self, learning_rate: float) -> None:
        """Update the parameters from their gradients."""

    def tensors(self) -> dict[str, Tensor]:
        """The state by name; the names are the same after every step."""

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Restore the state that `tensors` returned."""


class Adam:
    """PyTorch's Adam (Kingma & Ba 2015) with gradient clipping.

    The function itself: an object of `torch.optim.Adam` imports torch's compiler, which takes as long as torch.
    """

    def __init__(self, module: nn.Module, clip_norm: float) -> None:
        self.parameters = list(module.parameters())
        self.clip_norm = clip_norm
        self.state: dict[int, dict[str, Tensor]] = {}  # by the number of a parameter, from its first gradient on

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update the parameters from their gradients."""
        nn.utils.clip_grad_norm_(self.parameters, self.clip_norm)
        with_gradient = {number: p for number, p in enumerate(self.parameters) if p.grad is not None}
        for number, parameter in with_gradient.items():
            if number not in self.state:
                averages = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
                self.state[number] = {"step": torch.zeros(()), **averages}
        states = [self.state[number] for number in with_gradient]
        adam(
            list(with_gradient.values()),
            [parameter.grad for parameter in with_gradient.values() if parameter.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True, amsgrad=False, beta1=0.9, beta2=0.999, lr=learning_rate, weight_decay=0.0, eps=1e-8,
            maximize=False,
        )  # fmt: skip

    def tensors(self) -> dict[str, Tensor]:
        """The state of each parameter as `index.name`."""
        return {f"{index}.{name}": value for index, slot in self.state.items() for name, value in slot.items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Restore what `tensors` returned."""
        self.state = defaultdict(dict)
        for key, value in tensors.items():
            index, name = key.split(".", 1)
            self.state[int(index)][name] = value.clone()


class Soap:
    """Momentum preconditioned in the eigenbasis of Kronecker factors, after SOAP (Vyas et al. 2024).

    The gradients of a layer's parameters that share their first dimension form one matrix G [m, n]. For an LSTM these
    are input weights, recurrent weights and biases, [4K, 1 + K + 2]. Averages of G G^T and G^T G give bases Q_L and
    Q_R. In these bases, the averaged square V of the gradient approximates a diagonal curvature. Two things differ
    from SOAP. The momentum is divided by V itself, damped, as in EKFAC (George et al. 2018), which is close to a
    natural gradient; SOAP divides by the root of V. And the root mean square of an update is capped. docs/LOG.md
    states what each is worth.
    """

    MOMENTUM = 0.9
    MEMORY = 0.95  # decay of the averages of the factors and of V
    REFRESH = 5  # steps between updates of the bases
    DAMPING = 1e-3  # relative to the mean of V
    CAP = 1.0  # largest root mean square of an update, before the learning rate

    def __init__(self, module: nn.Module) -> None:
        self.groups: list[list[nn.Parameter]] = []
        for layer in module.modules():
            rows = defaultdict(list)
            for parameter in layer.parameters(recurse=False):
                rows[parameter.shape[0] if parameter.ndim else 1].append(parameter)
            self.groups += list(rows.values())
        self.steps = 0
        self.state: list[dict[str, Tensor]] = [{} for _ in self.groups]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update the parameters from their gradients."""
        self.steps += 1
        for group, state in zip(self.groups, self.state, strict=True):
            gradient = torch.cat([_matrix(parameter, parameter.grad) for parameter in group], dim=1)
            update = self._update(gradient, state)
            start = 0
            for parameter in group:
                width = parameter.numel() // len(update)
                parameter.sub_(update[:, start : start + width].reshape(parameter.shape), alpha=learning_rate)
                start += width

    def _update(self, gradient: Tensor, state: dict[str, Tensor]) -> Tensor:
        # At first an average over all steps so far, so that only the momentum needs a bias correction.
        memory = min(self.MEMORY, 1 - 1 / self.steps)
        if not state:
            m, n = gradient.shape
            state["left"], state["right"] = gradient.new_zeros(m, m), gradient.new_zeros(n, n)
            state["momentum"], state["square"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
        state["left"].lerp_(gradient @ gradient.T, 1 - memory)
        state["right"].lerp_(gradient.T @ gradient, 1 - memory)
        if "left_basis" not in state:
            state["left_basis"] = _basis(state["left"])
            state["right_basis"] = _basis(state["right"])
        elif self.steps % self.REFRESH == 0:
            self._turn(state, "left", dim=0)
            self._turn(state, "right", dim=1)
        left, right = state["left_basis"], state["right_basis"]
        state["momentum"].lerp_(gradient, 1 - self.MOMENTUM)
        state["square"].lerp_((left.T @ gradient @ right).square(), 1 - memory)
        scale = state["square"].mean()
        step = (left.T @ state["momentum"] @ right).div_(1 - self.MOMENTUM**self.steps)
        step.div_(scale.sqrt()).div_((state["square"] / scale).add_(self.DAMPING))
        size = float(step.square().mean().sqrt())
        if size == 0 or float(scale) == 0:
            return step.zero_()
        return left @ step.mul_(min(1.0, self.CAP / size)) @ right.T  # not finite where the gradient is not

    def _turn(self, state: dict[str, Tensor], side: str, dim: int) -> None:
        """Update a basis by one step of orthogonal iteration; keeps it sorted by eigenvalue and permutes V alike."""
        basis = state[f"{side}_basis"]
        if len(basis) == 1:
            return
        product = state[side] @ basis
        order = (basis * product).sum(dim=0).argsort(descending=True)
        state["square"] = state["square"].index_select(dim, order)
        # Q of torch.linalg.qr, bit for bit, without its R; columns are taken in the order that LAPACK reads.
        factors, scales = torch.geqrf(product.T.index_select(0, order).T)
        state[f"{side}_basis"] = torch.linalg.householder_product(factors, scales)

    def tensors(self) -> dict[str, Tensor]:
        """The state of each group as `index.name`, and the number of steps."""
        named = {
            f"{index}.{name}": value for index, state in enumerate(self.state) for name, value in state.items()
        }
        return {"steps": torch.tensor(self.steps), **named}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Restore what `tensors` returned."""
        self.steps = int(tensors["steps"])
        for index, state in enumerate(self.state):
            prefix = f"{index}."
            state.clear()
            state.update({k[len(prefix) :]: v.clone() for k, v in tensors.items() if k.startswith(prefix)})
            for side in ("left_basis", "right_basis"):
                if side in state:
                    # Column order, as LAPACK returned it: another layout would round products differently.
                    state[side] = state[side].mT.contiguous().mT


def _basis(factor: Tensor) -> Tensor:
    """The eigenvectors of a symmetric matrix; in float32, LAPACK may not converge, or return no numbers."""
    if not bool(factor.isfinite().all()):  # then the next loss is not finite either, and training ends there
        return torch.eye(len(factor), dtype=factor.dtype)
    try:
        basis: Tensor = torch.linalg.eigh(factor).eigenvectors
    except RuntimeError:  # which LinAlgError is
        basis = torch.full_like(factor, torch.nan)
    if not bool(basis.isfinite().all()):
        basis = torch.linalg.eigh(factor.double()).eigenvectors.to(factor.dtype)
    return basis


def build(recipe: Recipe, module: nn.Module) -> Optimiser:
    """The optimiser that a recipe names.

    Raises:
        UnknownNameError: the optimiser does not exist.
    """
    if recipe.optimiser == "soap":
        return Soap(module)
    if recipe.optimiser == "adam":
        return Adam(module, recipe.clip_norm)
    raise UnknownNameError("optimiser", recipe.optimiser, ["adam", "soap"])


def _matrix(parameter: nn.Parameter, gradient: Tensor | None) -> Tensor:
    """A parameter's gradient as a matrix [first dimension, all others]; zero if there is no gradient."""
    rows = parameter.shape[0] if parameter.ndim else 1
    return (torch.zeros_like(parameter) if gradient is None else gradient).reshape(rows, -1)


def averaged(average: Tensor, value: Tensor, updates: int, span: float) -> None:
    """Update an exponential average in place; its time constant is `span` times the number of updates so far."""
    average.lerp_(value, 1.0 / max(1.0, math.ceil(span * updates)))
