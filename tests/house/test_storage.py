"""Files: whole or not at all whatever fails, swept after a death, read with limits."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqzoo import _storage
from seqzoo.bundles import shelf
from seqzoo.errors import InputError, IntegrityError
from seqzoo.execution.runs.manager import Runs

TIMES = 100 if os.environ.get("SEQZOO_SOAK") else 25  # that each of several writers takes a lock


def no_space(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_file_is_written_and_replaced_with_its_folders_made(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    for data in (b"one", b"", b"three"):
        _storage.write_file(path, data)
        assert path.read_bytes() == data and names(path.parent) == ["file.bin"]


@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.replace", "seqzoo._storage._write_and_sync"])
@pytest.mark.parametrize("old", [b"old", None])
def test_a_write_that_fails_leaves_the_old_file_and_no_temporary(tmp_path, monkeypatch, function, old):
    path = tmp_path / "file.bin"
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as broken:
        broken.setattr(function, no_space)
        with pytest.raises(OSError, match="No space left"):
            _storage.write_file(path, b"new")
    assert contents(tmp_path) == ({} if old is None else {"file.bin": old})


def test_a_disk_that_fills_in_the_middle_of_a_file_leaves_the_old_one(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    code = """
import resource, signal, sys
from pathlib import Path
from seqzoo import _storage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    _storage.write_file(Path(sys.argv[1]), bytes(5000))
except OSError as error:
    print(error.strerror)
