"""The microscope: a widget that computes a recurrent cell in the browser and shows every gate and state of it.

Its parts are plain ES modules, which a page can import one by one; the widget is given them as one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..bundles.shelf import find
from ..bundles.store import WEIGHTS, Bundle, open_bundle
from ..errors import InputError, MissingExtraError
from ..evaluation.sensitivity import LONGEST, of_bayes
from ..forecasters import familiarity
from ..forecasters.exact import best_linear
from ..forecasters.floors import standing
from ..runtime.engines.numpy import CELLS
from ..signals import Signal

try:
    import anywidget
    import traitlets
except ImportError:
    raise MissingExtraError("the microscope", "app") from None

PARTS = (
    "cell.js",
    "response.js",
    "state.js",
    "draw.js",
    "words.js",
    "page.js",
    "paint.js",
    "svg.js",
    "download.js",
    "controls.js",
    "widget.js",
)
HERE = Path(__file__).parent
DRAWS = 10_000  # windows to choose from
FARTHEST = 100  # steps ahead: more would make the page wait for the best linear weights of all


def module(parts: tuple[str, ...] = PARTS) -> str:
    """One ES module out of several: what they import from one another is in scope, and the last exports."""
    texts = []
    for part in parts:
        text = (HERE / part).read_text("utf-8")
        text = re.sub(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", "", text, flags=re.M)
        texts.append(text if part == parts[-1] else re.sub(r"^export (?!default)", "", text, flags=re.M))
    return "\n".join(texts)


class Microscope(anywidget.AnyWidget):
    """One recurrent bundle under the microscope, in Jupyter or in a page.

    Everything is recomputed in the browser. The weights travel once: fetched from `url` where there
    is one, else as a binary message when the browser asks for them.

    Args:
        bundle: of a recurrent architecture.
        url: where the browser fetches the weights, as "/api/models/lstm.sine/files/weights.safetensors".
        window: [L] to begin with, in the series' units; by default drawn from the model's signal.
        view: what is looked at, as words that fit into a link: `draw` the number of the window that the signal
            draws; `t` the step and `ahead` the step ahead, from 1 on; `unit`; `scope` one or all; `sort` off;
            `freeze` as "f0~o1_5" (the forget gate at 0, the output gate of unit 5 at 1); `ablate` as "3~5"; `order`
            reverse or shuffle0, shuffle1, ...; `values` as "20_0.5" (the 20th is 0.5). The browser ignores or clamps
            what cannot be, and says here what it shows.
        follow: compute the Bayes forecast at every change. A page that must not wait asks for `bayes_of` itself.

    Raises:
        InputError: no recurrent architecture, a window longer than can be shown, or one of another length.
        IntegrityError: the weights are damaged.
    """

    _esm = module()
    _css = (HERE / "widget.css").read_text("utf-8")

    name = traitlets.Unicode().tag(sync=True)
    architecture = traitlets.Unicode().tag(sync=True)
    url = traitlets.Unicode().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    window = traitlets.List(traitlets.Float()).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    scale = traitlets.List(traitlets.Float(), [0.0, 1.0]).tag(sync=True)
    best_linear = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    best_linear_bias = traitlets.List(traitlets.Float()).tag(sync=True)
    bayes = traitlets.Dict().tag(sync=True)
    signal = traitlets.Dict().tag(sync=True)
    standings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What the Bayes forecast is, see `floors.standing`: of a window that the signal drew, and of any other."""
    outside = traitlets.Unicode().tag(sync=True)
    """What about the window lies outside what training saw, in one sentence; see `familiarity`."""
    is_given = traitlets.Bool().tag(sync=True)
    """Whether the window to begin with was given, not drawn."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        url: str = "",
        window: list[float] | None = None,
        view: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> None:
        facts = bundle.manifest
        length, horizon = facts.contract.context_length, min(facts.contract.horizon, FARTHEST)
        if facts.architecture not in CELLS:
            raise InputError(
                f"{facts.name} is of the architecture {facts.architecture!r}, which has no gates and states to look "
                f"at; {', '.join(CELLS)} have."
            )
        if not 2 <= length <= LONGEST:
            raise InputError(f"{facts.name} reads {length:,} values; the microscope shows windows of 2 to {LONGEST}.")
        self._weights = b"" if url else bundle.read(WEIGHTS)
        self._signal: Signal = facts.process
        if window is not None and (len(window) != length or not np.isfinite(window).all()):
            raise InputError(f"a window of {facts.name} has {length} finite values, got {len(window)}.")
        self._given, self._draw = window, _whole(view or {}, "draw", 0, DRAWS - 1)
        window = self._drawn(length)
        linear = best_linear(self._signal, length, horizon)
        super().__init__(
            name=facts.name,
            architecture=facts.architecture,
            url=url,
            view=dict(view or {}),
            window=window,
            start=window,
            scale=[facts.contract.scaling.center, facts.contract.scaling.scale],
            best_linear=linear.weights.tolist(),
            best_linear_bias=linear.bias.tolist(),
            signal={"family": facts.source.family, **dataclasses.asdict(self._signal)},
            standings=[standing(self._signal, own=own) for own in (False, True)],
            is_given=self._is_given,
        )
        self.bayes, self.outside = self.bayes_of(), self.outside_of()
        self.on_msg(self._answer)
        self.observe(self._redraw, "view")
        if follow:
            self.observe(self._follow, ["window", "view"])

    def bayes_of(self) -> dict[str, Any]:
        """The Bayes forecast of the window, as far ahead as is looked at, and its derivative [L] by central
        differences; empty where the window is none, or the noise is too small for the quadrature."""
        window = list(self.window)
        if len(window) != len(self.start) or not np.isfinite(window).all():
            return {}
        ahead = _whole(self.view, "ahead", 1, len(self.best_linear))
        try:
            found = of_bayes(self._signal, np.asarray(window), ahead)
        except InputError:
            return {}
        slope = found.derivative.tolist()
        return {"window": window, "ahead": ahead, "forecast": found.forecast, "derivative": slope}

    def outside_of(self) -> str:
        """What about the window lies outside what training saw, in one sentence; empty where nothing does."""
        window = np.asarray(self.window)
        if len(window) != len(self.start) or not np.isfinite(window).all():
            return ""
        outside = familiarity.of(self._signal, len(window)).find(window[None])
        return "" if outside is None else outside.note

    def _answer(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        """Send the weights to a browser that asks for them."""
        if content == {"kind": "weights"}:
            self.send({"kind": "weights"}, buffers=[self._weights])

    @property
    def _is_given(self) -> bool:
        return self._given is not None and self._draw == 0

    def _drawn(self, length: int) -> list[float]:
        if self._given is not None and self._draw == 0:
            return self._given
        drawn: list[float] = self._signal.draw(1, length, 1, np.random.default_rng(self._draw)).context[0].tolist()
        return drawn

    def _redraw(self, change: dict[str, Any]) -> None:
        """Begin with another window where the view asks for one; the browser answers with `window`."""
        asked = _whole(change["new"], "draw", 0, DRAWS - 1)
        if asked != self._draw:
            self._draw = asked
            self.is_given = self._is_given
            self.start = self._drawn(len(self.start))

    def _follow(self, _change: dict[str, Any]) -> None:
        found = self.bayes_of()
        if found:
            self.bayes = found
        self.outside = self.outside_of()


def _whole(view: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """A whole number of a view within its bounds; the lowest where it is none."""
    text = str(view.get(key, low))
    return min(max(int(text), low), high) if text.isascii() and text.isdecimal() and len(text) < 10 else low


def look_inside(name: str | Path, *, url: str = "") -> Microscope:
    """The microscope on a recurrent model of the zoo, one's own, or a bundle's folder.

    Raises:
        UnknownNameError: no such model.
        InputError: a reference, or an architecture that is not recurrent.
        BundleError: the bundle cannot be used.
    """
    return Microscope(open_bundle(find(name)), url=url)


__all__ = ["Microscope", "look_inside"]
