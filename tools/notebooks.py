"""Executes docs/notebooks from clean, tries their exercises, and writes them back without times and numbers of cells.

`make notebooks` runs it; `--check` writes nothing, and first letters choose notebooks. It runs in .venv/notebooks,
whose kernel sees the packages of .venv. An exercise states right and wrong answers in the metadata of its cell;
its `check` must tell them apart.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "notebooks"
LIGHT = "123"  # notebooks that need neither ONNX Runtime nor PyTorch, which Pyodide lacks
WIDGET = "application/vnd.jupyter.widget-view+json"  # shows nothing where its kernel has ended


def tidied(outputs: list[Any], folder: str) -> list[Any]:
    """The outputs of a cell without what differs from run to run, and without widgets."""
    kept: list[Any] = []
    for output in outputs:
        if WIDGET in output.get("data", {}):
            continue
        if output["output_type"] == "execute_result":
            output["execution_count"] = None
        if "text" in output:
            output["text"] = output["text"].replace(folder, ".")
        if kept and output["output_type"] == "stream" and kept[-1].get("name") == output["name"]:
            kept[-1]["text"] += output["text"]  # where the kernel sends a text in two, chance decides
        else:
            kept.append(output)
    return kept


def printed(client: NotebookClient, code: str) -> str:
    """What code prints after all cells."""
    cell = nbformat.v4.new_code_cell(code)
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    client.nb.cells.pop()
    return "".join(output["text"] for output in cell.outputs if output["output_type"] == "stream").strip()


def tried(client: NotebookClient, exercise: Any) -> list[str]:
    """What is wrong with an exercise that has just been executed."""
    faults = []
    begins = {"right": "Right", "wrong": "Not yet"}
    for kind, expressions in {**exercise.metadata["seqzoo"]}.items():
        for expression in expressions:
            text = printed(client, f"check({expression})")
            if not text.startswith(begins[kind]):
                faults.append(f"check({expression}), which is {kind}, says {text!r}")
    return faults


def execute(path: Path) -> tuple[Any, list[str]]:
    """The notebook with new outputs, and what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEQZOO_HOME"] = str(Path(folder) / "home")
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code":
                    continue
                cell.outputs = []
                client.execute_cell(cell, index)
                if "seqzoo" in cell.metadata:
                    faults += tried(client, cell)
            heavy = printed(client, "import sys; print(*{'onnxruntime', 'torch'} & {*sys.modules})")
            if heavy and path.name[0] in LIGHT:
                faults.append(f"it imports {heavy}")
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = tidied(cell.outputs, folder)
                cell.metadata.pop("execution", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook, faults


def main() -> None:
    chosen = [argument for argument in sys.argv[1:] if argument != "--check"]
    home = Path(sys.executable).parent.parent.parent / "bin"  # of .venv: its commands
    os.environ["PATH"] = f"{home}{os.pathsep}{os.environ['PATH']}"
    os.environ["COLUMNS"] = "100"
    failed = False
    for path in sorted(FOLDER.glob("*.ipynb")):
        if chosen and not any(path.name.startswith(name) for name in chosen):
            continue
        began = time.monotonic()
        notebook, faults = execute(path)
        if "--check" not in sys.argv:
            path.write_text(re.sub(r"\n*$", "\n", nbformat.writes(notebook)), "utf-8")
        for fault in faults:
            print(f"{path.name}: {fault}", file=sys.stderr)
        failed |= bool(faults)
        print(f"{path.name}: {len(notebook.cells)} cells in {time.monotonic() - began:.0f} s")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
