"""Who may talk to the server through somebody's browser: its own pages, and no other site's.

A browser that shows a page of another site reaches this machine's ports too. Its requests say whose they are: in
`Origin`, and in `Sec-Fetch-Site`. A site whose name was made to resolve to this machine (DNS rebinding) is told by
`Host`. Clients that are no browsers send none of these but `Host`, and pass.
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
    """The names that this server goes by.

    Args:
        is_public: whether others than this machine can reach it. Then it may go by any name, unless `names` has some.
        names: hosts that it goes by beside localhost and every address, as behind a proxy.

    Raises:
        InputError: a name that is none.
    """

    def __init__(self, is_public: bool = False, names: Iterable[str] = ()) -> None:
        self.names = frozenset(name.strip().lower() for name in names)
        for name in self.names:
            if not _NAME.fullmatch(name):
                raise InputError(f"--allow-host takes a name such as zoo.example.org, got {name[:100]!a}.")
        self.checks_host = not is_public or bool(self.names)
        self._knows = functools.lru_cache(1000)(self._is_known)

    def check(self, method: str, headers: Headers) -> None:
        """Raises Refused: 403, if a page of another site asks, or one under a name that is not this server's."""
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
                        f"this server does not go by the name {_shown(host)}. If it should, start it with "
                        "--allow-host and that name.",
                        "host",
                    )
        if origin is not None and not self._is_own(origin, hosts):
            raise Refused(
                403,
                f"pages of {_shown(origin)} may not use this server. If that is its own address, behind a proxy, "
                "start it with --allow-host and that name.",
                "origin",
            )
        if site == b"cross-site" and not (dest == b"document" and method in ("GET", "HEAD")):
            raise Refused(403, "pages of other sites may link here, and nothing else.", "origin")

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
    """Host and port of an address; ("", None) where it has none."""
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
