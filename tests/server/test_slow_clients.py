"""Clients that trickle: all cut soon, within ten seconds at full count, and a healthy one does not notice."""

from __future__ import annotations

import os
import selectors
import socket
import time

import httpx

from support.asking import infer, measured

CLIENTS, SECONDS = (500, 10) if os.environ.get("SEQZOO_SOAK") else (60, 40)  # a busy machine is not a failure
HEAD = b"POST /v2/models/lstm.sine/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n"


def test_clients_that_trickle_headers_or_body_are_cut_and_a_healthy_one_is_served_meanwhile(server):
    slow: dict[socket.socket, int] = {}
    watch = selectors.DefaultSelector()
    whole = b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for number in range(CLIENTS):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        if number % 10 == 0:  # a whole request, and the beginning of another in the same bytes
            connection.sendall(whole + HEAD[:20])
            answer = connection.recv(4096)
            while not answer.endswith(b"}"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")
        else:
            connection.sendall(HEAD[:20] if number % 2 else HEAD + b"\r\n{")
        connection.setblocking(False)
        watch.register(connection, selectors.EVENT_READ)
        slow[connection] = number
    began, cut, took = time.monotonic(), 0, []
    with httpx.Client(base_url=server.address, timeout=60) as healthy:
        healthy.post("/v2/models/lstm.sine/infer", json=infer())
        while slow and time.monotonic() - began < SECONDS:
            for key, _ in watch.select(timeout=0.2):  # the healthy one asks five times a second
                connection = key.fileobj
                answer = b""
                try:
                    answer = connection.recv(4096)
                except ConnectionError:
                    pass
                assert not answer or (answer.startswith(b"HTTP/1.1 408") and b'{"error":' in answer)
                watch.unregister(connection)
                connection.close()
                del slow[connection]
                cut += 1
            for connection in [one for one, number in slow.items() if number % 7 == 0 and number % 10]:
                try:
                    connection.send(b" " if slow[connection] % 2 == 0 else b"X")
                except (BlockingIOError, ConnectionError):
                    pass
            sent = time.perf_counter()
            assert healthy.post("/v2/models/lstm.sine/infer", json=infer()).status_code == 200
            took.append(time.perf_counter() - sent)
    elapsed = time.monotonic() - began
    watch.close()
    assert cut == CLIENTS and elapsed < SECONDS
    p99 = sorted(took)[int(0.99 * len(took))]
    measured("slow", clients=CLIENTS, seconds=elapsed, p99=p99)
