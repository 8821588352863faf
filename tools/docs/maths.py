"""A Markdown extension: `$x_t$` in a line, and a paragraph between `$$`, become MathML when the site is built."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]
        return self.md.htmlStash.store(convert(m.group(1))), m.start(0), m.end(0)


class _Block(BlockProcessor):
    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return block.startswith("$$") and block.rstrip().endswith("$$")

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        formula = convert(blocks.pop(0).strip().strip("$"), display="block")
        element = ElementTree.SubElement(parent, "div", {"class": "formula", "tabindex": "0"})  # scrolled by keys too
        element.text = self.parser.md.htmlStash.store(formula)


class Maths(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        inline = _Inline(r"\$(?!\s)([^$\n]+?)(?<!\s)\$", md)
        md.inlinePatterns.register(inline, "maths", 185)  # after code, before escapes
        md.parser.blockprocessors.register(_Block(md.parser), "maths", 175)


def makeExtension(**options: Any) -> Maths:
    return Maths(**options)
