"""A page of another site, open in the same browser, can neither use the server nor read from it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import websockets

from seqzoo.errors import InputError
from seqzoo.server.answers import Refused
from seqzoo.server.origins import Origins
from support.serving import UNASKED, Running
from support.terminal import Terminal

OWN = "127.0.0.1:8080"
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport="


def passes(origins: Origins, method: str = "POST", **headers: str) -> bool:
    try:
        origins.check(method, [(key.replace("_", "-").encode(), text.encode()) for key, text in headers.items()])
    except Refused as refused:
        assert refused.status == 403
        return False
    return True


def test_localhost_and_addresses_are_names_of_a_server_on_loopback() -> None:
    for host in (OWN, "localhost", "localhost:1", "LOCALHOST.:80", "a.localhost:80", "[::1]:80", "10.1.2.3",
                 "[fe80::1]"):  # fmt: skip
        assert passes(Origins(), host=host), host


def test_any_other_name_is_not_unless_the_server_was_told_of_it() -> None:
    for host in ("evil.example", "127.0.0.1.evil.test:8080", "localhost.evil", "", "a b", "x@127.0.0.1.example",
                 "[::1"):  # fmt: skip
        assert not passes(Origins(), host=host) and not passes(Origins(), "GET", host=host), host
        assert not passes(Origins(True, ["zoo.example"]), host=host), host
        assert passes(Origins(True), host=host), host


def test_all_of_several_hosts_must_be_known() -> None:
    for hosts in ([OWN, "evil.example"], ["evil.example", OWN]):
        with pytest.raises(Refused):
            Origins().check("GET", [(b"host", host.encode()) for host in hosts])


def test_the_pages_of_the_server_may_use_it_behind_a_proxy_too() -> None:
    for host, origin in (
        (OWN, f"http://{OWN}"), ("zoo.example", "https://zoo.example"), ("zoo.example", "http://zoo.example:80"),
        ("ZOO.example:443", "https://zoo.example"), ("[::1]:8080", "http://[::1]:8080"),
    ):  # fmt: skip
        assert passes(Origins(True), host=host, origin=origin), (host, origin)


def test_the_pages_of_any_other_origin_may_not() -> None:
    for origin in (
        "http://evil.example", "null", "", "http://127.0.0.1:8081", "http://localhost:8080", "https://127.0.0.1",
        "file://", f"chrome-extension://{OWN}", "http://127.0.0.1:8080.evil.example", "http://127.0.0.1:x",
        "http://evil.example@127.0.0.1.example:8080", "http://[", "\xff",
    ):  # fmt: skip
        for method in ("GET", "POST", "OPTIONS", "websocket"):
            for is_public in (False, True):
                assert not passes(Origins(is_public), method, host=OWN, origin=origin), (origin, method, is_public)


def test_a_name_that_the_server_was_told_of_is_one_of_its_own() -> None:
    told = Origins(False, ["Zoo.example"])
    assert passes(told, host="zoo.example") and passes(told, host=OWN, origin="https://zoo.example")
    assert not passes(told, host=OWN, origin="https://a.zoo.example")


def test_other_sites_may_link_to_a_page_and_nothing_else() -> None:
    other = {"host": OWN, "sec_fetch_site": "cross-site"}
    assert passes(Origins(), "GET", **other, sec_fetch_dest="document")
    for dest in ("image", "iframe", "empty", "script", ""):
        assert not passes(Origins(), "GET", **other, sec_fetch_dest=dest)
    assert not passes(Origins(), "POST", **other, sec_fetch_dest="document")


def test_clients_that_are_no_browsers_pass() -> None:
    assert passes(Origins()) and passes(Origins(), host=OWN) and passes(Origins(True), host="zoo.default.svc:8000")


@pytest.mark.parametrize("name", ["http://zoo.example", "zoo.example:80", "", "*", "a b"])
@pytest.mark.parametrize("command", ["serve", "app"])
def test_what_is_no_name_is_refused_in_a_line(command: str, name: str, terminal: Terminal) -> None:
    assert "--allow-host" in terminal(command, "--port", 0, "--allow-host", name).refusal
    with pytest.raises(InputError):
        Origins(names=[name])


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_the_app_turns_other_sites_away_at_every_door(app: Running, headers: dict[str, str]) -> None:
    doors = [
        ("GET", "/"), ("GET", "/models/lstm.sine"), ("GET", f"{SOCKET}polling"), ("POST", f"{SOCKET}polling"),
        ("POST", f"/v2/repository/models/{UNASKED}/load"), ("POST", f"/v2/repository/models/{UNASKED}/unload"),
        ("POST", "/api/models/lstm.sine/streams"), ("OPTIONS", "/v2/models/lstm.sine/infer"), ("GET", "/metrics"),
    ]  # fmt: skip
    with httpx.Client(base_url=app.address, timeout=60, verify=False) as client:
        for method, path in doors:
            found = client.request(method, path, headers=headers)
            assert found.status_code == 403 and list(found.json()) == ["error"], (method, path)
            assert "access-control-allow-origin" not in found.headers, (method, path)
        assert client.get(f"/v2/models/{UNASKED}/ready").status_code == 400


def test_the_socket_of_the_pages_opens_for_them_alone(app: Running) -> None:
    address = app.address.replace("http", "ws") + f"{SOCKET}websocket"

    async def connect(**headers: str) -> str | bytes:
        async with websockets.connect(address, additional_headers=headers, open_timeout=60) as socket:
            return await socket.recv()

    assert "maxPayload" in str(asyncio.run(connect(Origin=app.address)))
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            asyncio.run(connect(**headers))
    counted = httpx.get(f"{app.address}/metrics").text
    assert 'seqzoo_refused_total{reason="origin"}' in counted


def test_no_page_may_be_framed_or_send_a_form_anywhere(app: Running) -> None:
    policy = httpx.get(app.address).headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "connect-src 'self'",
            "base-uri 'none'"} <= set(policy)  # fmt: skip
    assert not any("http" in part for part in policy)


def test_the_measures_leave_a_link_from_another_site_working(app: Running) -> None:
    link: Any = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
    assert httpx.get(f"{app.address}/models/lstm.sine?view=inside", headers=link).status_code == 200
