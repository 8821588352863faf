"""A bundle as one C99 file that needs no library but `math.h`: weights, scaling, forecasts, and its own test.

The file is source and header at once: included with NAME_INTERFACE_ONLY defined, it gives declarations. Compiled with
SELFTEST defined, it is a program that checks the golden tensors. It allocates nothing, and has no state besides the
struct that its caller owns. Needs no torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ... import __version__
from ..._arrays import Float32Array
from ..._formats import counted
from ...bundles.manifest import Contract, Manifest
from ...bundles.store import GOLDEN, WEIGHTS, Bundle
from ...errors import InputError, IntegrityError
from ...evaluation.scoring import Predict
from ...runtime import golden
from ...runtime.engines.numpy import read_weights
from . import code
from .arrays import array, product
from .networks import NETWORKS, Network
from .quantised import quantise


class CFile(NamedTuple):
    """A model in C: the text of the file, and what its int8 weights cost, in words; empty in float."""

    text: str
    loss: str = ""


def prefix_of(manifest: Manifest) -> str:
    """What every name in the C of a model begins with, as "lstm_sine"; the file's name is `lstm_sine.c`."""
    name = re.sub(r"[^a-z0-9]+", "_", manifest.name)
    return name if name[0].isalpha() else f"model_{name}"


def to_c(bundle: Bundle, *, int8: bool = False) -> CFile:
    """The C of a bundle.

    Args:
        int8: round the weights to int8, row by row; the test in the file is then against the rounded weights.

    Raises:
        InputError: its architecture cannot be written in C, or int8 makes none of its matrices smaller.
        BundleError: the bundle cannot be used.
    """
    manifest = bundle.manifest
    contract = manifest.contract
    if manifest.architecture not in NETWORKS:
        raise InputError(
            f"{manifest.name} is a {manifest.architecture}, and seqzoo writes C for {', '.join(NETWORKS)} only. "
            "The model.onnx in its bundle runs without seqzoo."
        )
    weights, network = read(bundle)
    quantisation = quantise(bundle, weights) if int8 else None
    proof = golden.compare(bundle, quantisation.predict if quantisation else _nothing(contract))
    if not np.isfinite(proof.context).all():
        raise IntegrityError("the golden tensors are not finite.")
    loss = ""
    if quantisation is not None:
        if not np.isfinite(proof.given).all():
            raise IntegrityError("with int8 weights, the golden forecasts are not finite.")
        proof = proof._replace(expected=proof.given)
        loss = f"int8 weights: {quantisation.size:,} bytes in place of {quantisation.before:,}; {quantisation.loss}."
    prefix = prefix_of(manifest)
    text = "\n".join([
        _head_comment(bundle, loss),
        code.interface(contract, network),
        "#ifndef @@_INTERFACE_ONLY",
        code.MATHEMATICS,
        _tensors(network, weights, int8),
        code.private_state(contract, network) + network.code,
        code.functions(contract, network),
        code.selftest(manifest.name, contract, network, proof),
        "#endif /* @@_INTERFACE_ONLY */\n",
    ])  # fmt: skip
    sizes = {"LL": "@@_CONTEXT", "HH": "@@_HORIZON", "DD": "@@_CHANNELS", "KK": "@@_FEATURES"}
    text = re.sub(r"\b(LL|HH|DD|KK)\b", lambda short: sizes[short[0]], text)
    return CFile(text.replace("@@", prefix.upper()).replace("@", prefix), loss)


def _nothing(contract: Contract) -> Predict:
    return lambda windows: np.zeros((len(windows), contract.horizon))


def read(bundle: Bundle) -> tuple[dict[str, Float32Array], Network]:
    """The tensors of a bundle by name, as they were saved, and the network that they make.

    Raises:
        IntegrityError: they cannot be read, are not finite float32, or not those of the architecture.
    """
    weights = read_weights(bundle.read(WEIGHTS), bundle.manifest)
    if not all(np.isfinite(tensor).all() for tensor in weights.values()):
        raise IntegrityError("the weights are not all finite.")
    single, name = {key: tensor.astype(np.float32) for key, tensor in weights.items()}, bundle.manifest.architecture
    try:
        return single, NETWORKS[name](single, bundle.manifest)
    except (KeyError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise IntegrityError(f"the weights are not those of a {name}: {error}.") from None


def _tensors(network: Network, weights: Mapping[str, Float32Array], int8: bool) -> str:
    vectors = network.vectors | {"head_bias": weights["head.bias"]}
    matrices = network.matrices | {"head": weights["head.weight"]}
    parts = [array("float", name, vector) for name, vector in vectors.items()]
    return "\n".join([*parts, *(product(name, matrix, int8=int8) for name, matrix in matrices.items())])


def _head_comment(bundle: Bundle, loss: str) -> str:
    """What the file is and how to use it. Of the manifest's texts it holds only names, which cannot end a comment."""
    manifest = bundle.manifest
    contract, files = manifest.contract, manifest.files
    ahead = "the next value" if contract.horizon == 1 else f"the next {contract.horizon:,} values"
    rounded = f"   {loss}\n" if loss else ""
    return f"""\
/* {manifest.name}: {manifest.architecture}, {counted(manifest.parameters, "parameter")}.
   It forecasts {ahead} from the last {contract.context_length:,}, in the units of the series.
{rounded}   C99, also C++; it needs math.h only. Check it:
       cc -DSELFTEST @.c -lm && ./a.out
   Define @@_INTERFACE_ONLY where another file includes this one: only declarations are left.

   Written by seqzoo {__version__} from {WEIGHTS}, SHA-256 {files[WEIGHTS].sha256},
   checked by {GOLDEN}, SHA-256 {files[GOLDEN].sha256}. */
"""
