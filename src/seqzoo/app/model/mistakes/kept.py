"""The series of a user's model, given again as a file."""

from __future__ import annotations

from collections.abc import Iterator

from ...._extras import has_polars
from ....bundles.manifest import Manifest
from ....data.finding import among
from ....data.measured import Choices
from ....data.series import Series
from ....data.typed import may_be_table, rows_of
from ....errors import InputError
from ....signals import Observed, Simulated
from ...series import uploads


def given_again(sha256: str, manifest: Manifest, wanted: Observed) -> None:
    """Keep the series of a model from a file that somebody sent again; `source.find` finds it from now on.

    Of a set, every series that the file holds is kept.

    Args:
        sha256: of the file, see `series.uploads`.
        manifest: of the model.
        wanted: the series that must be in the file.

    Raises:
        InputError: the file cannot be read, or does not hold the series: the SHA-256 of its series is another one.
    """
    source = manifest.source
    assert not isinstance(source, Simulated)
    raw = uploads.read(uploads.find(sha256))
    first = ""
    for several in _readings(raw, manifest):
        first = first or several[0].sha256
        if among(several, wanted.sha256) is None:
            continue
        for member in source.members:
            if (series := among(several, member.sha256)) is not None:
                series.store()
        return
    raise InputError(
        f"the file does not hold the series of this model, whose SHA-256 is {wanted.sha256[:12]}...: the file's is "
        f"{first[:12]}.... If options told the training how to read the file, give them to `seqzoo verify NAME "
        "--series FILE`."
    )


def _readings(raw: bytes, manifest: Manifest) -> Iterator[list[Series]]:
    """The series of a file: read as it is, then with the frequency and the zone that the manifest states.

    Raises:
        InputError: it cannot be read in any of these ways.
    """
    try:
        values = rows_of(raw.decode("utf-8", "replace"), "the file", uploads.MOST_BYTES).series()
        yield [Series("given", values)]  # type: ignore[arg-type]
        return
    except InputError:
        if not has_polars() or not may_be_table(raw):
            raise
    from ....data.reading import read as read_table

    frequency, zone = manifest.contract.frequency, manifest.contract.zone
    refused = None
    is_read = False
    for choices in dict.fromkeys((Choices(), Choices(frequency=frequency), Choices(zone=zone),
                                  Choices(frequency=frequency, zone=zone))):  # fmt: skip
        try:
            several = list(read_table(raw, choices, named="the file", limit=4 * uploads.MOST_BYTES).series)
        except InputError as error:
            refused = refused or error
            continue
        is_read = True
        yield several
    if refused is not None and not is_read:
        raise refused
