"""The folders and the ports of the rivals."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def programs(name: str) -> Path:
    """The folder of the programs of a rival's own environment, with ONNX Runtime beside; made at first use."""
    sys.path.insert(0, str(HERE.parent / "conformance"))
    import clients

    return clients.environment(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the rival did not listen within a minute")
