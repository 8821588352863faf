"""From a file's bytes to text or to a Parquet table: its kind, its compression, its encoding, and the size limit."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..._storage import open_given
from ...errors import InputError, MissingExtraError

LIMIT = 64 << 20  # bytes, once unpacked; as a table they take about ten times the memory
_PIECE = 1 << 20
_PACKED = 512  # bytes that are unpacked at once: zstd packs 128 KiB of one byte into four
_START = 4_096  # bytes that tell the kind
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_NOT_TABLES = (
    (b"PK\x03\x04", "a zip archive, as .xlsx, .ods and .npz are", "Save the sheet as CSV."),
    (b"\xd0\xcf\x11\xe0", "a workbook of old Excel (.xls)", "Save the sheet as CSV."),
    (b"\x93NUMPY", "an array of NumPy", "Write it with numpy.savetxt."),
    (b"ARROW1", "an Arrow file", "Write it as Parquet or CSV."),
    (b"\x89HDF", "an HDF5 file", "Write the table as Parquet or CSV."),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV."),
    (b"BZh", "compressed with bzip2", "Unpack it, or compress it with gzip or zstd."),
    (b"\xfd7zXZ", "compressed with xz", "Unpack it, or compress it with gzip or zstd."),
    (b"%PDF", "a PDF", "Export the table as CSV."),
    (b"<!DOCTYPE html", "a web page", "Download the data file itself."),
    (b"<html", "a web page", "Download the data file itself."),
)


class Content(NamedTuple):
    """The text of a file, or the bytes of a Parquet table; the other is empty. `kind` describes the file."""

    text: str
    parquet: bytes
    kind: str


def content(source: Path | bytes | BinaryIO, named: str, limit: int = LIMIT) -> Content:
    """What a file holds, unpacked and decoded.

    Args:
        source: a file, its bytes, or a stream.
        named: what the source is, for messages.
        limit: the most bytes read, and the most unpacked.

    Raises:
        InputError: the source is missing, empty, too large, damaged, or neither a text nor a Parquet table.
        MissingExtraError: it is compressed with zstd, and the library for it is not installed.
    """
    raw, packed = _unpacked(source, named, limit)
    start = raw[:_START]
    if start.startswith(b"PAR1"):
        return Content("", raw, f"Parquet{packed}")
    text, encoding = _decoded(raw, named)
    if not text.strip():
        raise InputError(f"{named} is empty.")
    return Content(text.replace("\r\n", "\n").replace("\r", "\n"), b"", f"{encoding}{packed}")


def _unpacked(source: Path | bytes | BinaryIO, named: str, limit: int) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), named, limit)
    if not isinstance(source, Path):
        return _read(source, named, limit)
    if source.is_dir():
        raise InputError(f"cannot read {named}: it is a folder. Give a file.")
    try:
        with open_given(source) as file:
            return _read(file, named, limit)
    except OSError as error:
        raise InputError(f"cannot read {named}: {error.strerror or error}.") from None


def _read(file: BinaryIO, named: str, limit: int) -> tuple[bytes, str]:
    start = file.read(_START)
    whole: BinaryIO = _Rejoined(start, file)  # type: ignore[assignment]
    packed = ""
    try:
        if start.startswith(b"\x1f\x8b"):
            whole, packed = gzip.GzipFile(fileobj=whole), ", gzip"  # type: ignore[assignment]
        elif start.startswith(b"\x28\xb5\x2f\xfd"):
            whole, packed = _zstd(whole), ", zstd"
        raw = bytearray(whole.read(_START))
        _check_kind(bytes(raw), named)
        while piece := whole.read(_PIECE):
            raw += piece
            if len(raw) > limit:
                unpacked = " once unpacked" if packed else ""
                raise InputError(f"{named} is too large{unpacked}: at most {limit:,} bytes are read.")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"cannot unpack {named}: {error}.") from None
    except InputError:
        raise
    except Exception as error:
        if type(error).__name__ != "ZstdError":
            raise
        raise InputError(f"cannot unpack {named}: {error}.") from None
    return bytes(raw), packed


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already: standard input cannot go back."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        piece = self._start[: len(view)]
        self._start = self._start[len(piece) :]
        piece = piece or self._rest.read(len(view))
        view[: len(piece)] = piece
        return len(piece)


def _zstd(file: BinaryIO) -> BinaryIO:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdFile(file)  # type: ignore[no-any-return]
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError("reading files compressed with zstd", "series") from None
    return io.BufferedReader(_Unpacked(file, zstandard.ZstdDecompressor(max_window_size=1 << 27)))


class _Unpacked(io.RawIOBase):
    """What a stream compressed with zstd holds. zstandard's own reader takes a cut file for a whole one."""

    def __init__(self, file: BinaryIO, decompressor: Any) -> None:
        self._file, self._decompressor = file, decompressor
        self._frame: Any = None
        self._rest, self._ready = b"", b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._ready:
            packed = self._rest or self._file.read(_PACKED)
            self._rest = b""
            if not packed:
                if self._frame is not None:
                    raise EOFError("the file ends before its last frame does")
                return 0
            self._frame = self._frame or self._decompressor.decompressobj()
            self._ready = self._frame.decompress(packed)
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
        piece = self._ready[: len(view)]
        self._ready = self._ready[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)


def _check_kind(start: bytes, named: str) -> None:
    for magic, kind, advice in _NOT_TABLES:
        if start[: len(magic)].lower() == magic.lower():
            raise InputError(f"cannot read {named}: it is {kind}. {advice}")
    if not start:
        raise InputError(f"{named} is empty.")
    if not start.strip(b"\0"):
        raise InputError(f"cannot read {named}: it is binary, not text: it begins with {len(start):,} zero bytes.")


def _decoded(raw: bytes, named: str) -> tuple[str, str]:
    """The text and the name of its encoding."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            try:
                return raw.decode(encoding), "UTF-8" if encoding == "utf-8-sig" else encoding.upper()
            except UnicodeDecodeError as error:
                raise InputError(
                    f"cannot read {named}: it begins as {encoding.upper()}, but {error.reason}."
                ) from None
    start = raw[:_START]
    if zeros := start.count(0):
        for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if zeros >= 0.6 * len(start[first::2]) and not start[1 - first :: 2].count(0):
                try:
                    return raw.decode(encoding), encoding.upper()
                except UnicodeDecodeError:
                    break
    controls = raw.translate(None, bytes(range(32, 256)) + b"\t\n\r\x0b\x0c\x1a")
    if controls:
        raise InputError(
            f"cannot read {named}: it is binary, not text. CSV, JSON lines and Parquet are read, also .gz and .zst."
        )
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "Latin-1"
