"""The view *Look inside*: the microscope on a recurrent model, computed in the browser; the derivative of others."""

from __future__ import annotations

from urllib.parse import quote

from anyio import to_thread

# Imported before a page is made, whose import map then has its script; ui.anywidget would come too late.
from nicegui.elements.anywidget import AnyWidget

from ..bundle import WEIGHTS
from ..microscope import Microscope
from ..runtime import ClosedForm
from ..runtime.reference import CELLS
from ..runtime.repository import Model
from . import sensitivity
from .visit import Visit


def _is_recurrent(model: Model) -> bool:
    """Whether there are gates and states to look at."""
    return not isinstance(model, ClosedForm) and model.manifest.architecture in CELLS


async def build(visit: Visit) -> None:
    """Fill the view."""
    known = visit.known
    if not _is_recurrent(known):
        await sensitivity.build(visit)
        return
    assert not isinstance(known, ClosedForm)
    made = await to_thread.run_sync(lambda: Microscope(known.bundle, url=_address(visit.name)))
    AnyWidget(made)


def _address(name: str) -> str:
    return f"/api/models/{quote(name)}/files/{WEIGHTS}"
