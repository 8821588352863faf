"""axe-core on every page, and what it cannot see: the way of the keyboard, definitions, reduced motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

Visit = Callable[..., Any]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
MODEL = "/models/lstm.sine?view="
PAGES = {
    "gallery": ("/", "a.model-card img"),
    "predict": (f"{MODEL}predict", "#panel-predict [aria-live] .number"),
    "inside": (f"{MODEL}inside", "#panel-inside .mz-said dd"),
    "rollout": (f"{MODEL}rollout&horizon=30", "#panel-rollout .number"),
    "deploy": (f"{MODEL}deploy", "#panel-deploy pre"),
    "card": (f"{MODEL}card", "#panel-card .prose h3"),
    "reference": ("/models/bayes.sine", "#panel-predict .number"),
    "failed": ("/models/lstm.sine-cut", "#panel-predict [role=alert]"),
    "unknown": ("/models/nothing.sine", "main [role=alert]"),
}


def opened(visit: Visit, name: str, **options: Any) -> Any:
    path, ready = PAGES[name]
    page = visit(path, **options)
    page.wait_for_selector(ready, timeout=60_000)
    return page


def violations(page: Any) -> list[str]:
    """Each violation with its impact and the elements it is of."""
    found = Axe().run(page, options={"runOnly": TAGS, "resultTypes": ["violations"]})
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_to_object_to(visit: Visit, name: str, width: int, scheme: str) -> None:
    assert violations(opened(visit, name, width=width, scheme=scheme)) == []
