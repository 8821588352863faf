"""The series of a model that is given again: read as its manifest states, and every member of a set is kept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqzoo.app.model.mistakes.kept import given_again
from seqzoo.app.series import uploads
from seqzoo.data import series
from seqzoo.data.measured import Choices
from seqzoo.data.reading import read
from seqzoo.errors import InputError
from seqzoo.signals import Observed, ObservedSet

HOURS = np.arange("2024-01-01T00", "2024-01-05T00", dtype="datetime64[h]")


def manifest_of(source: Observed | ObservedSet, zone: str | None = None) -> Any:
    return SimpleNamespace(source=source, contract=SimpleNamespace(frequency="h", zone=zone))


@pytest.fixture
def forgotten(home: Any) -> Any:
    """Deletes the stored series."""
    return lambda: [path.unlink() for path in (home / "series").iterdir()]


def test_a_file_is_read_in_the_zone_that_the_manifest_states(forgotten: Any) -> None:
    raw = "\n".join(["time,load", *(f"{hour},{at % 24}" for at, hour in enumerate(HOURS))]).encode()
    source = Observed.of(read(raw, Choices(zone="Europe/Berlin")).one())
    forgotten()
    sha256 = uploads.keep(raw, "load.csv")
    with pytest.raises(InputError, match="does not hold the series of this model"):
        given_again(sha256, manifest_of(source), source)
    given_again(sha256, manifest_of(source, "Europe/Berlin"), source)
    assert series.is_stored(source.sha256)


def test_every_member_of_a_set_is_kept_from_the_one_file(forgotten: Any) -> None:
    rows = [f"{hour},{name},{at % size}" for name, size in (("a", 24), ("b", 7)) for at, hour in enumerate(HOURS)]
    raw = "\n".join(["ds,unique_id,y", *rows]).encode()
    members = [Observed.of(each) for each in read(raw).series]
    forgotten()
    source = ObservedSet.of("meters", ["a", "b"], members)
    given_again(uploads.keep(raw, "meters.csv"), manifest_of(source), members[1])
    assert [series.is_stored(member.sha256) for member in members] == [True, True]
