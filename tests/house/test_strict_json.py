"""JSON that is refused because two readers could take it for two things."""

from __future__ import annotations

import pytest

from seqzoo import _strict_json
from seqzoo.arena.result_files import read
from seqzoo.arena.results import TrainingResults
from seqzoo.errors import InputError


def test_what_every_reader_understands_alike_passes():
    for raw in (b"{}", b'[-2.5e300, "x", null, true, {"a": {"a": 1}}]', b"9007199254740991", b"[" * 32 + b"]" * 32):
        _strict_json.check(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "the key 'a' is given twice"),
        (b'[{"x": {"a": 1, "\\u0061": 2}}]', "the key 'a' is given twice"),
        (b"9007199254740992", "within"),
        (b"-" + b"9" * 5000, "got one of 5000 digits"),
        (b"[" * 33 + b"]" * 33, "nested deeper than 32"),
        (b"[" * 250_000, "nested deeper than 32"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": 1', "not JSON"),
        (b"", "not JSON"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_readers_differ_on_is_refused_with_what_it_is(raw, message):
    with pytest.raises(InputError, match=message):
        _strict_json.check(raw)


def test_results_of_the_arena_that_state_a_thing_twice_are_refused(tmp_path):
    (tmp_path / "results.json").write_text('{"schema_version": 1, "schema_version": 1}', "utf-8")
    with pytest.raises(InputError, match="'schema_version' is given twice"):
        read(tmp_path / "results.json", TrainingResults)
