"""Clients whose pinned versions clash with ours, against a server of ours. Run by `make conformance`.

Each client is installed into an environment of its own under `.venv/clients`.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / ".venv" / "clients"
PINS = {
    "kserve": ["kserve==0.21.0", "onnxruntime"],
    "mlserver": ["mlserver==1.7.1", "onnxruntime"],
    "streamlit": ["streamlit==1.67.0", "onnxruntime"],
    "ziglang": ["ziglang==0.17.1"],
}


def environment(name: str) -> Path:
    """The folder of the programs of a client's environment, made at first use."""
    folder = CLIENTS / name
    done = folder / ".installed"
    if not done.exists() or done.read_text("utf-8") != " ".join(PINS[name]):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *PINS[name]], check=True)
        done.write_text(" ".join(PINS[name]), "utf-8")
    return folder / "bin"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    command = [sys.executable, "-m", "seqzoo", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://[^ ]+", process.stdout.readline())
        try:
            assert found, "the server did not start"
            yield found[0]
        finally:
            process.terminate()
            status = process.wait(timeout=20)
        assert status == 0, f"the server ended with status {status}"


def kserve(address: str) -> None:
    """Four cases: JSON and binary in, JSON and binary out; health and readiness beside."""
    subprocess.run([environment("kserve") / "python", ROOT / "conformance" / "with_kserve.py", address], check=True)


def mlserver(address: str) -> None:
    """The command `mlserver infer` on a file of five requests."""
    tensor = {"name": "context", "shape": [1, 20, 1], "datatype": "FP32", "data": [0.1] * 20}
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.jsonl", Path(folder) / "answered.jsonl"
        asked.write_text("".join(json.dumps({"id": str(k), "inputs": [tensor]}) + "\n" for k in range(5)), "utf-8")
        host = address.removeprefix("http://")
        command = [environment("mlserver") / "mlserver", "infer", "-u", host, "-m", "lstm.sine", "-i", asked]
        subprocess.run([*command, "-o", answered, "-w", "1"], check=True, stdout=subprocess.DEVNULL)
        answers = [json.loads(line) for line in answered.read_text("utf-8").splitlines()]
    assert len(answers) == 5, answers
    assert all(len(answer["outputs"][0]["data"]) == 1 for answer in answers), answers
    print("mlserver infer: passed")


def main() -> None:
    """Every client in turn."""
    with server() as address:
        kserve(address)
        mlserver(address)


if __name__ == "__main__":
    main()
