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

NAME = re.compile(r"<m([io])>((?!mod)[A-Za-z]{3,})</m\1>(<mrow>)?(<mo[^>]*>&#x00028;)?")  # sin, Var


def mathml(latex: str, display: str) -> str:
    """The formula, with names of functions apart from a factor and close to their brackets."""

    def spaced(found: re.Match[str]) -> str:
        after = "0" if found[4] else "0.17em"
        return f'<mo lspace="0.17em" rspace="{after}">{found[2]}</mo>{found[3] or ""}{found[4] or ""}'

    if display == "block":
        latex = latex.replace(r"\sum_", r"\sum\limits_")
    return NAME.sub(spaced, convert(latex, display=display))


class _Inline(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]
        whole = f'<span class="whole">{mathml(m[1], "inline")}{m[2]}</span>'  # no full stop begins a line
        return self.md.htmlStash.store(whole), m.start(0), m.end(0)


class _Block(BlockProcessor):
    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return block.startswith("$$") and block.rstrip().endswith("$$")

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        formula = mathml(blocks.pop(0).strip().strip("$"), "block")
        element = ElementTree.SubElement(parent, "div", {"class": "formula", "tabindex": "0"})  # scrolled by keys too
        element.text = self.parser.md.htmlStash.store(formula)


class Maths(Extension):
    def extendMarkdown(self, md: Markdown) -> None:
        inline = _Inline(r"\$(?!\s)([^$\n]+?)(?<!\s)\$([.,;:)]*)", md)
        md.inlinePatterns.register(inline, "maths", 185)  # after code, before escapes
        md.parser.blockprocessors.register(_Block(md.parser), "maths", 175)


def makeExtension(**options: Any) -> Maths:
    return Maths(**options)
