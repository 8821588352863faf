"""Atomic writes, where a crash leaves either the old or the new file, and reads with a size limit."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import platformdirs

from .errors import InputError, IntegrityError

_STARTED = time.time() - 1.0  # this process wrote no file before; file times may lag behind the clock
PATIENCE = 10.0  # seconds for the writer of a FIFO to begin
LOCK = ".seqzoo.lock"  # exists in a folder while a process writes into it
_TEMPORARY = re.compile(r"^\.(?P<name>.+)\.(?P<kind>new|old)-(?P<pid>\d+)$")


def home() -> Path:
    """The folder of the user's models and runs: SEQZOO_HOME, or the platform's data folder."""
    given = os.environ.get("SEQZOO_HOME")
    try:
        folder = Path(given).expanduser() if given else None
    except RuntimeError as error:
        raise InputError(f"SEQZOO_HOME is {given!r}: {error}") from None
    return folder or platformdirs.user_data_path("seqzoo", appauthor=False)


def write_file(path: Path, data: bytes) -> None:
    """Write a file through a temporary file, fsync and rename; creates its folder.

    Raises:
        OSError: for example the disk is full; the previous file is then unchanged. The message says so if instead
            the new file is in place and only its last fsync failed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    try:
        _write_and_sync(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _confirm(path)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files, by their paths in it, in place of any folder at that path.

    The old folder is renamed aside between two renames; if the process dies there, `sweep` renames it back.

    Raises:
        OSError: for example the disk is full; the previous folder is then unchanged. The message says so if instead
            the new folder is in place and only its last fsync failed.
    """
    path = path.resolve()  # "." and ".." have no name to build a temporary's from
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.new-{os.getpid()}")
    aside = path.with_name(f".{path.name}.old-{os.getpid()}")
    try:
        temporary.mkdir()
        for name, data in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
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
    try:
        _confirm(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Check that a folder can be written into, before anything is computed for it. Creates the folder.

    Raises:
        InputError: the folder cannot be created or written into.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = "it is a file" if folder.is_file() else (error.strerror or "it cannot be opened").lower()
        raise InputError(f"cannot write into {folder}: {why}. Choose another folder.") from None


def check_file(path: Path) -> None:
    """Check that a file that a user named can be written, before anything is computed for it. Creates nothing.

    Raises:
        InputError: its folder does not exist or cannot be written into, or the path is a folder, a device or a FIFO.
    """
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder. Choose another file.")
    if path.exists() and (not path.is_file() or path.parent == Path("/dev")):  # a rename would put a file there
        raise InputError(f"cannot write {path}: it is a device or a FIFO. Choose a file.")
    check_place(path)
    check_writable(path.parent)


def check_folder(path: Path) -> None:
    """Check that a folder that a user named can be replaced, before anything is computed for it. Creates nothing.

    Raises:
        InputError: the folder that will hold it does not exist or cannot be written into, or it is a mount point.
    """
    check_place(path)
    whole = path.resolve()
    if whole.is_mount():  # `write_folder` renames it
        raise InputError(
            f"cannot write {path}: it is where a file system is mounted, and cannot be replaced. "
            f"Choose a folder within it, for example {path / 'site'}."
        )
    check_writable(whole.parent)


def check_place(path: Path) -> None:
    """Raises InputError unless the folder that will hold a file or folder exists, for a path that a user named.

    A wrong letter, or a disk that is not mounted, would otherwise become a folder elsewhere.
    """
    if not path.parent.exists() and not any(each.is_file() for each in path.parents):
        raise InputError(
            f"cannot write {path}: the folder {path.parent} does not exist. Make it, or give another path."
        )


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files of processes that died, and undo their interrupted replacements.

    Args:
        name: touch only temporaries of this file or folder; a folder outside the home may hold other people's files.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        temporary = _TEMPORARY.match(path.name)
        if temporary is None or name not in (None, temporary["name"]) or _is_written(path, int(temporary["pid"])):
            continue
        target = folder / temporary["name"]
        with contextlib.suppress(OSError):  # a read-only folder can still be listed
            if temporary["kind"] == "old" and not target.exists():
                path.rename(target)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Lock a folder for one writer. Creates the folder; the lock ends with the process, however the process ends.

    Has no effect on a file system without locks or in a read-only folder.

    Raises:
        InputError: another process writes into the folder.
        OSError: the folder cannot be created.
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
    except OSError:  # the file system has no locks
        pass
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows removes no open file: the lock file stays there
                path.unlink()  # before the release: a process that locks the unlinked file notices and tries again
            lock.release()


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes. Follows no link and opens no device.

    Raises:
        IntegrityError: the file is missing, unreadable, a link, a special file, or too large.
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
    if not stat.S_ISREG(facts.st_mode):  # checked first: fdopen raises another error for a folder
        os.close(descriptor)
        raise IntegrityError(f"{path} is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_size > limit:
            raise IntegrityError(f"{path} is too large: {facts.st_size:,} bytes, the limit is {limit:,}.")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise IntegrityError(f"{path} grew while it was read, beyond the limit of {limit:,} bytes.")
    return data


def open_given(path: Path) -> BinaryIO:
    """A file that a user names, open for reading. The writer of a FIFO is waited for `PATIENCE` seconds.

    Raises:
        OSError: it cannot be opened.
        InputError: nothing is written to the FIFO, and no writer has it open.
    """
    if not hasattr(os, "mkfifo") or not path.is_fifo():
        return path.open("rb")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # which else waits for a writer, for ever
    wait = select.poll()
    wait.register(descriptor, select.POLLIN)
    until = time.monotonic() + PATIENCE
    while not any(event & select.POLLIN for _, event in wait.poll(50)):
        if time.monotonic() > until:
            if _has_writer(descriptor):
                break
            os.close(descriptor)
            raise InputError(
                f"{path} is a FIFO, and nothing was written to it for {PATIENCE:g} seconds. Start its writer first, "
                "or pipe the numbers to standard input."
            )
        time.sleep(0.02)  # without a writer, `poll` returns at once
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")


def _has_writer(descriptor: int) -> bool:
    """Whether a process has an empty FIFO open for writing, as a slow command in `<(...)`."""
    try:
        os.read(descriptor, 1)
    except BlockingIOError:
        return True
    return False


def _write_and_sync(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _confirm(path: Path) -> None:
    """Sync the folder that holds a path which has just been renamed into place.

    Raises:
        OSError: the sync failed; the message says that the path is written.
    """
    try:
        _sync_folder(path.parent)
    except OSError as error:
        # Undoing the rename would need the same folder to be synced, so the new version stays.
        raise OSError(
            error.errno,
            f"{error.strerror or error}. The new version is in place, but a power failure may still lose it",
            str(path),
        ) from error


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_written(path: Path, pid: int) -> bool:
    """Whether the process that writes a temporary still runs."""
    if pid == os.getpid():  # or a dead process had the same number, such as 1 in a container that restarts
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
