"""The C of every shipped bundle that has one, on other processors and as C++. Run by `make conformance`.

ziglang compiles it for aarch64, whose programs qemu-user runs where it is installed, and for a Cortex-M4 without a
standard library, as far as an object file. Its sizes are those that docs/ship-anywhere.md states.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clients import ROOT, environment

from seqzoo.bundles.store import MANIFEST, SHIPPED, Bundle, open_bundle
from seqzoo.publishing import c
from seqzoo.publishing.c.networks import NETWORKS

PAGE = ROOT / "docs" / "ship-anywhere.md"
STRICT = "-Wall -Wextra -Wpedantic -Werror".split()
STATED = ("lstm.sine", "gru.sine", "rnn.sine", "linear.sine", "mlp.sine", "tcn.sine",
          "transformer.sine", "gaf_cnn.sine")  # fmt: skip
WRITABLE, ALLOCATED, EXECUTABLE = 1, 2, 4  # flags of a section of an ELF file


def zig(kind: str, *arguments: str | Path) -> None:
    """Compile by ziglang: `kind` is cc or c++."""
    command = [environment("ziglang") / "python", "-m", "ziglang", kind, *STRICT, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def sections(file: bytes) -> Iterator[tuple[int, int]]:
    """The flags and the size of each section of a 32-bit little-endian ELF file."""
    assert file[:6] == b"\x7fELF\x01\x01", "not a 32-bit little-endian ELF file"
    (start,), (size, count) = struct.unpack_from("<I", file, 32), struct.unpack_from("<HH", file, 46)
    for at in range(start, start + size * count, size):
        flags, _address, _offset, length = struct.unpack_from("<4I", file, at + 8)
        yield flags, length


def sizes(file: bytes) -> tuple[int, int]:
    """The bytes of code and of constants; raises AssertionError if anything is writable."""
    kept = [(flags, length) for flags, length in sections(file) if flags & ALLOCATED]
    assert not sum(length for flags, length in kept if flags & WRITABLE), "something is writable"
    code = sum(length for flags, length in kept if flags & EXECUTABLE)
    return code, sum(length for _flags, length in kept) - code


def on_a_microcontroller(source: Path) -> tuple[int, int]:
    """The bytes of code and of constants on a Cortex-M4 without a standard library."""
    target = source.with_suffix(".o")
    machine = "-target thumb-freestanding-eabi -mcpu=cortex_m4 -ffreestanding -std=c99 -Os -c".split()
    zig("cc", *machine, source, "-o", target)
    return sizes(target.read_bytes())


def stated(bundle: Bundle, source: Path) -> list[str]:
    """What the page says of a model: the line of the table, and what int8 costs the flagship."""
    code, constants = on_a_microcontroller(source)
    source.write_text((small := c.to_c(bundle, int8=True)).text, "utf-8")
    small_code, small_constants = on_a_microcontroller(source)
    loss = small.loss.split("; ")[1].split(",")[0]
    name = bundle.manifest.name
    line = f"| `{name}` | {code:,} | {constants:,} | {small_code:,} | {small_constants:,} | {loss} |"
    return [line, small.loss] if name == "lstm.sine" else [line]


def checked(program: Path, *runner: str) -> None:
    ran = subprocess.run([*runner, program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def main() -> None:
    """Every bundle on every target; then the table of the page."""
    bundles = [open_bundle(path) for path in sorted(SHIPPED.iterdir()) if (path / MANIFEST).exists()]
    bundles = [bundle for bundle in bundles if bundle.manifest.architecture in NETWORKS]
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for bundle in bundles:
            source = Path(folder) / f"{c.prefix_of(bundle.manifest)}.c"
            source.write_text(c.to_c(bundle).text, "utf-8")
            program = source.with_suffix("")
            sanitised = "-std=c99 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover -DSELFTEST".split()
            subprocess.run(["cc", *STRICT, *sanitised, source, "-lm", "-o", program], check=True)
            checked(program)
            zig("c++", "-std=c++11", "-O1", "-DSELFTEST", "-x", "c++", source, "-o", program)
            checked(program)
            zig("cc", "-target", "aarch64-linux-musl", "-std=c99", "-O2", "-DSELFTEST", source, "-o", program)
            if emulator:
                checked(program, emulator)
            if bundle.manifest.name in STATED:
                rows += stated(bundle, source)
    text = PAGE.read_text("utf-8")
    lacking = [line for line in rows if line not in text]
    assert not lacking, "docs/ship-anywhere.md lacks\n" + "\n".join(lacking)
    where = "aarch64" if emulator else "aarch64 (compiled only: qemu-user is not installed)"
    print(f"C: {len(bundles)} bundles passed with sanitisers, as C++, on {where}; Cortex-M4: {len(STATED)} objects")


if __name__ == "__main__":
    main()
