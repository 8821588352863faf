"""Builds the module of a spec. Before training, the module is run on two windows, so that faults show at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._extras import one_thread
from ..errors import InputError, first_line
from ..zoo import _model_files, _registry
from ..zoo._recipes import configured
from .spec import TrainingSpec

MAX_PARAMETERS = 2_000_000  # the most that a bundle and a checkpoint can hold


def builder(
    spec: TrainingSpec, wrap: Callable[[nn.Module], nn.Module] = lambda module: module
) -> Callable[[], nn.Module]:
    """A function that builds the spec's module, after one module has passed a trial on two windows of noise.

    The trial runs the module forwards and backwards. It first counts the parameters on the meta device, so that a
    module over the limit takes no memory. The state of PyTorch's random numbers does not change.

    Args:
        wrap: maps the architecture's module to the module to train, for example one that reorders its windows.

    Raises:
        UnknownNameError: this installation does not have the architecture.
        InputError: the architecture's file has changed; or its module cannot be built or run, has no parameters or
            too many, or does not forecast finite float32 [2, H].
    """
    architecture = _registry.architecture(spec.architecture)
    here = _model_files.sha256_of(architecture.name)
    if spec.model_file is not None and here not in (None, spec.model_file):
        raise InputError(
            f"the file of the architecture {architecture.name!r} has changed: its SHA-256 is {here[:12]}, and "
            f"was {spec.model_file[:12]}. Give the file that the training began with, or train from the beginning."
        )
    config = configured(architecture.config(), "config", spec.config)
    architecture.check_channels(spec.channels)

    def build() -> nn.Module:
        return wrap(architecture.build(config, spec.channels))

    _check(architecture.name, build, spec)
    return build


def _check(architecture: str, build: Callable[[], nn.Module], spec: TrainingSpec) -> None:
    name = f"the module of {architecture!r}"
    with one_thread(), torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        with torch.device("meta"):
            _sized(name, _built(name, build))
        module = _built(name, build)
        context = np.random.default_rng(0).standard_normal((2, spec.context_length, spec.channels))
        window = torch.from_numpy(context.astype(np.float32))
        what = f"fails on two windows [2, {spec.context_length}, {spec.channels}]"
        forecast = _said(name, what, lambda: module(window))
        _shaped(name, forecast, spec.horizon)
        _said(name, "has no gradient", lambda: forecast.square().sum().backward())


def _said(name: str, what: str, run: Callable[[], Any]) -> Any:
    """The result of `run`; an exception becomes an InputError of one line, with the exception as its cause."""
    try:
        return run()
    except Exception as error:  # a user's module raises exceptions of any type
        raise InputError(f"{name} {what}: {first_line(error)}.") from error


def _built(name: str, build: Callable[[], nn.Module]) -> nn.Module:
    module = _said(name, "cannot be built from its config", build)
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
            raise InputError(f"{name} must hold only float32: {key!r} is {str(value.dtype).removeprefix('torch.')}.")


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


def initial(spec: TrainingSpec) -> nn.Module:
    """The module of a spec with the weights that its training begins with, in eval mode.

    Raises:
        UnknownNameError, InputError: as `builder`.
    """
    build = builder(spec)
    with one_thread(), torch.random.fork_rng():
        torch.default_generator.manual_seed(spec.seed)
        return build().eval()
