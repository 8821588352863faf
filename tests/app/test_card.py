"""Cards as pages: what others wrote is shown, never obeyed."""

from __future__ import annotations

import re
import time

import pytest

from seqzoo.app import gallery
from seqzoo.bundles import store
from seqzoo.pages import markup

HOSTILE = """<script>alert(1)</script>
<img src=x onerror=alert(1)>
<a href='//x'>y</a>
[x](javascript:alert(1))
[x](JAVASCRIPT&colon;alert(1))
[x](java&#10;script:alert(1))
[x](data:text/html,a)
[x](file:///etc/passwd)
[x](mailto:a@b)
<vbscript:x>
[x][y]

[y]: javascript:alert(1)"""


@pytest.mark.parametrize("hostile", [*HOSTILE.partition("\n\n")[0].splitlines(), HOSTILE])
def test_markup_of_a_card_is_shown_as_text(hostile):
    made = markup.rendered(f"# A card\n\n{hostile}\n")
    assert not re.search(r"<(?!/?(p|h2)>)", made), "nothing but a heading and paragraphs"


def test_links_are_relative_or_lead_to_the_web() -> None:
    for address in ("http://a.example/", "https://a.example/?q=1#x", "docs/a.md", "/models/lstm.sine", "#x"):
        assert f'<a href="{address}">' in markup.rendered(f"[x]({address})"), address


def test_headings_come_below_those_of_the_page() -> None:
    assert markup.rendered("# a\n###### b\nc\n=") == "<h2>a</h2>\n<h6>b</h6>\n<h2>c</h2>\n"


def test_a_shipped_card_loses_its_front_matter_and_keeps_tables_code_and_underscores():
    made = markup.rendered((store.SHIPPED / "lstm.sine" / store.CARD).read_text("utf-8"))
    assert "license:" not in made and "<table>" in made and "<code>" in made and "context_length 20" in made


def test_the_reason_of_a_failure_is_escaped():
    assert "<script" not in gallery.badge("failed", "<script>alert(1)</script>")


def test_a_picture_in_a_card_is_its_words() -> None:
    made = markup.rendered('![a "curve"](http://evil.example/x.png) ![](x.png) ![x](javascript:alert(1))')
    assert "<img" not in made and "evil" not in made and "curve" in made


def test_a_card_made_to_keep_the_parser_busy_is_laid_out_soon_or_shown_as_it_stands() -> None:
    """What parsers of Markdown are slow at: nesting, links that never close, rows of many cells, lines of a quote."""
    intricate = [
        "[", "![a](", "> ", "- ", "*a **a ", "_a*", "`a``b```c", "[a](<", "<", "* a\n", "[[](", "\\[",
        "<!--", "&", "[a]: b\n",
    ]  # fmt: skip
    cards = [(unit * markup.MOST)[: markup.MOST] for unit in intricate]
    cards.append("|" + "a|" * 400 + "\n|" + "-|" * 400 + "\n" + "a\n" * 15_000)
    cards.append("- " * 9 + "a\n" * 15_000)
    cards.append("".join("`" * n + " " for n in range(240)))
    for card in cards:
        began = time.process_time()
        assert "too long to be formatted" not in markup.rendered(card), card[:20]
        assert time.process_time() - began < 5.0, card[:20]
    for card in ("<b>" * markup.MOST, "<b>[a]: " + "b" * 10_000 + "\n\n" + "[a]" * 5_000):
        made = markup.rendered(card.removeprefix("<b>"))
        assert "too long to be formatted" in made and len(made) < 5 * markup.MOST
    assert "&lt;b&gt;" in markup.rendered("<b>" * markup.MOST)
