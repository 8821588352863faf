"""A measured series is found by its SHA-256: stored, or in the collection, also as a rule filled its gaps."""

from __future__ import annotations

import numpy as np

from seqzoo.data import collection
from seqzoo.data.finding import forms
from seqzoo.data.series import Series
from seqzoo.evaluation.holdout import linear_on
from seqzoo.signals import Observed


def source_of(series: Series, name: str = "") -> Observed:
    return Observed(name or series.name, series.sha256, len(series), len(series) * 4 // 5)


def test_a_series_of_the_collection_is_found_in_every_form_of_a_training_and_nothing_is_written(home):
    nile, co2 = (collection.load(name).series() for name in ("nile", "co2"))
    filled = [co2.filled(rule, 64) for rule in ("interpolate", "last")]
    assert co2.missing and not any(each.missing for each in filled) and len({each.sha256 for each in forms(co2)}) > 2
    for series in (nile, *filled):
        known = source_of(series).find()
        assert known is not None and known.times == series.times
        np.testing.assert_array_equal(known.values, series.values)
        np.testing.assert_array_equal(source_of(series).series().values, series.values)
    assert linear_on(source_of(nile), 12, 3) is not None
    assert source_of(Series("nile", nile.values + 1)).find() is None  # another file of that name
    assert source_of(nile, "river").find() is None
    assert not (home / "series").exists()


def test_a_stored_series_is_found_until_it_is_deleted_and_a_changed_one_is_not(home):
    own = Series("load", np.arange(50.0) % 7)
    source = Observed.of(own)
    assert source.find() is not None
    place = home / "series" / f"{own.sha256}.npy"
    place.unlink()
    assert source.find() is None
    nile = collection.load("nile").series()
    nile.store()
    (home / "series" / f"{nile.sha256}.npy").write_bytes(b"changed")
    known = source_of(nile).find()
    assert known is not None and known.sha256 == nile.sha256  # the collection's
