"""JavaScript modules of the package in Node.js, where they need no page."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from seqzoo.microscope.modules import PACKAGE


def computed(script: str, given: Any) -> Any:
    """What `main(given)` of a module returns. Imports are relative to the package, as "./pages/js/networks.js"."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    whole = f"""{script}
let text = "";
for await (const part of process.stdin) text += part;
process.stdout.write(JSON.stringify(await main(JSON.parse(text))));"""
    run = subprocess.run([node, "--no-warnings", "--input-type=module", "-e", whole], cwd=PACKAGE,
                         input=json.dumps(given).encode(), capture_output=True, timeout=120)  # fmt: skip
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)
