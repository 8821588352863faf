"""The series of a user's model: kept on this machine, in the collection, or given again as a file."""

from __future__ import annotations

from ...._extras import has_polars
from ....data import collection
from ....data.measured import LONGEST_GAP, undivided
from ....data.series import GAPS, Series, is_stored
from ....data.typed import may_be_table, rows_of
from ....errors import InputError, SeqzooError
from ....signals import Observed
from ...series import uploads


def series_of(source: Observed) -> Series | None:
    """The series of a model, if this machine has it; None if not."""
    try:
        if is_stored(source.sha256):
            return source.series()
        if source.name in collection.COLLECTION:
            series = collection.load(f"{collection.PREFIX}{source.name}").series()
            return _kept([series], source)
    except SeqzooError:  # it was deleted meanwhile, or its package is not installed
        pass
    return None


def given_again(sha256: str, source: Observed) -> Series:
    """The series of a model from a file that somebody sent again; the series is kept from now on.

    Args:
        sha256: of the file, see `series.uploads`.

    Raises:
        InputError: the file cannot be read, or does not hold the series: the SHA-256 of its series is another one.
    """
    several = _read(uploads.read(uploads.find(sha256)))
    kept = _kept([form for series in several for form in _forms(series)], source)
    if kept is None:
        raise InputError(
            f"the file does not hold the series of this model, whose SHA-256 is {source.sha256[:12]}...: the file's "
            f"is {several[0].sha256[:12]}.... If options told the training how to read the file, give them to "
            "`seqzoo verify NAME --series FILE`."
        )
    return kept


def _kept(candidates: list[Series], source: Observed) -> Series | None:
    series = next((each for each in candidates if each.sha256 == source.sha256), None)
    if series is not None:
        series.store()
    return series


def _read(raw: bytes) -> list[Series]:
    try:
        values = rows_of(raw.decode("utf-8", "replace"), "the file", uploads.MOST_BYTES).series()
        return [Series("given", values)]  # type: ignore[arg-type]
    except InputError:
        if not has_polars() or not may_be_table(raw):
            raise
    from ....data.reading import read as read_table

    return list(read_table(raw, named="the file", limit=4 * uploads.MOST_BYTES).series)


def _forms(series: Series) -> list[Series]:
    """The series as a training may have taken it: as it is, filled, or only what follows the last gap."""
    forms = [series]
    if series.missing:
        forms += [series.filled(rule, LONGEST_GAP) for rule in GAPS if rule != "refuse"]
    return forms + [part for each in forms if 0 < len(part := undivided(each)) < len(each)]
