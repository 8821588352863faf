"""What `make wheels` checks of a wheel, on small libraries and on this machine's."""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import pytest

from seqzoo.runtime import core as calls

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.syspath_prepend(str(ROOT / "native"))
    import wheels

    yield wheels
    for name in ("wheels", "binaries", "build"):
        sys.modules.pop(name, None)


def test_every_platform_that_has_a_wheel_is_one_that_the_package_looks_for_a_core_on(wheels) -> None:
    known = {name.replace("amd64", "x86_64").replace(" ", "-") for name in calls.PLATFORMS}
    assert known == set(wheels.core.TAGS) == set(wheels.binaries.MACHINES.values())
    assert known <= set(wheels.core.PLATFORMS)
    assert {target for name in known for target in wheels.core.PLATFORMS[name][1]} == set(calls.TARGETS)


@pytest.mark.skipif(calls.find() is None, reason="there is no core")
def test_a_wheel_with_another_platforms_library_or_tag_or_without_one_is_refused(wheels, tmp_path: Path) -> None:
    here, (library, data) = wheels.core.here(), (calls.LIBRARY.name, calls.LIBRARY.read_bytes())
    other = next(name for name in wheels.core.TAGS if name.startswith("linux") and name != here)

    def wheel(named: str, tag: str, *members: tuple[str, bytes]) -> Path:
        path = tmp_path / f"seqzoo-1-py3-none-{named}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("seqzoo-1.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-{tag}\n")
            for name, content in members:
                archive.writestr(f"seqzoo/runtime/{name}", content)
        return path

    tag, mistagged = wheels.core.TAGS[here], wheels.core.TAGS[other]
    wheels.check(here, wheel(tag, tag, (library, data)))
    wheels.check("any", wheel("any", "any"))
    for name, path in (
        (here, wheel(mistagged, mistagged, (library, data))),
        (here, wheel(tag, mistagged, (library, data))),
        (here, wheel(tag, tag)),
        (here, wheel(tag, tag, (library, data), ("other.so", data))),
        (other, wheel(mistagged, mistagged, (library, data))),
        (here, wheel(tag, tag, (library, data.replace(b"seqzoo_backward_", b"seqzoo_sideways_")))),
        ("any", wheel("any", "any", (library, data))),
    ):
        with pytest.raises(ValueError, match=r"librar|expected"):
            wheels.check(name, path)


def test_a_library_of_macos_says_its_machine_exported_names_and_what_they_need(wheels) -> None:
    # A node with two branches, to the values of "_seqzoo_a" and "_seqzoo_b".
    trie = b"\0\1_seqzoo_\0\x0c" + b"\0\2a\0\x14b\0\x18" + b"\2\0\1\0" + b"\2\0\1\0"
    needed = b"/usr/lib/other\0\0"
    commands = struct.pack("<6I", 0xC, 24 + len(needed), 24, 0, 0, 0) + needed
    commands += struct.pack("<4I", 0x80000033, 16, 88, len(trie))
    mach_o = b"\xcf\xfa\xed\xfe" + struct.pack("<7I", 0x0100000C, 0, 6, 2, len(commands), 0, 0) + commands + trie
    binary = wheels.binaries.read(mach_o)
    assert binary == ("darwin-arm64", {"seqzoo_a", "seqzoo_b"}, ("/usr/lib/other",))
    with pytest.raises(ValueError, match="machine 0x7"):
        wheels.binaries.read(mach_o.replace(struct.pack("<I", 0x0100000C), struct.pack("<I", 7)))
    with pytest.raises(ValueError, match="no library"):
        wheels.binaries.read(b"#!/bin/sh")
