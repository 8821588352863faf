"""The names of uvicorn's inside that the guard builds on: a version that renames one fails here, not in a drain."""

from __future__ import annotations

import ast
import asyncio
import inspect
import socket

from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from seqzoo.server import guard

# What the guard replaces, and is called by, under these names.
METHODS = {
    HttpToolsProtocol: """connection_made connection_lost data_received on_message_begin on_url on_header
        on_headers_complete on_body on_message_complete pause_writing resume_writing handle_websocket_upgrade
        send_400_response _unsupported_upgrade_warning shutdown""",
    Server: "shutdown",
}
# What it reads and sets.
OF_CONNECTION = "cycle pipeline server_state headers parser loop transport"
OF_CYCLE = "response_complete response_started keep_alive disconnected message_event"
OF_SERVER = "servers server_state force_exit lifespan config _captured_signals"
OF_STATE = "connections tasks"


def test_uvicorn_has_every_name_that_the_guard_uses() -> None:
    for owner, names in METHODS.items():
        assert [name for name in names.split() if not hasattr(owner, name)] == []
    assert {"config", "server_state", "app_state", "_loop"} <= set(inspect.signature(HttpToolsProtocol).parameters)
    asyncio.run(_look_into_a_connection())


async def _look_into_a_connection() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        await asyncio.Event().wait()

    listener = socket.socket()
    server = guard.DrainingServer(Config(app, lifespan="off", log_config=None), listener)
    listener.close()
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    server.servers = getattr(server, "servers", [])  # made when it starts
    ours, theirs = socket.socketpair()
    transport, protocol = await asyncio.get_running_loop().connect_accepted_socket(server._protocol, ours)
    with theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(10):
            while protocol.cycle is None:
                await asyncio.sleep(0.001)
        for owner, names in (
            (protocol, OF_CONNECTION), (protocol.cycle, OF_CYCLE), (server, OF_SERVER),
            (server.server_state, OF_STATE),
        ):  # fmt: skip
            assert [name for name in names.split() if not hasattr(owner, name)] == []
        assert protocol in server.server_state.connections and protocol.headers == [(b"host", b"a")]
        assert protocol.parser.get_http_version() == "1.1" and callable(protocol.cycle.message_event.set)
        tasks = list(server.server_state.tasks)
        transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_the_list_holds_every_such_name() -> None:
    classes = {node.name: node for node in ast.parse(inspect.getsource(guard)).body if isinstance(node, ast.ClassDef)}
    for name, base, listed in (
        ("GuardedProtocol", HttpToolsProtocol, OF_CONNECTION), ("DrainingServer", Server, OF_SERVER),
    ):  # fmt: skip
        own = {node.name for node in classes[name].body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        used = {
            node.attr
            for node in ast.walk(classes[name])
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        }
        mine = set(vars(getattr(guard, name))) | {"listener"}
        mine |= {one for one in used if one in _set_first(classes[name])}
        assert used - mine == set(listed.split()) - mine, name
        assert {one for one in own if hasattr(base, one)} - {"__init__"} == set(METHODS[base].split()), name


def _set_first(owner: ast.ClassDef) -> set[str]:
    """What the class itself gives its instances, in `__init__`."""
    (begin,) = (node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return {
        target.attr
        for node in ast.walk(begin)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    }
