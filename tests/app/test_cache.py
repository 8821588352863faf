"""What the app keeps for all visitors, and how it says what went wrong."""

from __future__ import annotations

import pytest

from seqzoo.app.ui import theme
from seqzoo.app.ui.cache import Cache
from seqzoo.data.typed import rows_of
from seqzoo.errors import InputError


def test_of_too_many_values_the_one_that_was_used_longest_ago_gives_way():
    kept: Cache[str, int] = Cache(2)
    assert kept.put("one", 1) == 1 and kept.put("two", 2) == 2
    assert kept.get("one") == 1
    kept.put("three", 3)
    assert [kept.get(key) for key in ("one", "two", "three")] == [1, None, 3]


def test_what_went_wrong_begins_with_a_capital_is_escaped_and_is_no_longer_than_can_be_read():
    assert theme.sentence(InputError("<b>no</b> such thing.")).startswith("&lt;b&gt;no")
    assert theme.sentence("a run is under way.") == "A run is under way."
    assert len(theme.sentence("x" * 10_000)) == theme.LONGEST + 1


@pytest.mark.parametrize("word", ["9" * 90_000, "x" * 90_000])
def test_a_long_word_that_is_no_number_is_cut_short(word):
    with pytest.raises(InputError) as raised:
        rows_of(word, "the text", 100_000)
    assert len(str(raised.value)) < 120
