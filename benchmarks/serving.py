"""One model behind three servers: ours, MLServer and KServe's SDK, each on one core, the client on another.

Rivals are installed by `conformance/clients.py` into environments of their own, with ONNX Runtime beside.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import rivals

TITLE = "Serving"
HERE = Path(__file__).resolve().parent
MODEL = HERE.parent / "src" / "seqzoo" / "shipped" / "lstm.sine" / "model.onnx"
PATH = "/v2/models/lstm.sine/infer"
WINDOW = [0.1] * 20
SERVERS = ("seqzoo", "mlserver", "kserve")
FORMS = ("JSON", "binary")
CONNECTIONS = 16


def measure(quick: bool) -> dict[str, Any]:
    """By server: seconds to ready, memory; by form of the request p50, p99, requests a second, CPU a request."""
    count = 100 if quick else 2000
    found: dict[str, Any] = {}
    for name in SERVERS:
        began = time.perf_counter()
        with _running(name) as (process, port):
            ready = time.perf_counter() - began
            cold = _cold() if name == "seqzoo" else None
            forms = FORMS[:1] if name == "mlserver" else FORMS  # its binary answers are "not fully supported"
            rows = {form: _load(process, port, form, count) for form in forms}
            memory = sum(one.memory_info().rss for one in _tree(process))
            found[name] = {"ready": ready, "cold": cold, "memory": memory / 2**20, "forms": rows}
    return found


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    lines = [
        "One window, `lstm.sine` in ONNX Runtime on one thread. The server has one core, the client another; "
        "MLServer runs without its workers. Sequential requests on one connection, then 16 connections at once.",
        "",
        "| server | request | p50 ms | p99 ms | CPU ms a request | beside ours | requests/s, 16 connections |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, facts in result.items():
        for form, row in facts["forms"].items():
            ratio = row["cpu"] / result["seqzoo"]["forms"][form]["cpu"]
            lines.append(
                f"| {name} | {form} | {1000 * row['p50']:.2f} | {1000 * row['p99']:.2f} | {1000 * row['cpu']:.3f} | "
                f"{ratio:.1f}× | {row['rate']:,.0f} |"
            )
    lines += ["", "| server | ready after s | memory MiB |", "|---|---:|---:|"]
    lines += [f"| {name} | {facts['ready']:.2f} | {facts['memory']:.0f} |" for name, facts in result.items()]
    cold = result["seqzoo"]["cold"]
    times = ", ".join(f"{engine} {1000 * seconds:.0f} ms" for engine, seconds in cold.items())
    return "\n".join([*lines, "", f"From a cold request for a model that is not loaded to its answer: {times}."])


@contextlib.contextmanager
def _running(name: str) -> Iterator[tuple[psutil.Process, int]]:
    port = rivals.free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = _command(name, port, Path(folder))
        pinned = {0} if len(os.sched_getaffinity(0)) > 1 else os.sched_getaffinity(0)
        process = psutil.Popen(
            command,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, pinned),
        )
        try:
            _wait_until_ready(port)
            yield process, port
        finally:
            for one in _tree(process):
                with contextlib.suppress(psutil.Error):
                    one.terminate()
            process.wait(timeout=30)


def _command(name: str, port: int, folder: Path) -> list[str]:
    if name == "seqzoo":
        return [sys.executable, "-m", "seqzoo", "serve", "--port", str(port)]
    programs = rivals.programs(name)
    if name == "kserve":
        return [str(programs / "python"), str(HERE / "rival_kserve.py"), str(port), str(MODEL)]
    settings = {"parallel_workers": 0, "host": "127.0.0.1", "http_port": port, "grpc_port": rivals.free_port(),
                "metrics_port": rivals.free_port(), "debug": False}  # fmt: skip
    model = {"name": "lstm.sine", "implementation": "rival_mlserver.Onnx", "parameters": {"uri": str(MODEL)}}
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    (folder / "rival_mlserver.py").write_text((HERE / "rival_mlserver.py").read_text("utf-8"))
    return [str(programs / "mlserver"), "start", str(folder)]


def _wait_until_ready(port: int) -> None:
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if connection.recv(100).startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.05)
    raise RuntimeError("the server was not ready within a minute")


def _request(form: str) -> bytes:
    tensor: dict[str, Any] = {"name": "context", "shape": [1, 20, 1], "datatype": "FP32"}
    if form == "JSON":
        body = json.dumps({"inputs": [{**tensor, "data": WINDOW}]}).encode()
        extra = ""
    else:
        tensor["parameters"] = {"binary_data_size": 80}
        header = json.dumps({"inputs": [tensor]}).encode()
        body = header + np.array(WINDOW, np.float32).tobytes()
        extra = f"Inference-Header-Content-Length: {len(header)}\r\n"
    kind = "application/json" if form == "JSON" else "application/octet-stream"
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _answered(data: bytes) -> bool:
    """Whether a whole answer is there; raises unless it is a success."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(data[:600].decode(errors="replace"))
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(body) >= int(length.split(b":")[1])


def _load(process: psutil.Process, port: int, form: str, count: int) -> dict[str, float]:
    asked = _request(form)
    took = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in range(count + count // 10):
            if turn == count // 10:  # warm
                before = _cpu(process)
            began = time.perf_counter()
            connection.sendall(asked)
            data = b""
            while not _answered(data):
                data += connection.recv(65536)
            took.append(time.perf_counter() - began)
        spent = _cpu(process) - before
    took = sorted(took[count // 10 :])
    return {
        "p50": took[len(took) // 2],
        "p99": took[int(0.99 * len(took))],
        "cpu": spent / count,
        "rate": _rate(port, asked, 2 * count),
    }


def _rate(port: int, asked: bytes, count: int) -> float:
    """Requests a second over 16 connections, each with one request under way."""
    with contextlib.ExitStack() as stack:
        watch = stack.enter_context(selectors.DefaultSelector())
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CONNECTIONS)]
        data = dict.fromkeys(connections, b"")
        began, done = time.perf_counter(), 0
        for connection in connections:
            watch.register(connection, selectors.EVENT_READ)
            connection.sendall(asked)
        while done < count:
            for key, _ in watch.select():
                connection = key.fileobj
                data[connection] += connection.recv(65536)
                if _answered(data[connection]):
                    data[connection], done = b"", done + 1
                    connection.sendall(asked)
        return count / (time.perf_counter() - began)


def _cold() -> dict[str, float]:
    """Seconds from the first request for a model of ours to its answer, by engine."""
    found = {}
    for engine in ("onnx", "torchscript", "numpy"):
        fresh = rivals.free_port()
        command = [sys.executable, "-m", "seqzoo", "serve", "--port", str(fresh), "--engine", engine]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_ready(fresh)
            began = time.perf_counter()
            with socket.create_connection(("127.0.0.1", fresh), timeout=60) as connection:
                connection.sendall(_request("JSON"))
                data = b""
                while not _answered(data):
                    data += connection.recv(65536)
            found[engine] = time.perf_counter() - began
        finally:
            process.terminate()
            process.wait(timeout=30)
    return found


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    return float(sum(sum(one.cpu_times()[:2]) for one in _tree(process)))
