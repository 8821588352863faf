"""A stand-in of the Hugging Face hub on this machine: what huggingface_hub calls to create, commit, list and resolve.

Repositories lie in memory. Weights go through the large file storage of git, as there; such a file is answered with a
redirect to a storage that must be given no token.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

TOKEN = "hf_of_ada"  # may write to ada/...
LARGE = (".safetensors", ".onnx", ".pt")


class Hub:
    """The state of the stand-in. `commits` has, for each repository, the files of every commit, oldest first."""

    def __init__(self) -> None:
        self.address = ""
        self.storage = ""
        self.commits: dict[str, list[dict[str, bytes]]] = {}
        self.private: set[str] = set()
        self.large: dict[str, bytes] = {}
        self.strange: list[str] = []
        """Requests that the stand-in does not know, and tokens that reached the storage."""
        self.answer: tuple[int, bytes] | None = None
        """What every request is answered with instead, if anything."""
        self.endless = ""
        """The name of a file without an end."""
        self.is_full = False
        """Whether the storage takes no more files."""

    def revision(self, repository: str, number: int = -1) -> str:
        """The commit's name: it follows from the commits up to it."""
        commits = self.commits[repository]
        digest = hashlib.sha1()
        for files in commits[: number % len(commits) + 1]:
            for name, data in files.items():
                digest.update(name.encode() + hashlib.sha1(data).digest())
        return digest.hexdigest()

    def files(self, repository: str, revision: str) -> dict[str, bytes] | None:
        """The files at a branch or commit; None if there is no such."""
        commits = self.commits[repository]
        if revision == "main":
            return commits[-1]
        names = {self.revision(repository, number): files for number, files in enumerate(commits)}
        return names.get(revision)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def _send(self, status: int, body: Any = b"", **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def _missing(self, what: str) -> None:
        self._send(404, {"error": f"{what} not found"}, X_Error_Code=what)

    def _handle(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.hub.answer is not None:
            self._send(*self.hub.answer)
            return
        if token not in ("", TOKEN):
            said = "Invalid credentials in Authorization header"
            self._send(401, {"error": said}, X_Error_Message=said)
            return
        for method, pattern, act in _ROUTES:
            match = re.fullmatch(pattern, path)
            if method == self.command and match:
                act(self, *match.groups())
                return
        self.hub.strange.append(f"{self.command} {path}")
        self._send(404)

    do_GET = do_POST = do_PUT = _handle

    def _is_ada(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _may_write(self, repository: str) -> bool:
        if self._is_ada() and repository.startswith("ada/"):
            return True
        self._send(403, {"error": "Forbidden"}, X_Error_Message="no write access")
        return False

    def _exists(self, repository: str) -> bool:
        if repository in self.hub.commits and (repository not in self.hub.private or self._is_ada()):
            return True
        self._send(404 if self._is_ada() else 401, {"error": "not found"}, X_Error_Code="RepoNotFound")
        return False

    def create(self) -> None:
        asked = json.loads(self.body)
        repository = f"{asked['organization']}/{asked['name']}"
        if not self._may_write(repository):
            return
        if repository in self.hub.commits:
            self._send(409, {"error": "exists"})
            return
        self.hub.commits[repository] = [{".gitattributes": b"*.onnx filter=lfs\n"}]
        if asked.get("visibility") == "private" or asked.get("private"):
            self.hub.private.add(repository)
        self._send(200, {"url": f"{self.hub.address}/{repository}"})

    def info(self, repository: str, revision: str | None) -> None:
        if not self._exists(repository):
            return
        files = self.hub.files(repository, revision or "main")
        if files is None:
            self._missing("RevisionNotFound")
            return
        commits = self.hub.commits[repository]
        sha = self.hub.revision(repository, next(i for i, each in enumerate(commits) if each is files))
        self._send(200, {"id": repository, "sha": sha, "siblings": [{"rfilename": name} for name in files]})

    def validate(self) -> None:
        _, head, _ = json.loads(self.body)["content"].split("---\n", 2)
        lacking = {"license", "library_name", "model-index"} - set(yaml.safe_load(head))
        errors = [{"message": f"lacks {name}"} for name in sorted(lacking)]
        self._send(400 if errors else 200, {"errors": errors, "warnings": []})

    def preupload(self, repository: str, _revision: str) -> None:
        if self._exists(repository) and self._may_write(repository):
            asked = json.loads(self.body)["files"]
            self._send(200, {"files": [
                {"path": each["path"], "shouldIgnore": False,
                 "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular"}
                for each in asked
            ]})  # fmt: skip

    def batch(self, repository: str) -> None:
        if self._may_write(repository):
            self._send(200, {"transfer": "basic", "objects": [
                {**each, "actions": {"upload": {"href": f"{self.hub.storage}/large/{each['oid']}"}}}
                for each in json.loads(self.body)["objects"]
            ]})  # fmt: skip

    def keep(self, oid: str) -> None:
        if self.hub.is_full:
            self._send(403, {"error": "full"})
            return
        assert hashlib.sha256(self.body).hexdigest() == oid
        self.hub.large[oid] = self.body
        self._send(200)

    def commit(self, repository: str, _revision: str) -> None:
        if not self._may_write(repository):
            return
        files = dict(self.hub.commits[repository][-1])
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self.hub.commits[repository].append(files)
        oid = self.hub.revision(repository)
        self._send(200, {"commitUrl": f"{self.hub.address}/{repository}/commit/{oid}", "commitOid": oid})

    def resolve(self, repository: str, revision: str, name: str) -> None:
        if not self._exists(repository):
            return
        files = self.hub.files(repository, revision)
        if files is None or name not in files:
            self._missing("RevisionNotFound" if files is None else "EntryNotFound")
        elif name == self.hub.endless:
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(bytes(1 << 16))
        elif name.endswith(LARGE):
            oid = hashlib.sha256(files[name]).hexdigest()
            self.hub.large[oid] = files[name]
            self._send(302, Location=f"{self.hub.storage}/large/{oid}")
        else:
            self._send(200, files[name])

    def stored(self, oid: str) -> None:
        if self.headers.get("Authorization"):
            self.hub.strange.append("the storage got a token")
        self._send(200, self.hub.large[oid])


_REPOSITORY = r"([^/]+/[^/]+)"
_ROUTES = [
    ("POST", "/api/repos/create", _Handler.create),
    ("POST", "/api/validate-yaml", _Handler.validate),
    ("GET", rf"/api/models/{_REPOSITORY}(?:/revision/(.+))?", _Handler.info),
    ("POST", rf"/api/models/{_REPOSITORY}/preupload/(.+)", _Handler.preupload),
    ("POST", rf"/{_REPOSITORY}\.git/info/lfs/objects/batch", _Handler.batch),
    ("PUT", "/large/([0-9a-f]{64})", _Handler.keep),
    ("GET", "/large/([0-9a-f]{64})", _Handler.stored),
    ("POST", rf"/api/models/{_REPOSITORY}/commit/(.+)", _Handler.commit),
    ("GET", rf"/{_REPOSITORY}/resolve/([^/]+)/(.+)", _Handler.resolve),
]


@contextlib.contextmanager
def standing_in() -> Iterator[Hub]:
    """A hub and its storage, on two free ports, until the end of the block."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    hub.address, hub.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
