"""Files that visitors give: kept by their SHA-256 within bounds, read in a process within others, and corrected."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest

from seqzoo.app.series import corrections, drawing, uploads
from seqzoo.data.measured import Choices
from seqzoo.data.reading import read
from seqzoo.data.series import Series
from seqzoo.errors import InputError


def test_a_file_is_kept_by_its_sha256_without_the_folders_of_its_name(home):
    sha256 = uploads.keep(b"1\n2\n", "../../etc/me\x07ter.csv")
    assert sha256 == hashlib.sha256(b"1\n2\n").hexdigest()
    upload = uploads.find(sha256)
    assert (upload.name, upload.size, upload.path) == ("meter.csv", 4, home / "uploads" / sha256)
    uploads.keep(b"1\n2\n", "again.csv")
    assert [one.name for one in uploads.listed()] == ["again.csv"]
    upload.path.write_bytes(b"3\n4\n")
    with pytest.raises(InputError, match="has changed on the disk"):
        uploads.read(upload)
    uploads.delete(sha256)
    assert list((home / "uploads").iterdir()) == []
    for gone in (sha256, "..", "", "A" * 64):
        uploads.delete(gone)
        with pytest.raises(InputError, match="drop it again"):
            uploads.find(gone)
    with pytest.raises(InputError, match="drop it again"):
        uploads.read(upload)


def test_the_files_that_were_used_the_longest_ago_go_first_and_a_large_or_empty_one_is_refused(home, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 3)
    monkeypatch.setattr(uploads, "MOST_IN_ALL", 100)
    monkeypatch.setattr(uploads, "MOST_BYTES", 90)
    for age, name in enumerate("abcd"):
        sha256 = uploads.keep(name.encode() * 10, name)
        os.utime(home / "uploads" / sha256, (age, age))
    assert [one.name for one in uploads.listed()] == ["d", "c", "b"]
    uploads.touch(uploads.listed()[-1].sha256)  # b is in use
    uploads.keep(b"e" * 85, "e")
    assert {one.name for one in uploads.listed()} == {"b", "e"}  # 95 bytes; with d they would be 105
    for raw, why in ((b"", "empty"), (b"f" * 91, "at most 90 bytes")):
        with pytest.raises(InputError, match=why):
            uploads.keep(raw, "f")


def test_a_message_of_the_reader_becomes_buttons():
    files = {
        b"date,value\n01/02/2024,1\n02/02/2024,2\n03/02/2024,3\n": [("dates", "day-first"), ("dates", "month-first")],
        b"t;v\n2024-01-01;1,234\n2024-01-02;2,345\n": [("decimal", "."), ("decimal", ",")],
        b"t,v\n2024-01-01,1\n2024-01-02,-999\n2024-01-03,2\n": [("missing", "-999"), ("keep", "-999")],
        b"t,v\n2024-01-01,1\n,5\n2024-01-03,2\n": [("time", "none")],
        b"t,a,a\n2024-01-01,1,2\n2024-01-02,2,3\n": [("value", "2"), ("value", "3")],
    }
    for raw, offered in files.items():
        choices = Choices(value="a") if b",a,a" in raw else Choices()
        with pytest.raises(InputError) as refused:
            read(raw, choices, named="x.csv").one()
        assert corrections.remedies(str(refused.value)) == offered, raw
        assert "--" not in corrections.in_words(str(refused.value))
        for key, value in offered:  # each is a choice that an address can hold
            assert getattr(corrections.choices({key: value}), key) in (value, (value,))
    assert corrections.in_words("as .gz, --value NAME.") == "as .gz, value NAME."


def test_what_an_address_states_is_ignored_where_it_cannot_be_used():
    given = {
        "decimal": "x", "dates": "never", "frequency": "banana", "zone": "nowhere", "value": "v", "keep": "a,-999",
        "missing": "-, n.a.",
    }  # fmt: skip
    assert corrections.choices(given) == Choices(value="v", keep=("-999",), missing=("-", "n.a."))
    rules = {given: corrections.rule_for_gaps({"gaps": given}) for given in ("refuse", "last", "interpolate")}
    assert rules == {"refuse": "", "last": "last", "interpolate": "interpolate"}


def test_a_long_series_is_thinned_to_points_that_keep_its_range_and_its_gaps():
    values = np.random.default_rng(3).standard_normal(10_000)
    values[[17, 9_000]] = 40, -40
    values[2_000:2_500] = np.nan
    places, drawn = drawing.thinned(values, 1_000)
    assert len(places) <= 1_000 and (np.diff(places) >= 0).all()
    np.testing.assert_array_equal(drawn, values[places])
    assert {17, 9_000} <= set(places.tolist()) and np.isnan(drawn[(places > 2_030) & (places < 2_470)]).all()
    short = np.arange(5.0)
    assert drawing.thinned(short, 10)[1].tolist() == short.tolist()
    options = drawing.options(Series("tiny", 1e-9 * short), "tiny")
    assert [y for _, y in options["series"][0]["data"]] == pytest.approx((1e-9 * short).tolist())


