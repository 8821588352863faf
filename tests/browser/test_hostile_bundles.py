"""Bundles of a user whose words and weights attack the pages: they are shown as text, and run nowhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from seqzoo.bundles import store
from support.serving import Running

Visit = Callable[..., Any]
ATTACK = "<img src=x onerror=alert(1)></script><script>alert(2)</script>`${alert(3)}` {{alert(4)}}"
CARD = f"""# {ATTACK}

[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>) ![the picture](http://evil.example/x.png)

| a | {ATTACK} |
|---|---|
| <iframe src=http://evil.example></iframe> | `{ATTACK}` |

<style>*{{display:none}}</style> <div onclick=alert(1)>x</div>
"""


@pytest.fixture(scope="module")
def hostile(app: Running) -> None:
    """A bundle with such words, and one with the weights of another architecture; their hashes are right."""
    for name, changed in (
        ("lstm.sine-words", {store.CARD: CARD.encode()}),
        ("mlp.sine-other", {store.WEIGHTS: (store.SHIPPED / "linear.sine" / store.WEIGHTS).read_bytes()}),
    ):
        folder = app.home / "models" / name
        shutil.copytree(store.SHIPPED / name.partition("-")[0], folder)
        facts = json.loads((folder / store.MANIFEST).read_text("utf-8"))
        facts |= {"name": name, "title": ATTACK, "summary": ATTACK * 50}
        for file, data in changed.items():
            (folder / file).write_bytes(data)
            facts["files"][file] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        (folder / store.MANIFEST).write_text(json.dumps(facts), "utf-8")


def test_the_words_of_a_bundle_are_shown_and_never_obeyed_and_weights_of_another_shape_refused_in_the_view(
    hostile: None, visit: Visit, app: Running
) -> None:
    page = visit("/", width=400)
    expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400

    page.goto(f"{app.address}/models/lstm.sine-words?view=card")
    page.wait_for_selector(".prose:has-text('the picture')")
    assert page.locator(".prose :is(img, iframe, style, script, [onclick])").count() == 0
    assert not {"javascript:", "data:"} & {
        href.partition(":")[0] + ":" for href in page.eval_on_selector_all(".prose a", "e => e.map(a => a.href)")
    }
    expect(page.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.click("#tab-deploy")
    page.wait_for_selector("#panel-deploy pre")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400

    page.goto(f"{app.address}/models/mlp.sine-other?view=inside")
    page.wait_for_selector("#panel-inside [role=alert]:has-text('manifest')")
    page.click("#tab-predict")  # where all is as ever
    page.wait_for_selector("#panel-predict :is(.numbers, .number, [role=alert]):visible >> nth=0")
