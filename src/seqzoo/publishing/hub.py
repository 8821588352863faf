"""Bundles on the Hugging Face hub: `push` uploads one, `pull` brings one back and compares every byte.

A pull reads the manifest first and compares it with the given SHA-256, if there is one. Then it fetches exactly the
files that the manifest names, each no longer than it states. No name from the hub's listing becomes a path here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _extras, _storage
from ..bundles import shelf, store
from ..bundles.store import ALL, MANIFEST, MANIFEST_LIMIT, Bundle
from ..errors import HubError, InputError, IntegrityError, first_line

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

TIMEOUT = 30.0  # seconds until a silent hub counts as unreachable
_OURS = {*ALL, MANIFEST, ".gitattributes"}  # what a repository of a bundle may hold before a push
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOG_IN = "Log in with `hf auth login`, or set HF_TOKEN."


@dataclass(frozen=True)
class Pushed:
    """A bundle on the hub: its repository, the commit that holds it, and the SHA-256 of its manifest."""

    repository: str
    address: str
    revision: str
    sha256: str


@dataclass(frozen=True)
class Pulled:
    """A bundle from the hub, written here.

    Args:
        revision: the commit that it was read at.
        sha256: the SHA-256 of its manifest, which identifies every byte.
        is_pinned: whether the caller gave that SHA-256.
    """

    bundle: Bundle
    repository: str
    revision: str
    sha256: str
    is_pinned: bool


def push(bundle: Bundle, repository: str, *, is_public: bool = False) -> Pushed:
    """Upload a bundle as one commit, after comparing every file with the manifest.

    Args:
        repository: "owner/name"; created if it does not exist.
        is_public: whether a repository that is created can be read by everybody.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        InputError: `repository` is no such name, or holds something else than a bundle.
        IntegrityError: a file of the bundle is damaged.
        HubError: there is no token, or the hub cannot be reached or refuses.
    """
    api = _api("push")
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, get_token
    from huggingface_hub.errors import RepositoryNotFoundError

    _check_name(repository)
    contents = {name: bundle.read(name) for name in bundle.manifest.files} | {MANIFEST: bundle.raw_manifest}
    if get_token() is None:
        raise HubError(f"there is no token for {api.endpoint}, which uploads need. {_LOG_IN}")
    with _asking(api, repository):
        try:
            there = _names(api.model_info(repository, timeout=TIMEOUT))
        except RepositoryNotFoundError:
            there = set()
            api.create_repo(repository, private=not is_public, exist_ok=True)
    if MANIFEST not in there and (others := sorted(there - {".gitattributes"})):
        raise InputError(
            f"{repository} holds {_listed(others)} and is no bundle; nothing was overwritten. Choose another name."
        )
    facts = bundle.manifest
    with _asking(api, repository):
        commit = api.create_commit(
            repository,
            [
                *(CommitOperationAdd(name, data) for name, data in contents.items()),
                *(CommitOperationDelete(name) for name in sorted((there & set(ALL)) - contents.keys())),
            ],
            commit_message=f"{facts.name}, written by {facts.created_with}",
        )
    return Pushed(repository, f"{api.endpoint}/{repository}", _commit(commit.oid, repository), bundle.manifest_sha256)


def pull(
    repository: str, *, revision: str | None = None, sha256: str | None = None, out: Path | None = None
) -> Pulled:
    """Download a bundle. Every file has the SHA-256 that its manifest states before anything is written.

    Args:
        repository: "owner/name".
        revision: a commit, branch or tag; by default the newest commit of the main branch.
        sha256: what the SHA-256 of the manifest must be. It pins every byte; without it, the hub is believed.
        out: the folder to write; by default that of the user's model of the bundle's name.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        InputError: an argument is malformed, or another model has the folder.
        IntegrityError: the manifest is not the pinned one, or a file differs from what the manifest states.
        ManifestError: the repository holds no bundle that this version reads.
        HubError: the hub cannot be reached or refuses.
    """
    api = _api("pull")
    _check_name(repository)
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise InputError(f"a pin is the 64 hexadecimal digits that `seqzoo pull` prints, got {sha256[:80]!r}.")
    with _asking(api, repository, revision):
        info = api.model_info(repository, revision=revision, timeout=TIMEOUT)
    at, there = _commit(info.sha, repository), _names(info)
    if MANIFEST not in there:
        raise InputError(f"{repository} at {at[:12]} has no {MANIFEST}: it is no bundle of seqzoo.")
    raw = _fetch(api, repository, at, MANIFEST, MANIFEST_LIMIT)
    digest = hashlib.sha256(raw).hexdigest()
    if sha256 not in (None, digest):
        raise IntegrityError(
            f"{repository} at {at[:12]} is not the pinned bundle: the SHA-256 of its manifest is {digest[:12]}..., "
            f"the pin {str(sha256)[:12]}.... Nothing was written. Give the --revision of the pin, or ask its owner "
            "what changed."
        )
    manifest = store.parsed(raw, Path(repository))
    folder = _folder(manifest.name, digest, out)
    if lacking := sorted(manifest.files.keys() - there):
        raise IntegrityError(f"{repository} at {at[:12]} lacks {_listed(lacking)}, which its manifest states.")
    contents = {name: _fetch(api, repository, at, name, stated.size) for name, stated in manifest.files.items()}
    bundle = store.receive(folder, raw, contents, origin=Path(repository))
    return Pulled(bundle, repository, at, digest, sha256 is not None)


def _folder(name: str, digest: str, out: Path | None) -> Path:
    """Where a bundle is written. Raises InputError if something else than this very bundle is there."""
    if out is not None:
        _storage.check_place(out)
    try:
        folder = out or shelf.place(name)
    except InputError as error:
        raise InputError(f"{error} Or give a folder with --out.") from None
    store.check_replaceable(folder)
    if (folder / MANIFEST).is_file() and store.open_bundle(folder).manifest_sha256 != digest:
        raise InputError(
            f"{folder} holds another bundle; nothing was overwritten. Give another folder with --out, or remove it."
        )
    return folder


def _api(purpose: str) -> HfApi:
    """The hub at HF_ENDPOINT. The library would else tell it which programs call, and draw progress bars."""
    _extras.require(["huggingface_hub"], purpose, "hub")
    quiet = ("HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS")
    with _extras.environment({name: os.environ.get(name, "1") for name in quiet}):  # read where it is imported
        from huggingface_hub import HfApi, constants

    from .. import __version__

    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    return HfApi(endpoint=endpoint, library_name="seqzoo", library_version=__version__)


def _without_password(address: str) -> str:
    """An address as it may be printed: what people paste can hold a token."""
    return re.sub(r"//[^/]*@", "//", address)


def _check_name(repository: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
        is_name = repository.count("/") == 1
    except HFValidationError:
        is_name = False
    if not is_name:
        shown = _without_password(repository)[:120]
        raise InputError(f"a repository of the hub is named owner/name, got {shown!r}.")


def _fetch(api: HfApi, repository: str, revision: str, name: str, limit: int) -> bytes:
    """The bytes of one file, of which no more than `limit` are read."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(repository, name, revision=revision, endpoint=api.endpoint)
    headers = build_hf_headers(library_name=api.library_name, library_version=api.library_version)
    data = bytearray()
    with _asking(api, repository), get_session().stream(
        "GET", url, headers={**headers, "Accept-Encoding": "identity"}, timeout=TIMEOUT
    ) as answer:
        hf_raise_for_status(answer)
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > limit:
                break
    if len(data) > limit:
        raise IntegrityError(f"{repository}/{name} is longer than {limit:,} bytes, its limit. Nothing was written.")
    return bytes(data)


