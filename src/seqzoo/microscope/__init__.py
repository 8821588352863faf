"""The microscope: a widget that computes a recurrent cell in the browser and shows every gate and state of it.

Its parts are plain ES modules, which a page can import one by one; the widget is given them as one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..bundle import WEIGHTS, Bundle, open_bundle
from ..errors import InputError, MissingExtraError
from ..floors import best_linear
from ..runtime.reference import CELLS
from ..sensitivity import of_bayes
from ..shelf import find
from ..signals import Signal, make

try:
    import anywidget
    import traitlets
except ImportError:
    raise MissingExtraError("the microscope", "app") from None

PARTS = ("cell.js", "draw.js", "words.js", "paint.js", "widget.js")
HERE = Path(__file__).parent
LONGEST = 200  # values of a window: more do not fit beside one another


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
        window: [L] to begin with, in the series' units; by default one drawn from the model's signal.

    Raises:
        InputError: no recurrent architecture, a window longer than can be shown, or one of another length.
        IntegrityError: the weights are damaged.
    """

    _esm = module()
    _css = (HERE / "widget.css").read_text("utf-8")

    name = traitlets.Unicode().tag(sync=True)
    architecture = traitlets.Unicode().tag(sync=True)
    url = traitlets.Unicode().tag(sync=True)
    window = traitlets.List(traitlets.Float()).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    scale = traitlets.List(traitlets.Float(), [0.0, 1.0]).tag(sync=True)
    best_linear = traitlets.List(traitlets.Float()).tag(sync=True)
    best_linear_bias = traitlets.Float(0.0).tag(sync=True)
    bayes = traitlets.Dict().tag(sync=True)
    sine = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(self, bundle: Bundle, *, url: str = "", window: list[float] | None = None) -> None:
        facts = bundle.manifest
        length = facts.contract.context_length
        if facts.architecture not in CELLS:
            raise InputError(
                f"{facts.name} is of the architecture {facts.architecture!r}, which has no gates and states to look "
                f"at; {', '.join(CELLS)} have."
            )
        if not 2 <= length <= LONGEST:
            raise InputError(f"{facts.name} reads {length:,} values; the microscope shows windows of 2 to {LONGEST}.")
        self._weights = b"" if url else bundle.read(WEIGHTS)
        self._signal: Signal = make(facts.signal.family, facts.signal.parameters)
        if window is None:
            window = self._signal.draw(1, length, 1, np.random.default_rng(0)).context[0].tolist()
        elif len(window) != length or not np.isfinite(window).all():
            raise InputError(f"a window of {facts.name} has {length} finite values, got {len(window)}.")
        linear = best_linear(self._signal, length)
        waves = facts.signal.parameters
        super().__init__(
            name=facts.name,
            architecture=facts.architecture,
            url=url,
            window=window,
            start=window,
            scale=[facts.contract.normaliser.center, facts.contract.normaliser.scale],
            best_linear=linear.weights[0].tolist(),
            best_linear_bias=float(linear.bias[0]),
            bayes=_bayes(self._signal, window),
            sine=[waves["amplitude"], waves["angular_frequency"]] if facts.signal.family == "sine" else [],
        )
        self.on_msg(self._answer)
        self.observe(self._follow, "window")

    def _answer(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        """Send the weights to a browser that asks for them."""
        if content == {"kind": "weights"}:
            self.send({"kind": "weights"}, buffers=[self._weights])

    def _follow(self, change: dict[str, Any]) -> None:
        window = change["new"]
        if len(window) == len(self.start) and np.isfinite(window).all():
            self.bayes = _bayes(self._signal, window)


def microscope(name: str | Path, *, url: str = "") -> Microscope:
    """The microscope on a recurrent model of the zoo, one's own, or a bundle's folder.

    Raises:
        UnknownNameError: no such model.
        InputError: a reference, or an architecture that is not recurrent.
        BundleError: the bundle cannot be used.
    """
    return Microscope(open_bundle(find(name)), url=url)


def _bayes(signal: Signal, window: list[float]) -> dict[str, Any]:
    """The Bayes forecast of a window [L] one step ahead, and its derivative [L]."""
    found = of_bayes(signal, np.asarray(window))
    return {"window": list(window), "forecast": found.forecast, "derivative": found.derivative.tolist()}


__all__ = ["Microscope", "microscope"]
