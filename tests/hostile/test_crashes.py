"""Full disks, kills and strange homes while something is written."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seqzoo import _storage
from seqzoo.bundles import shelf, store
from seqzoo.bundles.store import Bundle
from seqzoo.errors import IntegrityError
from support import forge
from support.terminal import Terminal

# Writes two versions of a bundle in turn for ever; argument: a bundle to take files and manifest from.
WRITER = """
import sys
from pathlib import Path
from seqzoo.bundles import shelf, store
found = store.open_bundle(Path(sys.argv[1]))
contents = {name: found.read(name) for name in store.REQUIRED}
print("ready", flush=True)
while True:
    for version in (b"one", b"two"):
        contents[store.CARD] = version * 1000
        store.write_bundle(shelf.own_models() / "mine", found.manifest, contents)
"""


@pytest.fixture
def mine(shipped: Path) -> Bundle:
    """A bundle of one's own, called mine."""
    found = store.open_bundle(shipped)
    contents = {name: found.read(name) for name in store.REQUIRED}
    return store.write_bundle(shelf.own_models() / "mine", found.manifest, contents)


def _whole(path: Path) -> Bundle:
    found = store.open_bundle(path)
    for name in store.REQUIRED:
        found.read(name)
    return found


def test_a_writer_that_is_killed_leaves_the_old_or_the_new_bundle(shipped: Path, mine: Bundle) -> None:
    delays = random.Random(1)
    for _ in range(12 if os.environ.get("SEQZOO_SOAK") else 4):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(shipped)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
            time.sleep(delays.uniform(0, 0.05))
            writer.kill()
        assert shelf.available()["mine"] == mine.path
        assert os.listdir(shelf.own_models()) == ["mine"]  # noqa: PTH208
        assert _whole(mine.path).is_trusted
        assert not [path for path in _storage.home().iterdir() if path.name.startswith(".built.txt.old")]


def test_a_writer_killed_between_its_two_renames_is_finished_by_the_next_reader(mine: Bundle) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    pid = int(gone.stdout)
    mine.path.rename(mine.path.with_name(f".mine.old-{pid}"))
    (mine.path.parent / f".mine.new-{pid}").mkdir()
    assert shelf.available()["mine"] == mine.path
    _whole(mine.path)
    assert os.listdir(mine.path.parent) == ["mine"]  # noqa: PTH208


def test_a_disk_that_is_full_at_any_moment_leaves_the_old_bundle(
    mine: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, contents = os.fsync, {name: mine.read(name) for name in store.REQUIRED}
    for moment in range(9):
        calls = 0
        contents[store.CARD] = b"new %d" % moment

        def full(descriptor: int, moment: int = moment) -> None:
            nonlocal calls
            calls += 1
            if calls > moment:
                raise OSError(errno.ENOSPC, "No space left on device")
            sync(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(_storage.os, "fsync", full)
            with pytest.raises(OSError, match="No space left"):
                store.write_bundle(mine.path, mine.manifest, contents)
        assert _whole(mine.path).manifest == mine.manifest, moment
        assert store.open_bundle(mine.path).is_trusted, moment
        assert os.listdir(mine.path.parent) == ["mine"], moment  # noqa: PTH208


def test_the_old_bundle_comes_back_if_the_new_one_cannot_take_its_place(
    mine: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if ".new-" in path.name:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    contents = {name: mine.read(name) for name in store.REQUIRED} | {store.CARD: b"new"}
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        with pytest.raises(OSError, match="Input/output"):
            store.write_bundle(mine.path, mine.manifest, contents)
    assert _whole(mine.path).manifest == mine.manifest


def test_a_folder_with_other_things_in_it_is_never_replaced(mine: Bundle, terminal: Terminal, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "manifest.json").write_text('{"manifest_version": 3}')
    (project / "thesis.tex").write_text("years of work")
    line = terminal("train", "lstm.sine", "--out", project).refusal
    assert "thesis.tex" in line
    shutil.copytree(mine.path, tmp_path / "annotated")
    (tmp_path / "annotated" / "notes.md").write_text("mine")
    assert "notes.md" in terminal("train", "lstm.sine", "--out", tmp_path / "annotated").refusal
    assert (project / "thesis.tex").exists() and (tmp_path / "annotated" / "notes.md").exists()


def test_files_of_others_that_look_like_temporaries_are_left_alone(mine: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "bundle"
    out.parent.mkdir()
    (out.parent / ".notes.old-1999999").write_text("mine")
    contents = {name: mine.read(name) for name in store.REQUIRED}
    store.write_bundle(out, mine.manifest, contents)
    assert (out.parent / ".notes.old-1999999").read_text() == "mine"


def test_a_home_that_is_a_file_is_refused_in_one_line(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQZOO_HOME", str(tmp_path / "file"))
    assert terminal("list").status == 0
    small = ("--set", "recipe.steps=2", "--set", "config.hidden_size=4", "--set", "recipe.batch_size=4",
             "--keep-worse")  # fmt: skip
    assert str(tmp_path / "file") in terminal("train", "lstm.sine", *small).refusal


def test_a_home_of_a_user_that_does_not_exist_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQZOO_HOME", "~no-such-user/zoo")
    assert "SEQZOO_HOME" in terminal("list").refusal


def test_a_home_that_cannot_be_written_still_reads(
    terminal: Terminal, mine: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(path: Any, *rest: Any, **named: Any) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (mine.path.parent / ".gone.new-1999999").write_text("left behind")
    for name in ("unlink", "rename", "mkdir"):
        monkeypatch.setattr(Path, name, deny)
    listed = terminal("list")
    assert listed.status == 0 and "mine" in listed.out
    assert terminal("predict", "mine", *["0"] * 20).status == 0
    small = ("--set", "recipe.steps=2", "--set", "config.hidden_size=4", "--set", "recipe.batch_size=4",
             "--keep-worse")  # fmt: skip
    assert "permission denied" in terminal("train", "lstm.sine", *small).refusal


@pytest.mark.parametrize("ledger", [b"\xff\xfe\x00", b"", b"0" * 64, "a folder"])
def test_a_damaged_ledger_of_what_was_built_here_gives_no_trust(
    copied: Path, home: Path, ledger: bytes | str
) -> None:
    home.mkdir()
    if isinstance(ledger, str):
        (home / "built.txt").mkdir()
    else:
        (home / "built.txt").write_bytes(ledger)
    assert not store.open_bundle(copied).is_trusted
    if isinstance(ledger, bytes):
        found = store.open_bundle(copied)
        contents = {name: found.read(name) for name in store.REQUIRED}
        assert store.write_bundle(shelf.own_models() / "mine", found.manifest, contents).is_trusted


def test_a_bundle_replaced_while_it_is_open_is_noticed(mine: Bundle, copied: Path) -> None:
    forge.replace(copied, store.WEIGHTS, b"other")
    (mine.path / store.WEIGHTS).write_bytes((copied / store.WEIGHTS).read_bytes())
    with pytest.raises(IntegrityError):
        mine.read(store.WEIGHTS)
