"""SIGTERM while clients are busy: what was accepted is answered, and the server ends with status 0."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time

import pytest

from support.asking import infer, measured

ROUNDS = (int(os.environ.get("SEQZOO_SOAK", "0")) and 20) or 1
SECONDS = 5 if ROUNDS == 20 else 30  # a busy machine is not a failure
BODY = json.dumps(infer()).encode()


def keep_asking(port: int, lost: list[str], answered: list[int], stopped: threading.Event) -> None:
    """Requests one after another; after the signal, until the connection is refused or closed before a request."""
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.connect()
        except ConnectionRefusedError:
            if not stopped.is_set():
                lost.append("refused before the signal")
            return
        except ConnectionResetError:
            return  # it was never accepted
        try:
            while True:
                connection.request("POST", "/v2/models/lstm.sine/infer", BODY)
                answer = connection.getresponse()
                if answer.status != 200 or b"forecast" not in answer.read():
                    lost.append(f"status {answer.status}")
                answered.append(1)
                if answer.getheader("connection") == "close":
                    break
        except (OSError, http.client.HTTPException) as problem:
            lost.append(repr(problem))
            return
        finally:
            connection.close()


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_server_that_is_told_to_stop_loses_no_accepted_request_and_ends_soon(start, turn):
    server = start()
    lost: list[str] = []
    answered: list[int] = []
    stopped = threading.Event()
    clients = [threading.Thread(target=keep_asking, args=(server.port, lost, answered, stopped)) for _ in range(16)]
    for client in clients:
        client.start()
    while len(answered) <= 16:
        assert not lost
        stopped.wait(0.01)
    stopped.wait(0.01 * turn)  # each turn ends at another moment
    stopped.set()
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0
    seconds = time.monotonic() - began
    assert seconds < SECONDS
    for client in clients:
        client.join(timeout=60)
        assert not client.is_alive()
    assert not lost
    measured("drain", rounds=1, answered=len(answered), lost=len(lost), seconds=seconds)


def test_a_draining_server_says_it_is_not_ready_closes_each_connection_and_waits_for_no_idle_one(start):
    server = start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as idle:
        idle.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", "/v2/health/ready")
        assert connection.getresponse().read() == b'{"ready":true}'
        server.process.send_signal(signal.SIGTERM)
        status = 200
        while status == 200:  # until the signal has arrived
            connection.request("GET", "/v2/health/ready")
            answer = connection.getresponse()
            status = answer.status
            text = answer.read()
        assert (answer.status, answer.getheader("connection")) == (503, "close")
        assert list(json.loads(text)) == ["error"]
        assert server.process.wait(timeout=60) == 0
