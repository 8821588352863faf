"""Files written so that a crash at any moment leaves the old or the new one, and read with limits."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import platformdirs

from .errors import InputError, IntegrityError

_STARTED = time.time() - 1.0  # this process wrote nothing before; file times may lag behind the clock
LOCK = ".seqzoo.lock"  # in a folder while somebody writes into it
_TEMPORARY = re.compile(r"^\.(?P<name>.+)\.(?P<kind>new|old)-(?P<pid>\d+)$")


def home() -> Path:
    """Where a user's own models and runs live: SEQZOO_HOME, or the platform's data folder."""
    given = os.environ.get("SEQZOO_HOME")
    try:
        folder = Path(given).expanduser() if given else None
    except RuntimeError as error:
        raise InputError(f"SEQZOO_HOME is {given!r}: {error}") from None
    return folder or platformdirs.user_data_path("seqzoo", appauthor=False)


def write_file(path: Path, data: bytes) -> None:
    """Write a file by temporary, fsync and rename, creating its folder.

    Raises:
        OSError: as when the disk is full; the previous file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        _write_and_sync(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Put a whole folder of files in place of whatever folder was there.

    The old one is renamed aside for the instant between two renames; `sweep` puts it back if the
    process dies there.

    Raises:
        OSError: as when the disk is full; the previous folder is then untouched.
    """
    path = path.resolve()  # "." and ".." have no name to build a temporary's from
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    aside = path.with_name(f".{path.name}.old-{os.getpid()}")
    try:
        temporary.mkdir()
        for name, data in files.items():
            _write_and_sync(temporary / name, data)
        _sync_folder(temporary)
        if path.exists():
            path.rename(aside)
        try:
            temporary.rename(path)
        except OSError:
            if aside.exists():
                aside.rename(path)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _sync_folder(path.parent)
    shutil.rmtree(aside, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Make a folder and a file in it, before anything is computed for it; the file goes again.

    Raises:
        InputError: it cannot be made or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = (error.strerror or "it cannot be opened").lower()
        raise InputError(f"cannot write into {folder}: {why}. Choose another folder.") from None


def check_file(path: Path) -> None:
    """The same for a file that is to be written.

    Raises:
        InputError: its folder cannot be made or written into, or the path is that of a folder.
    """
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder. Choose another file.")
    check_writable(path.parent)


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what writers that died left behind, and finish their interrupted replacements.

    Args:
        name: look only for what belongs to this file or folder; in a folder that is not ours
            anything else is somebody's own.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        found = _TEMPORARY.match(path.name)
        if found is None or name not in (None, found["name"]) or _is_written(path, int(found["pid"])):
            continue
        target = folder / found["name"]
        with contextlib.suppress(OSError):  # a folder that is read-only can still be listed
            if found["kind"] == "old" and not target.exists():
                path.rename(target)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a folder, made if need be, for one writer; the hold ends with the process, however that ends.

    Without effect where no lock can be had: on a file system without locks, in a folder that cannot be written to.

    Raises:
        InputError: another one writes into it.
        OSError: the folder cannot be made.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / LOCK
    lock = FileLock(path, fallback_to_soft=False)  # a soft lock would outlive a process that dies
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"another run is writing into {folder}: wait until it has ended, or give another folder with --out."
        ) from None
    except OSError:  # no locks there
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows removes no open file; there it stays
                path.unlink()  # while it is held: who locks the unlinked file notices, and tries again
            lock.release()


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes. Follows no link, opens no device.

    Raises:
        IntegrityError: missing, unreadable, a link or special file, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise IntegrityError(f"{path} is missing. Restore the bundle from its source.") from None
    except (OSError, ValueError) as error:
        is_link = getattr(error, "errno", None) == errno.ELOOP
        why = "is a symbolic link" if is_link else f"cannot be opened ({error})"
        raise IntegrityError(f"{path} {why}; expected a regular file.") from None
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):  # asked first: fdopen raises an error of its own for a folder
        os.close(descriptor)
        raise IntegrityError(f"{path} is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_size > limit:
            raise IntegrityError(f"{path} is too large: {facts.st_size:,} bytes, the limit is {limit:,}.")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise IntegrityError(f"{path} grew while it was read, beyond the limit of {limit:,} bytes.")
    return data


def _write_and_sync(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_written(path: Path, pid: int) -> bool:
    """Whether the process that made a temporary still runs."""
    if pid == os.getpid():  # or a dead one had our number, as process 1 of a container that restarts
        with contextlib.suppress(OSError):
            return path.lstat().st_ctime >= _STARTED
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
