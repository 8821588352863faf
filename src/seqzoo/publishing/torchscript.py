"""From a module to a TorchScript file that refuses other windows than those of its contract."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Sequence

import torch
from torch import nn

from ..bundles.manifest import Contract
from ..data.scaling import Scaling
from ..errors import InputError, first_line
from ..training.scaled import Scaled

_CONSTANTS = re.compile(rb"(?:^  \w+ : Final\[.+\n)+", re.MULTILINE)


class Windowed(nn.Module):
    """A forecaster that refuses every shape but [B, L, 1]: many would take a shorter window and answer wrongly."""

    __module__ = "seqzoo.export"  # TorchScript files hold this name: their bytes stay when this module moves

    def __init__(self, model: nn.Module, context_length: int) -> None:
        super().__init__()
        self.model = model
        self.context_length = context_length

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        length = self.context_length
        if context.dim() != 3 or context.size(1) != length or context.size(2) != 1:
            raise ValueError(
                f"this model reads windows of {length} values, a tensor [B, {length}, 1]; got {context.shape}"
            )
        forecast: torch.Tensor = self.model(context)
        return forecast


class WindowedInUnits(nn.Module):
    """The same in the units of a series: float64, since float32 cannot tell neighbouring values near 1.7e9 apart."""

    __module__ = "seqzoo.publishing.build"  # where it was: files hold this name too

    def __init__(self, model: nn.Module, context_length: int, scaling: Scaling) -> None:
        super().__init__()
        self.model = Scaled(model, scaling)
        self.context_length = context_length

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        length = self.context_length
        if context.dim() != 3 or context.size(1) != length or context.size(2) != 1:
            raise ValueError(
                f"this model reads windows of {length} values, a tensor [B, {length}, 1]; got {context.shape}"
            )
        if context.dtype != torch.float64:
            raise ValueError("this model reads windows in float64, in the units of its series; convert them first")
        forecast: torch.Tensor = self.model(context)
        return forecast


class WindowedOfChannels(nn.Module):
    """The same for windows [B, L, D] of several channels, in the type that the scaling states."""

    __module__ = "seqzoo.publishing.build"  # where it was: files hold this name too

    def __init__(self, model: nn.Module, context_length: int, scaling: Scaling, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model if scaling.is_identity else Scaled(model, scaling)
        self.is_double = not scaling.is_identity
        self.context_length, self.channels, self.names = context_length, len(names), ", ".join(names)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        length, channels = self.context_length, self.channels
        if context.dim() != 3 or context.size(1) != length or context.size(2) != channels:
            raise ValueError(
                f"this model reads windows of {length} steps, a tensor [B, {length}, {channels}] of the channels "
                f"{self.names}; got {context.shape}"
            )
        if context.dtype != (torch.float64 if self.is_double else torch.float32):
            raise ValueError("this model reads windows in the type that its card states; convert them first")
        forecast: torch.Tensor = self.model(context)
        return forecast


def _windowed(module: nn.Module, contract: Contract) -> nn.Module:
    length, scaling = contract.context_length, contract.scaling
    if contract.channels > 1:
        return WindowedOfChannels(module, length, scaling, contract.names)
    return Windowed(module, length) if scaling.is_identity else WindowedInUnits(module, length, scaling)


def to_torchscript(module: nn.Module, contract: Contract) -> bytes:
    """A scripted module, [B, L, D] to [B, H], that plain `torch.jit.load` opens; it raises on any other shape.

    It takes and returns the units of the series: float32, or float64 if the contract has a scaling.

    The bytes are the same for the same weights, save for the module's name: torch adds a number to it
    where the process has scripted another size of the module before.

    The debug records, which hold paths of the machine that wrote them, are left out, and so is the number that torch
    makes of all bytes. The constants of each class, which torch writes in the order of a set, are sorted.

    Raises:
        InputError: the module uses what TorchScript does not know.
    """
    whole, stripped = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=Warning)
        try:
            torch.jit.save(torch.jit.script(_windowed(module, contract).eval()), whole)
        except Exception as error:  # the compiler raises exceptions of any type on user code
            raise InputError(f"TorchScript cannot script {type(module).__name__}: {first_line(error)}.") from error
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(stripped, "w", zipfile.ZIP_STORED) as target:
        for member in source.infolist():
            if member.filename.endswith((".debug_pkl", "/serialization_id")):
                continue
            data = source.read(member)
            if member.filename.endswith(".py"):
                data = _CONSTANTS.sub(lambda lines: b"".join(sorted(lines[0].splitlines(keepends=True))), data)
            target.writestr(zipfile.ZipInfo(member.filename), data)
    return stripped.getvalue()
