"""Draws docs/img/app-*.png: every page in headless Chromium, light, dark and narrow.

Usage: python tools/screenshots.py [PAGE...]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor

from seqzoo import _palette

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import headless

IMAGES = Path(__file__).parent.parent / "docs" / "img"
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 1200}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 1200}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 400, "height": 860}, "color_scheme": "light"},
}
# The path of each page, and what is there once it is complete.
PAGES = {
    "gallery": ("/", ".model-card img"),
    "predict": ("/models/lstm.sine?phase=2.4", ".numbers .v"),
    "inside": ("/models/lstm.sine?view=inside", ".mz canvas"),
    "rollout": ("/models/lstm.sine?view=rollout&horizon=200", ".numbers .v"),
    "series": ("/series?of=series:taylor", ".told li:has-text('values')"),
    "train": ("/models/lstm.sine?view=train&steps=2000", "#panel-train :text('Finished.')"),
    "deploy": ("/models/lstm.sine?view=deploy", ".snippet pre"),
    "card": ("/models/lstm.sine?view=card", ".prose h2"),
    "arena": ("/arena?question=sample-efficiency", ".chart svg"),
    "tour": ("/tours/gate?step=1", ".tour-guess button"),
}
COLOURS = 256  # of a picture's palette: these pages have few, and a repository keeps every version
PAIRS = (*_palette.COLOURS.values(), *_palette.SURFACES.values())
OWN = [ImageColor.getrgb(value) for pair in PAIRS for value in pair]


def main(names: list[str]) -> None:
    """Draw the named pages, or all."""
    with headless.app() as (_, address), headless.chromium() as chromium:
        for name in names or PAGES:
            path, ready = PAGES[name]
            if name == "train":
                train(chromium.new_page(), address + path, ready)
            for look, settings in LOOKS.items():
                context = chromium.new_context(**settings, reduced_motion="reduce")
                draw(context.new_page(), address + path, ready, IMAGES / f"app-{name}-{look}.png")
                context.close()


def train(page: Any, url: str, ready: str) -> None:
    """Let one training run finish, which the pages then show."""
    page.goto(url)
    page.click("#panel-train button:has-text('Start')")
    page.wait_for_selector(ready, timeout=300_000)
    page.close()


def palette_of(picture: Image.Image) -> Image.Image:
    """An image whose palette holds the pages' own colours, however few pixels have them, and those most used."""
    most_used = picture.quantize(COLOURS - len(OWN)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(part for colour in OWN for part in colour), *most_used])
    return palette


def draw(page: Any, url: str, ready: str, file: Path) -> None:
    """The upper part of a page as PNG."""
    page.goto(url)
    page.wait_for_selector(ready)
    page.wait_for_selector(".badge.loading", state="detached")
    for guess in page.locator(".tour-guess button").all()[:1]:  # a tour shows what it tells of after a guess
        guess.click()
    page.wait_for_timeout(2500)  # what is measured on the page, such as a band, is drawn when it is known
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(palette=palette_of(picture), dither=Image.Dither.NONE).save(file, optimize=True)
    sys.stdout.write(f"{file.name}: {file.stat().st_size / 1024:.0f} KB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