@contextmanager
def _asking(api: HfApi, repository: str, revision: str | None = None) -> Iterator[None]:
    """Turns what the library raises within into one sentence that says what to do."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    unreachable: Any = HfHubHTTPError.__bases__[0]  # HTTPError of the client that this version of the library uses
    try:
        yield
    except OfflineModeIsEnabled:
        raise HubError("HF_HUB_OFFLINE is set, so the hub is not asked. Unset it.") from None
    except GatedRepoError:
        raise HubError(f"{repository} is gated: accept its conditions on {api.endpoint}/{repository}.") from None
    except RepositoryNotFoundError:
        raise HubError(
            f"{api.endpoint} has no repository {repository!r}, or it is private and your token may not read it. "
            f"{_LOG_IN}"
        ) from None
    except RevisionNotFoundError:
        raise HubError(f"{repository} has no revision {revision!r}: give a commit, a branch or a tag.") from None
    except HfHubHTTPError as error:
        raise HubError(_refusal(api, repository, error)) from None
    except unreachable as error:
        raise HubError(
            f"{_without_password(api.endpoint)} cannot be reached ({first_line(error)}). "
            "Check the network, and HF_ENDPOINT if set."
        ) from None
    except RuntimeError as error:  # in the library's threads, with its cause
        cause = first_line(error.__cause__ or error)
        raise HubError(f"the upload to {repository} failed ({cause}). Give the command again.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HubError(f"{api.endpoint} gave an answer that was not understood ({first_line(error)}).") from None


def _refusal(api: HfApi, repository: str, error: Any) -> str:
    status = error.response.status_code
    if status == 401:
        return f"{api.endpoint} does not accept your token. {_LOG_IN}"
    if status == 403:
        return f"your token may not do this in {repository}: make one that may write there at {api.endpoint}."
    why = f": {error.server_message[:200].rstrip('.')}" if error.server_message else ""
    return f"{api.endpoint} answered with status {status}{why}. Try again later."


def _names(info: ModelInfo) -> set[str]:
    """The names of the files of a repository; they are compared with ours and never opened."""
    return {each.rfilename for each in info.siblings or []}


def _commit(given: str | None, repository: str) -> str:
    if not isinstance(given, str) or not _COMMIT.fullmatch(given):
        raise HubError(f"the hub states no commit of {repository}; got {str(given)[:60]!r}.")
    return given


def _listed(names: list[str]) -> str:
    return ", ".join(name[:80] for name in names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


__all__ = ["Pulled", "Pushed", "pull", "push"]
