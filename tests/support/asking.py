"""Requests as clients send them, and a note of what a test measured with them."""

from __future__ import annotations

import json
import os
from pathlib import Path


def infer(rows: int = 1, value: float = 0.1, **more: object) -> dict[str, object]:
    """A valid inference request for windows of 20 values."""
    tensor = {"name": "context", "shape": [rows, 20, 1], "datatype": "FP32", "data": [value] * (20 * rows)}
    return {"inputs": [tensor], **more}


def measured(what: str, **numbers: float) -> None:
    """Note numbers of a test for docs/reliability.md, if SEQZOO_MEASURED names a file for them."""
    file = os.environ.get("SEQZOO_MEASURED")
    if file:
        with Path(file).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps({"what": what, **numbers}) + "\n")
