"""What a compiled library states of itself, read from its bytes: ELF, Mach-O and PE, all of 64 bits."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

MACHINES = {
    ("ELF", 62): "linux-x86_64", ("ELF", 183): "linux-aarch64", ("Mach-O", 0x0100000C): "darwin-arm64",
    ("PE", 0x8664): "windows-x86_64",
}  # fmt: skip


class Binary(NamedTuple):
    """The platform as native/build.py names it, the names that are exported, and the libraries that are needed."""

    platform: str
    exported: frozenset[str]
    needed: tuple[str, ...]


def read(data: bytes) -> Binary:
    """What a library states. Raises ValueError for another format, or a machine that is not of MACHINES."""
    for magic, kind, reader in ((b"\x7fELF\x02\x01", "ELF", _elf), (b"\xcf\xfa\xed\xfe", "Mach-O", _mach_o),
                                (b"MZ", "PE", _pe)):  # fmt: skip
        if data.startswith(magic):
            machine, exported, needed = reader(data)
            if (kind, machine) not in MACHINES:
                raise ValueError(f"a library of format {kind} for machine {machine:#x}")
            return Binary(MACHINES[kind, machine], frozenset(exported), tuple(needed))
    raise ValueError(f"no library: it begins with {data[:6]!r}")


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode()


def _elf(data: bytes) -> tuple[int, list[str], list[str]]:
    (machine,), (start,) = struct.unpack_from("<H", data, 18), struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + n * size) for n in range(count)]
    exported, needed = [], []
    for _, kind, _, _, at, length, link, _, _, entry in sections:
        strings = sections[link][4]
        for place in range(at, at + length, entry or 1) if kind in (6, 11) else ():
            if kind == 11:  # dynamic symbols
                name, info, _, section = struct.unpack_from("<IBBH", data, place)
                exported += [_text(data, strings + name)] if section and info >> 4 else []
            else:  # the dynamic table, where 1 is a needed library
                tag, value = struct.unpack_from("<QQ", data, place)
                needed += [_text(data, strings + value)] if tag == 1 else []
    return machine, exported, needed


def _mach_o(data: bytes) -> tuple[int, list[str], list[str]]:
    machine, _, _, commands = struct.unpack_from("<IIII", data, 4)
    at, exported, needed = 32, [], []
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, at)
        if command in (0x80000022, 0x80000033):  # the trie of exported names: of LC_DYLD_INFO, or on its own
            begin, length = struct.unpack_from("<II", data, at + (40 if command == 0x80000022 else 8))
            exported += [name.removeprefix("_") for name in _names(data[begin : begin + length])]
        if command == 0xC:  # LC_LOAD_DYLIB
            needed.append(_text(data, at + struct.unpack_from("<I", data, at + 8)[0]))
        at += size
    return machine, exported, needed


def _names(trie: bytes, at: int = 0, prefix: str = "") -> Iterator[str]:
    """The names of a trie: a node has the size of its value, the value, and its branches with their texts."""
    size, at = _leb128(trie, at)
    if size:
        yield prefix
    branches, at = trie[at + size], at + size + 1
    for _ in range(branches):
        text = _text(trie, at)
        node, at = _leb128(trie, at + len(text) + 1)
        yield from _names(trie, node, prefix + text)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place after it."""
    number = shift = 0
    while True:
        number, shift, at = number | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return number, at


def _pe(data: bytes) -> tuple[int, list[str], list[str]]:
    (header,) = struct.unpack_from("<I", data, 60)
    machine, count = struct.unpack_from("<HH", data, header + 4)
    (optional,) = struct.unpack_from("<H", data, header + 20)
    sections = [struct.unpack_from("<4I", data, header + 24 + optional + 40 * n + 8) for n in range(count)]

    def place(address: int) -> int:
        return next(address - start + at for _, start, size, at in sections if start <= address < start + size)

    exports, _, imports, _ = struct.unpack_from("<4I", data, header + 24 + 112)
    exported, needed = [], []
    if exports:
        names, _, table = struct.unpack_from("<3I", data, place(exports) + 24)
        addresses = struct.unpack_from(f"<{names}I", data, place(table))
        exported = [_text(data, place(address)) for address in addresses]
    while imports:
        (name,) = struct.unpack_from("<I", data, place(imports) + 12)
        if not name:
            break
        needed.append(_text(data, place(name)))
        imports += 20
    return machine, exported, needed
