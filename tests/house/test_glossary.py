"""One glossary: a sentence for each term that pages explain, whether Python writes them or JavaScript."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import seqzoo
from seqzoo._glossary import TERMS
from seqzoo.forecasters.table import FLOORS
from seqzoo.pages import glossary, look

PACKAGE = Path(seqzoo.__file__).parent


def test_every_term_has_one_sentence_that_can_be_read_and_stand_in_an_attribute() -> None:
    for term, words in TERMS.items():
        assert re.fullmatch(r"[A-Z0-9][^\"<>&]*[.]", words) and ". " not in words, term
        assert len(words.split()) <= 25, term
    assert list(TERMS) == sorted(TERMS)


def test_every_term_that_a_page_explains_is_in_the_glossary_and_none_is_there_in_vain() -> None:
    asked = {f"{look.LEVEL:.0%} interval"}
    for path in (path for room in ("app", "pages", "site") for path in (PACKAGE / room).rglob("*.py")):
        asked |= set(re.findall(r"""(?:theme\.|look\.)?term\(["']([^"']+)["']""", path.read_text("utf-8")))
    for path in [*(PACKAGE / "microscope" / "js").glob("*.js"), *(PACKAGE / "pages" / "js").rglob("*.js")]:
        text = path.read_text("utf-8")
        asked |= {word or quoted for word, quoted in re.findall(r"""(?<!_)glossary(?:\.(\w+)|\["([^"]+)"\])""", text)}
    labels = {row.short for row in FLOORS.values()}  # asked for by the short name of a reference
    assert asked | labels == set(TERMS)


def test_the_page_of_all_terms_has_each_once_with_a_picture_of_its_own() -> None:
    listed = [word for words in glossary.GROUPS.values() for word in words]
    assert sorted(listed) == list(TERMS) and len(set(listed)) == len(listed)
    assert set(glossary.PICTURES) == set(TERMS) and set(glossary.NAMES) <= set(TERMS)
    drawn = [ElementTree.tostring(ElementTree.fromstring(f"<g>{one}</g>")) for one in glossary.PICTURES.values()]
    assert len(set(drawn)) == len(drawn) and all(escape(one) in glossary.body() for one in TERMS.values())
