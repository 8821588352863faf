"""Checks the layout of a TorchScript file without loading it, which would execute code."""

from __future__ import annotations

import io
import zipfile

from ..errors import IntegrityError

MOST_ENTRIES = 10_000  # a model of the zoo has about fifty at most
NEEDED = ("data.pkl", "constants.pkl")
VERSION = ("version", ".data/version")  # where torch writes the version of the format


def check(data: bytes) -> int:
    """The number of entries of a zip archive with the layout of TorchScript. Decompresses and executes nothing.

    Raises:
        IntegrityError: the file has another layout, or is not a zip archive.
    """
    if data.count(b"PK\1\2") > MOST_ENTRIES:  # counted before zipfile makes an object of each entry
        raise IntegrityError(f"the TorchScript file has more than {MOST_ENTRIES:,} entries.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise IntegrityError(f"the TorchScript file is not a zip archive: {error}.") from None
    roots = {name.partition("/")[0] for name in names}
    inside = {name.partition("/")[2] for name in names}
    whole = len(roots) == 1 and len(inside) == len(names) and inside.issuperset(NEEDED)
    if not (whole and inside.intersection(VERSION) and any(_is_code(name) for name in inside)):
        raise IntegrityError(
            "the TorchScript file is a zip archive, but not one of a TorchScript module: it needs one folder with "
            f"{', '.join(NEEDED)}, a version and code/*.py."
        )
    return len(names)


def _is_code(name: str) -> bool:
    return name.startswith("code/") and name.endswith(".py")
