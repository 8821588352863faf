"""Cards as pages: what others wrote is shown, never obeyed."""

from __future__ import annotations

import pytest

from seqzoo.app import gallery
from seqzoo.app.ui import markup
from seqzoo.bundles import store


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "<a href='//x'>y</a>"],
)
def test_markup_of_a_card_is_shown_as_text(hostile):
    made = markup.rendered(f"# A card\n\n{hostile}\n")
    assert "<script" not in made and "<img" not in made and 'href="javascript' not in made and "<a href='" not in made


def test_a_shipped_card_loses_its_front_matter_and_keeps_tables_code_and_underscores():
    made = markup.rendered((store.SHIPPED / "lstm.sine" / store.CARD).read_text("utf-8"))
    assert "license:" not in made and "<table>" in made and "<code>" in made and "context_length 20" in made


def test_the_reason_of_a_failure_is_escaped():
    assert "<script" not in gallery.badge("failed", "<script>alert(1)</script>")


def test_a_picture_in_a_card_is_its_words() -> None:
    made = markup.rendered('![a "curve"](http://evil.example/x.png) ![](x.png) ![x](javascript:alert(1))')
    assert "<img" not in made and "evil" not in made and "curve" in made


def test_a_card_made_to_keep_the_parser_busy_is_shown_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert markup.rendered_apart("# A card\n\n*so*") == markup.rendered("# A card\n\n*so*")
    assert "too intricate" in markup.rendered_apart("<b>" * markup.MOST)
    monkeypatch.setattr(markup, "PATIENCE", 0.0)
    made = markup.rendered_apart("<b>[a](b)")
    assert "too intricate" in made and "&lt;b&gt;[a](b)" in made
