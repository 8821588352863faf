"""axe-core on a page."""

from __future__ import annotations

import os
from typing import Any

from axe_playwright_python.sync_playwright import Axe

# Of texts that look alike on backgrounds alike, one has its contrast computed, which takes most of axe's time.
ALIKE, SOAK = "data-alike", bool(os.environ.get("SEQZOO_SOAK"))  # there each has
SCRIPT = f"""{Axe().axe_script};
axe.configure({{ rules: [{{ id: "color-contrast", selector: ":not([{ALIKE}])" }}] }});
"""
RUN = """async ([options, alike, isSoak]) => {
  const [known, behind] = [new Set(), new Map([[null, ""]])];
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const backgrounds = (one) => {
    if (!behind.has(one)) {
      const { backgroundColor, backgroundImage, opacity, position, filter, mixBlendMode } = getComputedStyle(one);
      const own = [backgroundColor, backgroundImage, opacity, position, filter, mixBlendMode].join();
      behind.set(one, `${backgrounds(one.parentElement)}/${own}`);
    }
    return behind.get(one);
  };
  for (const one of document.body.querySelectorAll("*")) {
    if (isSoak || !hasText(one) || !one.checkVisibility()) continue;
    const { color, fill, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const look = [color, fill, fontSize, fontWeight, textShadow, one.matches(":disabled"), backgrounds(one)].join();
    known.has(look) ? one.setAttribute(alike, "") : known.add(look);
  }
  try {
    return (await axe.run(options)).violations;
  } finally {
    document.querySelectorAll(`[${alike}]`).forEach((one) => one.removeAttribute(alike));
  }
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """Each violation with its impact and the elements it is of."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(SCRIPT)
    found = page.evaluate(RUN, [{"runOnly": TAGS, "resultTypes": ["violations"]}, ALIKE, SOAK])
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def narrow_and_dark(page: Any, width: int = 400) -> None:
    """Show the page as a phone does at night."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")  # colours fade over
