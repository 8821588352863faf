"""The series of a user's model, given again as a file."""

from __future__ import annotations

from ...._extras import has_polars
from ....data.finding import among
from ....data.series import Series
from ....data.typed import may_be_table, rows_of
from ....errors import InputError
from ....signals import Observed
from ...series import uploads


def given_again(sha256: str, source: Observed) -> None:
    """Keep the series of a model from a file that somebody sent again; `source.find` finds it from now on.

    Args:
        sha256: of the file, see `series.uploads`.

    Raises:
        InputError: the file cannot be read, or does not hold the series: the SHA-256 of its series is another one.
    """
    several = _read(uploads.read(uploads.find(sha256)))
    series = among(several, source.sha256)
    if series is None:
        raise InputError(
            f"the file does not hold the series of this model, whose SHA-256 is {source.sha256[:12]}...: the file's "
            f"is {several[0].sha256[:12]}.... If options told the training how to read the file, give them to "
            "`seqzoo verify NAME --series FILE`."
        )
    series.store()


def _read(raw: bytes) -> list[Series]:
    try:
        values = rows_of(raw.decode("utf-8", "replace"), "the file", uploads.MOST_BYTES).series()
        return [Series("given", values)]  # type: ignore[arg-type]
    except InputError:
        if not has_polars() or not may_be_table(raw):
            raise
    from ....data.reading import read as read_table

    return list(read_table(raw, named="the file", limit=4 * uploads.MOST_BYTES).series)
