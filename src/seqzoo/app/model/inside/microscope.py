"""The view *Look inside* of a recurrent model: the microscope, computed in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from anyio import to_thread
from nicegui import background_tasks

# Imported before a page is made, whose import map then has its script; ui.anywidget would come too late.
from nicegui.elements.anywidget import AnyWidget

from ....bundles.store import WEIGHTS, Bundle
from ....forecasters.protocol import has_bundle
from ..visit import Latest, Visit

if TYPE_CHECKING:
    from ....microscope import Microscope

KEYS = ("draw", "t", "unit", "ahead", "scope", "sort", "freeze", "ablate", "order", "values")  # of the address


async def build(visit: Visit) -> None:
    """Fill the view."""
    known = visit.known
    assert has_bundle(known)
    view = {key: visit.query[key] for key in KEYS if key in visit.query}
    made = await to_thread.run_sync(_microscope, known.bundle, _address(visit.name, known.bundle), view)
    for name in ("_esm", "_css"):  # they travel once, with the element, and not with every change of a trait
        made.traits()[name].tag(sync=False)
    AnyWidget(made).client.on_delete(lambda: _forget(made))  # not when it is closed: its page may come back

    async def follow() -> None:
        found = await to_thread.run_sync(made.bayes_of)
        if found:
            made.bayes = found
        made.outside = await to_thread.run_sync(made.outside_of)

    latest = Latest(follow)

    def remember() -> None:
        for key in KEYS:
            visit.query.pop(key, None)
        visit.remember(**{key: made.view[key] for key in KEYS if key in made.view})

    made.observe(lambda _: remember(), "view")
    made.observe(lambda _: background_tasks.create(latest(), name="the Bayes forecast"), ["window", "view"])


def _microscope(bundle: Bundle, url: str, view: dict[str, str]) -> Microscope:
    from ....microscope import Microscope  # a seventh of the server's start, and the gallery needs none of it

    return Microscope(bundle, url=url, view=view, follow=False)


def _forget(made: Microscope) -> None:
    """End a widget and its layout, which ipywidgets would keep in its list of all widgets for as long as it runs."""
    made.layout.close()
    made.close()


def _address(name: str, bundle: Bundle) -> str:
    """Of the weights of this bundle: another may have its name by the time the browser asks."""
    return f"/api/models/{quote(name)}/files/{WEIGHTS}?sha256={bundle.manifest.files[WEIGHTS].sha256}"
