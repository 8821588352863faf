"""The microscope as an anywidget, for Jupyter and every other host of anywidgets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from ..bundles.shelf import find
from ..bundles.store import WEIGHTS, Bundle, open_bundle
from ..errors import MissingExtraError
from .facts import Subject
from .modules import BUNDLE, HERE

try:
    import anywidget
    import traitlets
except ImportError:
    raise MissingExtraError("the microscope", "app") from None


class Microscope(anywidget.AnyWidget):
    """One recurrent bundle under the microscope, in Jupyter or in a page.

    The browser computes everything. It fetches the weights once: from `url` if given, else by a binary message.

    Args:
        bundle: a bundle of a recurrent architecture.
        url: the address of the weights for the browser, as "/api/models/lstm.sine/files/weights.safetensors".
        window: the first window [L] or [L, D], in the units of the series; by default drawn from the model's signal.
        view: the state of the page, as short texts: `draw` is the number of the drawn window; `t` is the step and
            `ahead` the step ahead, both from 1; `unit`; `scope` is one or all; `sort` is off; `units` is all;
            `freeze` as "f0.3~o1_5" (the forget gate at 0.3, the output gate of unit 5 at 1); `ablate` as "3~5";
            `order` is reverse, or shuffle0, shuffle1, ...; `values` as "20_0.5" (the 20th value is 0.5). The browser
            ignores or clamps invalid values, and writes the state that it shows back to `view`.

    Raises:
        InputError: the architecture is not recurrent, its windows are too long, or `window` has another length.
        IntegrityError: the weights are damaged.
    """

    _esm = BUNDLE.read_text("utf-8")
    _css = (HERE / "js" / "microscope.css").read_text("utf-8")

    name = traitlets.Unicode().tag(sync=True)
    architecture = traitlets.Unicode().tag(sync=True)
    url = traitlets.Unicode().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    window = traitlets.List(traitlets.Float()).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    channels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The names of the channels beside the value, which are known in advance."""
    known = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    """These channels at each step of the first window."""
    scale = traitlets.List(traitlets.Float(), [0.0, 1.0]).tag(sync=True)
    best_linear = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    best_linear_bias = traitlets.List(traitlets.Float()).tag(sync=True)
    bayes = traitlets.Dict().tag(sync=True)
    signal = traitlets.Dict().tag(sync=True)
    standings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """How good the Bayes forecast is, see `floors.standing`: for a drawn window, and for any other."""
    outside = traitlets.Unicode().tag(sync=True)
    """A sentence on what in the window lies outside the training range; see `familiarity`."""
    is_given = traitlets.Bool().tag(sync=True)
    """Whether the caller gave the first window; otherwise it was drawn."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        url: str = "",
        window: ArrayLike | None = None,
        view: Mapping[str, str] | None = None,
    ) -> None:
        self._subject = Subject(bundle, window=window, view=view)
        self._weights = b"" if url else bundle.read(WEIGHTS)
        start = self._subject.start
        super().__init__(
            url=url, view=dict(view or {}), window=start, start=start, known=self._subject.known,
            is_given=self._subject.is_given,
            **self._subject.fixed,
        )  # fmt: skip
        self._follow({})
        self.on_msg(self._answer)
        self.observe(self._redraw, "view")
        self.observe(self._follow, ["window", "view"])

    def _answer(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        """Send the weights to a browser that asks for them."""
        if content == {"kind": "weights"}:
            self.send({"kind": "weights"}, buffers=[self._weights])

    def _redraw(self, change: dict[str, Any]) -> None:
        """Draw another window if the view asks for one; an open page then updates `window`."""
        is_untouched = self.window == self.start
        if self._subject.turns(change["new"]):
            self.known = self._subject.known  # before `start`, which the browser follows
            self.is_given, self.start = self._subject.is_given, self._subject.start
            if is_untouched:  # and if no page is open yet, nobody else would update it
                self.window = self.start

    def _follow(self, _change: dict[str, Any]) -> None:
        forecast = self._subject.bayes(self.window, self.view)
        if forecast:
            self.bayes = forecast
        self.outside = self._subject.outside(self.window)


def look_inside(name: str | Path, *, url: str = "") -> Microscope:
    """The microscope of a recurrent model, by its name or by the folder of its bundle.

    Raises:
        UnknownNameError: no such model.
        InputError: the model is a reference, or its architecture is not recurrent.
        BundleError: the bundle cannot be used.
    """
    return Microscope(open_bundle(find(name)), url=url)


__all__ = ["Microscope", "look_inside"]