"""
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "File too large"
    assert contents(tmp_path) == {"file.bin": b"old"}


def test_data_reach_the_disk_before_the_name_does(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, Path.replace

    def syncing(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "data")
        fsync(descriptor)

    def replacing(self, target):
        events.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", replacing)
    _storage.write_file(tmp_path / "file.bin", b"data")
    assert events == ["data", "name", "folder"]


def test_a_folder_is_written_and_replaced_as_a_whole(tmp_path):
    path = tmp_path / "made" / "bundle"
    _storage.write_folder(path, {"a": b"1", "b": b"2"})
    assert contents(path) == {"a": b"1", "b": b"2"}
    _storage.write_folder(path, {"b": b"3"})
    assert contents(path) == {"b": b"3"} and names(path.parent) == ["bundle"]


@pytest.mark.parametrize("function", ["os.fsync", "pathlib.Path.rename", "seqzoo._storage._write_and_sync"])
@pytest.mark.parametrize("old", [{"a": b"old", "b": b"older"}, None])
def test_a_folder_write_that_fails_leaves_the_old_folder_and_no_temporary(tmp_path, monkeypatch, function, old):
    path = tmp_path / "bundle"
    if old is not None:
        _storage.write_folder(path, old)
    with monkeypatch.context() as broken:
        broken.setattr(function, no_space)
        with pytest.raises(OSError, match="No space left"):
            _storage.write_folder(path, {"a": b"new"})
    assert names(tmp_path) == ([] if old is None else ["bundle"])
    if old is not None:
        assert contents(path) == old


@pytest.mark.parametrize("is_folder", [True, False])
def test_an_error_after_the_new_version_is_in_place_says_so(tmp_path, monkeypatch, is_folder):
    path, sync = tmp_path / "new", os.fsync

    def write(data):
        if is_folder:
            _storage.write_folder(path, {"a": data})
        else:
            _storage.write_file(path, data)

    def failing(descriptor):
        if os.path.sameopenfile(descriptor, parent):
            no_space()
        sync(descriptor)

    parent = os.open(tmp_path, os.O_RDONLY)
    try:
        for data in (b"old", b"new", b"newer"):
            with monkeypatch.context() as broken:
                broken.setattr(os, "fsync", failing)
                with pytest.raises(OSError, match="in place") as raised:
                    write(data)
            assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
            assert names(tmp_path) == ["new"] and contents(path if is_folder else tmp_path) == {
                "a" if is_folder else "new": data
            }
    finally:
        os.close(parent)


def test_a_folder_write_that_fails_between_its_two_renames_puts_the_old_folder_back(tmp_path, monkeypatch):
    path = tmp_path / "bundle"
    _storage.write_folder(path, {"a": b"old"})
    rename = Path.rename

    def failing(self, target):
        if ".new-" in self.name:
            no_space()
        return rename(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", failing)
        with pytest.raises(OSError, match="No space left"):
            _storage.write_folder(path, {"a": b"new"})
    assert names(tmp_path) == ["bundle"] and contents(path) == {"a": b"old"}


def test_sweep_puts_back_the_folder_of_a_writer_that_died_between_its_renames(tmp_path, dead_pid):
    (tmp_path / f".bundle.old-{dead_pid}").mkdir()
    (tmp_path / f".bundle.old-{dead_pid}" / "a").write_bytes(b"old")
    (tmp_path / f".bundle.new-{dead_pid}").mkdir()
    _storage.sweep(tmp_path)
    assert names(tmp_path) == ["bundle"] and contents(tmp_path / "bundle") == {"a": b"old"}


def test_sweep_removes_the_old_folder_once_the_new_one_is_in_place(tmp_path, dead_pid):
    for name in ("bundle", f".bundle.old-{dead_pid}"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(name.encode())
    _storage.sweep(tmp_path)
    assert names(tmp_path) == ["bundle"] and contents(tmp_path / "bundle") == {"a": b"bundle"}


def test_sweep_removes_half_written_files_and_links_of_the_dead_but_not_what_they_point_to(tmp_path, dead_pid):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "a").write_bytes(b"1")
    (tmp_path / f".x.bin.new-{dead_pid}").write_bytes(b"half")
    (tmp_path / f".y.new-{dead_pid}").symlink_to(kept)
    _storage.sweep(tmp_path)
    assert names(tmp_path) == ["kept"] and contents(kept) == {"a": b"1"}


def test_sweep_leaves_what_a_running_process_is_writing(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        for pid in (child.pid, os.getpid(), 1):
            (tmp_path / f".bundle.new-{pid}").mkdir()
            (tmp_path / f".other.old-{pid}").mkdir()
        before = names(tmp_path)
        _storage.sweep(tmp_path)
        assert names(tmp_path) == before and len(before) == 6
    finally:
        child.communicate(b"\n")


@pytest.mark.parametrize("name", ["bundle", ".bundle", ".bundle.new-", ".bundle.new-x", "bundle.new-1", ".b.tmp-1"])
def test_sweep_leaves_what_seqzoo_did_not_write(tmp_path, name):
    (tmp_path / name).mkdir()
    _storage.sweep(tmp_path)
    assert names(tmp_path) == [name]


def test_sweeping_a_folder_that_does_not_exist_does_nothing(tmp_path):
    _storage.sweep(tmp_path / "none")
    assert names(tmp_path) == []


def test_a_process_id_too_large_to_exist_counts_as_dead(tmp_path):
    (tmp_path / f".x.new-{10**30}").write_bytes(b"")
    _storage.sweep(tmp_path)
    assert names(tmp_path) == []


def test_reading_stops_at_the_limit_and_not_before(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(1000))
    assert _storage.read_file(path, 1000) == bytes(1000)
    with pytest.raises(IntegrityError, match="too large: 1,000 bytes, the limit is 999"):
        _storage.read_file(path, 999)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(100))
    fstat = os.fstat

    def growing(descriptor):
        facts = fstat(descriptor)
        with path.open("ab") as file:
            file.write(bytes(1000))
        return facts

    monkeypatch.setattr(os, "fstat", growing)
    with pytest.raises(IntegrityError, match="grew while it was read"):
        _storage.read_file(path, 500)


def test_a_link_is_refused_whether_or_not_it_leads_somewhere(tmp_path):
    (tmp_path / "file.bin").write_bytes(b"1")
    for name, target in (("link", tmp_path / "file.bin"), ("broken", tmp_path / "none"), ("loop", tmp_path / "loop")):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(IntegrityError, match="is a symbolic link; expected a regular file"):
            _storage.read_file(tmp_path / name, 100)


def test_a_fifo_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IntegrityError, match="not a regular file"):
        _storage.read_file(tmp_path / "pipe", 100)


def test_a_folder_a_device_and_a_socket_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for path in (tmp_path, Path("/dev/zero"), Path("socket")):
            with pytest.raises(IntegrityError, match="regular file"):
                _storage.read_file(path, 100)


def test_a_missing_file_and_an_impossible_name_are_refused(tmp_path):
    with pytest.raises(IntegrityError, match="is missing"):
        _storage.read_file(tmp_path / "none", 100)
    with pytest.raises(IntegrityError, match="regular file"):
        _storage.read_file(tmp_path / ("x" * 5000), 100)


def test_home_is_the_given_folder_or_the_platforms(monkeypatch, home):
    assert _storage.home() == home
    monkeypatch.setenv("SEQZOO_HOME", "~/elsewhere")
    assert _storage.home() == Path.home() / "elsewhere"
    monkeypatch.delenv("SEQZOO_HOME")
    assert _storage.home().name == "seqzoo" and _storage.home().is_absolute()


def test_sweep_finishes_what_a_dead_process_of_our_own_number_left(tmp_path, monkeypatch):
    """Process 1 of a container that restarts has the number of the one that died."""
    (tmp_path / f".bundle.new-{os.getpid()}").mkdir()
    (tmp_path / f".other.old-{os.getpid()}").mkdir()
    monkeypatch.setattr(_storage, "_STARTED", time.time() + 60)
    _storage.sweep(tmp_path)
    assert names(tmp_path) == ["other"]


HOLD = """
import sys
from pathlib import Path
from seqzoo import _storage
with _storage.only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_has_one_writer_until_that_one_ends_or_dies(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for is_killed in (False, True):
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None and other.stdout.readline() == b"held\n"
            with (
                pytest.raises(InputError, match=r"another run is writing into .*out: wait"),
                _storage.only_writer(folder),
            ):
                pass
            assert names(folder) == [_storage.LOCK]
            if is_killed:
                other.kill()
        with _storage.only_writer(folder):
            pass
        assert names(folder) == [], "the lock goes with its holder, or with the next one"


def test_two_writers_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with _storage.only_writer(tmp_path):
        with pytest.raises(InputError, match="another run"), _storage.only_writer(tmp_path):
            pass
        with pytest.raises(InputError, match="another run"), _storage.only_writer(tmp_path / "x" / ".."):
            pass
    with _storage.only_writer(tmp_path):
        pass


COUNT = """
import sys
from pathlib import Path
from seqzoo import _storage
from seqzoo.errors import InputError
folder, done, times = Path(sys.argv[1]), 0, int(sys.argv[2])
while done < times:
    try:
        with _storage.only_writer(folder):
            count = int((folder / "count").read_text())
            (folder / "count").write_text(str(count + 1))
            done += 1
    except InputError:
        pass
"""


def test_a_lock_that_is_removed_while_others_try_lets_no_two_in(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    command = [sys.executable, "-c", COUNT, str(tmp_path), str(TIMES)]
    writers = [subprocess.Popen(command) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert (tmp_path / "count").read_text() == str(3 * TIMES)


@pytest.mark.parametrize(
    "kind", [PermissionError(errno.EACCES, "x"), OSError(errno.ENOLCK, "x"), OSError(errno.EROFS, "x")]
)
def test_where_no_lock_can_be_had_the_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: OSError
) -> None:
    import filelock

    def fails(*_args: object, **_facts: object) -> None:
        raise kind

    monkeypatch.setattr(filelock.FileLock, "_acquire", fails)
    with _storage.only_writer(tmp_path):
        (tmp_path / "x").write_text("written")
    assert names(tmp_path) == ["x"]


def test_a_lock_is_neither_a_bundle_nor_a_run(tmp_path: Path, home: Path) -> None:
    (home / "models").mkdir(parents=True)
    before = shelf.available()
    runs = Runs(home)
    with _storage.only_writer(home / "models"), _storage.only_writer(runs.folder):
        assert shelf.available() == before and runs.all() == []
