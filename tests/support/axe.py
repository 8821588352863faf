"""axe-core on a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

# By itself, axe parses the colours of every element anew, a third of its time, and keeps the HTML of each.
QUICK = """
axe.configure({ noHtml: true });
(() => {
  const { prototype } = axe.commons.color.Color, { parseString } = prototype, parsed = new Map();
  prototype.parseString = function (text) {
    const known = parsed.get(text);
    if (!known) {
      parseString.call(this, text);
      parsed.set(text, [this.r, this.g, this.b, this.alpha]);
    } else [this.r, this.g, this.b, this.alpha] = known;
    return this;
  };
})();"""
SCRIPT = Axe().axe_script + QUICK
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def violations(page: Any) -> list[str]:
    """Each violation with its impact and the elements it is of."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(SCRIPT)
    run = "async (options) => (await axe.run(options)).violations"
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate(run, {"runOnly": TAGS, "resultTypes": ["violations"]})
        for node in rule["nodes"]
    ]


def narrow_and_dark(page: Any, width: int = 400) -> None:
    """Show the page as a phone does at night."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")  # colours fade over
