"""A small drawing of each model for the gallery: its forecasts one step ahead against the truth, computed by it."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from .. import shelf
from ..errors import SeqzooError
from ..runtime import Predictor, closed_form
from ..runtime.repository import Model, Repository
from ..signals import Recall
from .kept import Kept
from .visit import identity

WIDTH, HEIGHT, EDGE = 330, 132, 14
POINTS = 130  # forecasts along a drawing
SEED = 7

_STYLE = """<style>
.n{fill:#8c8c8c;opacity:.75}.t{fill:none;stroke:#222;stroke-width:1.3}.f{fill:none;stroke:#0072b2;stroke-width:2.2;
stroke-linejoin:round}.d{fill:#0072b2;opacity:.7}.g{stroke:#8c8c8c;stroke-dasharray:3 3}
@media (prefers-color-scheme:dark){.t{stroke:#dfe3e8}.f{stroke:#56b4e9}.d{fill:#56b4e9}}</style>"""

_drawn: Kept[str, bytes] = Kept(300)
_one_at_a_time = threading.Lock()


def of(repository: Repository, name: str) -> bytes:
    """The drawing as SVG; computed at the first call, through onnx, without entering the model into memory.

    A model that cannot be run has an empty drawing: opening it says why.

    Raises:
        UnknownNameError: no such model.
    """
    repository.describe(name)
    try:
        fresh = closed_form.find(name) or Predictor(shelf.find(name), "onnx")
        key = identity(name, fresh)
        with _one_at_a_time:
            return _drawn.get(key) or _drawn.put(key, _drawing(fresh).encode())
    except SeqzooError:
        return _svg("").encode()


def _drawing(model: Model) -> str:
    rng = np.random.default_rng(SEED)
    if model.signal.episodic or isinstance(model.signal, Recall):
        draw = model.signal.draw(POINTS, model.context_length, 1, rng)
        said = model.predict(draw.context.astype(np.float32)[:, :, None])[:, 0]
        return _scatter(draw.clean[:, 0], said)
    length, ahead = model.context_length, model.horizon
    if ahead > 1:
        draw = model.signal.draw(1, 3 * length, ahead, rng)
        said = model.forecast(draw.context[0], ahead)[0]
        seen, truth = np.concatenate([draw.context[0], draw.target[0]]), draw.clean[0]
        start = 3 * length
    else:
        seen, clean = _series(model, length + 2 * POINTS)
        stride = np.arange(0, 2 * POINTS, 2)
        windows = np.lib.stride_tricks.sliding_window_view(seen, length)[stride].astype(np.float32)
        said, truth = model.predict(windows[:, :, None])[:, 0], clean[length:][stride]
        seen, start = seen[length:][stride], 0
    low, high = float(min(seen.min(), said.min())), float(max(seen.max(), said.max()))
    x = np.linspace(EDGE, WIDTH - EDGE, len(seen))

    def y(values: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(HEIGHT - EDGE - (values - low) / ((high - low) or 1.0) * (HEIGHT - 2 * EDGE))

    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.7"/>' for a, b in zip(x, y(seen), strict=True))
    return _svg(
        f'<g class="n">{dots}</g><path class="t" d="{_path(x[start:], y(truth))}"/>'
        f'<path class="f" d="{_path(x[start:], y(said))}"/>'
    )


def _series(model: Model, length: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Observed and clean values of one realisation, [T] each."""
    rng = np.random.default_rng(SEED)
    clean = model.signal.clean(1, length - 1, 1, rng)[0]
    return clean + model.signal.sigma * rng.standard_normal(length), clean


def _scatter(truth: NDArray[np.floating], said: NDArray[np.floating]) -> str:
    reach = float(np.abs(truth).max()) or 1.0

    def place(values: NDArray[np.floating], size: int) -> NDArray[np.floating]:
        return np.asarray(size / 2 + np.clip(values / reach, -1.1, 1.1) * (HEIGHT / 2 - EDGE))

    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{HEIGHT - b:.1f}" r="2.2"/>'
        for a, b in zip(place(truth, WIDTH), place(said, HEIGHT), strict=True)
    )
    half, middle = HEIGHT / 2 - EDGE, WIDTH / 2
    line = f'<path class="g" d="M{middle - half} {HEIGHT - EDGE}L{middle + half} {EDGE}"/>'
    return _svg(f'{line}<g class="d">{dots}</g>')


def _path(x: NDArray[np.floating], y: NDArray[np.floating]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _svg(inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid meet">'
        f"{_STYLE}{inside}</svg>"
    )
