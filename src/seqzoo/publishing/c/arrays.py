"""Tensors as C: `static const` arrays, and the product of a matrix with a vector, in float or in int8.

`@` stands for the prefix of all names, as it does in `networks`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._arrays import Float32Array, FloatArray

Int8Array = NDArray[np.int8]
FEWEST_COLUMNS = 2  # of a matrix in int8: a row saves 3 bytes an entry, and its scale takes 4
_LEVELS = 127  # from -127 to 127: symmetric, so that 0 is exact and no offset is needed
_WIDTH = 110
_INDENT = "    "


class Quantised(NamedTuple):
    """A matrix as rows of int8, each with its own scale: values [R, C] times scales [R, 1]."""

    values: Int8Array
    scales: Float32Array

    @classmethod
    def of(cls, matrix: Float32Array) -> Quantised:
        """The nearest one: the largest entry of each row becomes 127 or -127 (per-row symmetric quantisation).

        A row whose scale would be subnormal, and so too coarse, becomes zeros.
        """
        scales = np.abs(matrix).max(axis=1, keepdims=True) / np.float32(_LEVELS)
        scales = np.where(scales >= np.finfo(np.float32).tiny, scales, np.float32(1)).astype(np.float32)
        return cls(np.rint(matrix / scales).astype(np.int8), scales)

    @property
    def matrix(self) -> Float32Array:
        """The matrix that these stand for."""
        return np.asarray(self.scales * self.values, np.float32)


def is_quantised(matrix: Float32Array) -> bool:
    """Whether a matrix gets smaller in int8."""
    return matrix.ndim == 2 and matrix.shape[1] >= FEWEST_COLUMNS


def array(kind: str, name: str, values: FloatArray | Int8Array) -> str:
    """The definition of a constant array of one or two dimensions; `kind` is the C type of its entries."""
    sizes = "".join(f"[{size}]" for size in values.shape)
    if values.ndim == 1:
        body = _wrapped(literals(kind, values))
    else:
        rows = [f"{{{', '.join(literals(kind, row))}}}" for row in values]
        body = _wrapped(rows) if len(rows[0]) < _WIDTH // 2 else ",\n".join(_wrapped([row]) for row in rows)
    return f"static const {kind} @_{name}{sizes} = {{\n{body}\n}};\n"


def literals(kind: str, values: FloatArray | Int8Array) -> list[str]:
    """Each value as the shortest literal that is read as the same number."""
    suffix = "f" if kind == "float" else ""
    return [f"{value!s}{suffix}" for value in values]


def product(name: str, matrix: Float32Array, *, int8: bool = False) -> str:
    """A matrix [R, C], and the function `@_name(row, values)` that multiplies one of its rows with C values."""
    columns = matrix.shape[1]
    if int8 and is_quantised(matrix):
        quantised = Quantised.of(matrix)
        data = array("signed char", f"{name}_rows", quantised.values)
        data += array("float", f"{name}_scales", quantised.scales[:, 0])
        entry, result = f"(float)@_{name}_rows[row][column]", f"@_{name}_scales[row] * sum"
    else:
        data, entry, result = array("float", f"{name}_rows", matrix), f"@_{name}_rows[row][column]", "sum"
    return data + textwrap.dedent(
        f"""\

        static float @_{name}(int row, const float *values) {{
            float sum = 0.0f;
            for (int column = 0; column < {columns}; ++column) sum += {entry} * values[column];
            return {result};
        }}
        """
    )


def _wrapped(words: Iterable[str]) -> str:
    return textwrap.fill(
        ", ".join(words), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
