"""From a bundle to a `.pt2` file of torch.export, PyTorch's successor of TorchScript.

It is made from the bundle's weights and this installation's module, never from a file that holds code. Loading one
may run code, as with TorchScript: load what you wrote yourself.
"""

from __future__ import annotations

import io
import warnings

import torch
from torch import nn

from .._extras import one_thread
from ..bundles.store import Bundle
from ..errors import InputError, IntegrityError, first_line
from ..runtime import golden
from ..training.scaled import Scaled
from .build import module_of

_TRACES = ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node")  # may hold paths


def to_pt2(bundle: Bundle) -> bytes:
    """An exported program, [B, L, D] to [B, H], that plain `torch.export.load` opens; it refuses any other L and D.

    It takes and returns the units of the series: float32, or float64 if the contract has a scaling. The bytes are
    loaded again and compared with the golden tensors before they are returned.

    Raises:
        InputError: torch.export cannot express the module.
        UnknownNameError: this installation does not have the architecture.
        BundleError: the bundle cannot be used, or what was written does not reproduce the golden tensors.
    """
    contract = bundle.manifest.contract
    module: nn.Module = module_of(bundle)
    if not contract.scaling.is_identity:
        module = Scaled(module, contract.scaling).eval()
    example = torch.zeros(3, contract.context_length, contract.channels, dtype=getattr(torch, contract.scaling.dtype))
    try:
        with warnings.catch_warnings():
            # A recurrent module keeps a list of its weights beside them, which it makes anew while it is exported.
            warnings.filterwarnings("ignore", r".*_flat_weights.* were assigned during export", UserWarning)
            program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    except Exception as error:  # the exporter raises exceptions of any type on user code
        raise InputError(f"torch.export cannot express {type(module).__name__}: {first_line(error)}.") from error
    for node in program.graph.nodes:
        for name in _TRACES:
            node.meta.pop(name, None)
    written = io.BytesIO()
    torch.export.save(program, written)
    loaded = torch.export.load(io.BytesIO(written.getvalue())).module()
    with torch.no_grad(), one_thread():
        proof = golden.compare(bundle, lambda windows: loaded(torch.from_numpy(windows)).numpy())
    if not proof.passed:
        raise IntegrityError(
            f"the program differs from the golden tensors by {proof.distance:.2g}; {proof.bound:.0e} is allowed."
        )
    return written.getvalue()
