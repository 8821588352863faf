"""The check of which web pages may use the server: its own, and those of no other site.

A page of another site in a local browser can reach this machine's ports too. Its requests show this in
`Origin` and `Sec-Fetch-Site`. A site whose name resolves to this machine (DNS rebinding) is recognised by `Host`.
Clients other than browsers send only `Host`, and pass.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ..errors import InputError
from .answers import Refused

Headers = Iterable[tuple[bytes, bytes]]

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """The host names that this server accepts.

    Args:
        is_public: whether other machines can reach it. Then any host name is accepted, unless `names` has some.
        names: accepted host names, besides localhost and every IP address; needed behind a proxy.

    Raises:
        InputError: an invalid host name.
    """

    def __init__(self, is_public: bool = False, names: Iterable[str] = ()) -> None:
        self.names = frozenset(name.strip().lower() for name in names)
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise InputError(f"--allow-host takes a name such as zoo.example.org, got {name[:100]!a}.")
        self.checks_host = not is_public or bool(self.names)
        self._knows = functools.lru_cache(1000)(self._is_known)

    def check(self, method: str, headers: Headers) -> None:
        """Check the headers of a request.

        Raises:
            Refused: 403, if a page of another site sent it, or if its Host is not a name of this server.
        """
        hosts, origin, site, dest = [], None, b"", b""
        for key, value in headers:
            if key == b"host":
                hosts.append(value)
            elif key == b"origin":
                origin = value
            elif key == b"sec-fetch-site":
                site = value
            elif key == b"sec-fetch-dest":
                dest = value
        if self.checks_host:
            for host in hosts:
                if not self._knows(host):
                    raise Refused(
                        403,
                        f"{_shown(host)} is not a name of this server. If it should be, start the server with "
                        "--allow-host and that name.",
                        "host",
                    )
        if origin is not None and not self._is_own(origin, hosts):
            raise Refused(
                403,
                f"pages of {_shown(origin)} may not use this server. If that is the address of its proxy, start the "
                "server with --allow-host and that name.",
                "origin",
            )
        if site == b"cross-site" and not (dest == b"document" and method in ("GET", "HEAD")):
            raise Refused(403, "pages of other sites may link to this server, but not use it.", "origin")

    def _is_known(self, host: bytes) -> bool:
        name, _ = _parts(f"http://{host.decode('latin-1')}")
        return name == "localhost" or name.endswith(".localhost") or _is_address(name) or name in self.names

    def _is_own(self, origin: bytes, hosts: list[bytes]) -> bool:
        text = origin.decode("latin-1")
        scheme = text.partition(":")[0]
        name, port = _parts(text)
        if scheme not in _DEFAULT_PORTS or not name:
            return False
        default = _DEFAULT_PORTS[scheme]
        for host in hosts:
            own, own_port = _parts(f"{scheme}://{host.decode('latin-1')}")
            if (own, own_port or default) == (name, port or default):
                return True
        return name in self.names


def _parts(address: str) -> tuple[str, int | None]:
    """The host and the port of an address; ("", None) if it cannot be parsed."""
    try:
        split = urlsplit(address)
        return (split.hostname or "").rstrip("."), split.port
    except ValueError:
        return "", None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(value: bytes) -> str:
    return ascii(value[:100].decode("latin-1"))
