"""Requests as clients send them."""

from __future__ import annotations


def infer(rows: int = 1, value: float = 0.1, **more: object) -> dict[str, object]:
    """A valid inference request for windows of 20 values."""
    tensor = {"name": "context", "shape": [rows, 20, 1], "datatype": "FP32", "data": [value] * (20 * rows)}
    return {"inputs": [tensor], **more}
