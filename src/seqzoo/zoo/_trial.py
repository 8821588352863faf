"""Tries a module on two windows before it is trained: what is wrong with it is said at once, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._extras import one_thread
from ..errors import InputError
from ..signals import Signal

MAX_PARAMETERS = 2_000_000  # what a bundle and a checkpoint can hold


def check(architecture: str, make: Callable[[Any], nn.Module], config: Any, signal: Signal) -> None:
    """Build a module, run it forwards and backwards on two windows of the signal.

    The parameters are counted on the meta device first, so that no module takes memory beyond its limit.
    The state of PyTorch's random numbers is as before.

    Args:
        architecture: what to call it in an error.

    Raises:
        InputError: it cannot be built or run, has nothing to train or too much, or forecasts anything but
            finite float32 [2, H].
    """
    name = f"the module of {architecture!r}"
    with one_thread(), torch.random.fork_rng():
        torch.manual_seed(0)
        with torch.device("meta"):
            _sized(name, _built(name, make, config))
        module = _built(name, make, config)
        context = signal.draw(2, config.context_length, 1, np.random.default_rng(0)).context
        window = torch.from_numpy(context.astype(np.float32))[:, :, None]
        forecast = _said(name, f"fails on two windows [2, {config.context_length}, 1]", lambda: module(window))
        _shaped(name, forecast, config.horizon)
        _said(name, "has no gradient", lambda: forecast.square().sum().backward())


def first_line(error: BaseException) -> str:
    """As "RuntimeError: what it says first", without a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}".rstrip(".:") if lines else type(error).__name__


def _said(name: str, what: str, run: Callable[[], Any]) -> Any:
    """What `run` returns; what it raises becomes one line, with the exception itself as the cause."""
    try:
        return run()
    except Exception as error:  # of anybody's code
        raise InputError(f"{name} {what}: {first_line(error)}.") from error


def _built(name: str, make: Callable[[Any], nn.Module], config: Any) -> nn.Module:
    module = _said(name, f"cannot be built from {type(config).__name__}", lambda: make(config))
    if not isinstance(module, nn.Module):
        raise InputError(f"{name} must be an nn.Module, got {type(module).__name__}.")
    return module


def _sized(name: str, module: nn.Module) -> None:
    size = _said(name, "cannot be counted", lambda: sum(parameter.numel() for parameter in module.parameters()))
    if size > MAX_PARAMETERS:
        raise InputError(f"{name} must have at most {MAX_PARAMETERS:,} parameters, it has {size:,}.")
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise InputError(f"{name} has no parameters to train.")
    for key, value in module.state_dict().items():
        if value.dtype != torch.float32:
            raise InputError(f"{name} must hold float32 alone: {key!r} is {str(value.dtype).removeprefix('torch.')}.")


def _shaped(name: str, forecast: object, horizon: int) -> None:
    expected = f"float32 [2, {horizon}] for two windows ([B, H])"
    if not isinstance(forecast, Tensor):
        raise InputError(f"{name} must return {expected}, got {type(forecast).__name__}.")
    if forecast.shape != (2, horizon) or forecast.dtype != torch.float32:
        kind = str(forecast.dtype).removeprefix("torch.")
        raise InputError(f"{name} must return {expected}, got {kind} {list(forecast.shape)}.")
    if not torch.isfinite(forecast).all():
        raise InputError(f"{name} must return finite forecasts, got {forecast[~torch.isfinite(forecast)][0].item()}.")
    if not forecast.requires_grad:
        raise InputError(f"{name} must forecast with its parameters: the forecast does not depend on them.")
