"""The page of all terms: each in one sentence, with a small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from .._glossary import TERMS

GROUPS = {
    "Forecasts and their errors": (
        "Bayes", "best linear", "straight line", "last value", "truth", "noise", "floor", "excess", "skill", "direct",
        "recursive", "90% interval", "split conformal", "coverage", "Holm",
    ),
    "What a forecast depends on": (
        "influence of each input", "cosine", "input", "switched off", "Gramian angular field",
    ),
    "Inside a recurrent network": (
        "cell state", "hidden state", "forget gate", "input gate", "output gate", "candidate g", "update gate",
        "reset gate", "candidate n", "answer so far", "contribution", "switch off", "path",
    ),
    "Training and shipping": ("SOAP", "bundle", "golden tensors"),
}  # fmt: skip
NAMES = {"noise": "noise floor", "path": "path of the hidden state", "switched off": "a part switched off",
         "switch off": "switch off a unit"}  # fmt: skip
DESCRIPTION = "Every term of the pages in one sentence, with a picture."

Place = tuple[float, float]
WINDOW = ((8.0, 44.0), (22.0, 35.0), (36.0, 31.0), (50.0, 22.0), (64.0, 19.0))  # values of a window, in pixels


def _path(d: str, kind: str = "") -> str:
    return f'<path d="{d}" class="{kind}"/>'


def _through(places: Sequence[Place], kind: str = "") -> str:
    return _path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places), kind)


def _dots(places: Sequence[Place], kind: str = "seen", radius: float = 2.6) -> str:
    return "".join(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind} full"/>' for x, y in places)


def _bars(ends: Sequence[tuple[float, float, float]], kind: str = "") -> str:
    """Upright strokes, each (x, from, to)."""
    return _path("".join(f"M{x:g} {low:g}V{high:g}" for x, low, high in ends), f"{kind} wide")


def _wave(first: float, last: float, shift: float = 0.0, kind: str = "") -> str:
    """A sine of the period of 96 pixels."""
    every = [first + (last - first) * n / 40 for n in range(41)]
    return _through([(x, 30 - 18 * math.sin((x - shift) * 2 * math.pi / 96)) for x in every], kind)


def _arrow(x: float, y: float, dx: float, dy: float, kind: str = "") -> str:
    size = math.hypot(dx, dy)
    a, b = 5 * dx / size, 5 * dy / size
    head = f"l{-a - 0.6 * b:.1f} {-b + 0.6 * a:.1f}M{x + dx:g} {y + dy:g}l{-a + 0.6 * b:.1f} {-b - 0.6 * a:.1f}"
    return _path(f"M{x:g} {y:g}l{dx:g} {dy:g}{head}", kind)


def _box(x: float, y: float, width: float, height: float, kind: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" class="{kind}"/>'


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{words}</text>'


def _valve(x: float, y: float, kind: str = "model") -> str:
    """A valve in a pipe from left to right."""
    return _path(f"M{x - 8:g} {y - 7:g}l16 14v-14l-16 14z", f"{kind} tint") + _path(f"M{x:g} {y:g}v-12m-5 0h10", kind)


def _cell() -> str:
    return _box(44, 16, 32, 28) + '<rect x="46" y="28" width="28" height="14" rx="3" class="model tint none"/>'


def _tanh(kind: str) -> str:
    curve = [(20 + 2 * n, 30 - 20 * math.tanh((n - 20) / 6)) for n in range(41)]
    return _path("M20 10h80M20 50h80", "thin") + _through(curve, kind) + _text(108, 14, "1") + _text(108, 54, "−1")


def _grid(x: float, y: float, shades: Sequence[float]) -> str:
    """Squares of three columns, each as dark as its shade from 0 to 1."""
    return "".join(
        f'<rect x="{x + 11 * (n % 3):g}" y="{y + 11 * (n // 3):g}" width="10" height="10" class="model full" '
        f'opacity="{shade:g}"/>' for n, shade in enumerate(shades)
    )  # fmt: skip


_SEEN = _dots(WINDOW)
_SHADES = (0.9, 0.3, 0.6, 0.2, 0.8, 0.4, 0.5, 0.25, 1.0)
PICTURES = {
    "Bayes": _SEEN + _wave(66, 118, -36, "thin") + _wave(66, 118, -28, "thin") + _wave(66, 118, -20, "thin")
    + _path("M82 7l6 6l-6 6l-6-6z", "bayes full"),
    "best linear": _dots([(x, y - 12) for x, y in WINDOW])
    + _bars([(x, 56, 56 - 3 * n - 3) for n, (x, _) in enumerate(WINDOW)], "best-linear")
    + _arrow(76, 30, 22, 0) + _path("M104 24l6 11h-12z", "best-linear full"),
    "straight line": _SEEN + _path("M4 44L112 1", "line"),
    "last value": _SEEN + _path("M64 19h48", "last-value dash"),
    "truth": _wave(6, 114, 10, "truth")
    + _dots([(10, 33), (26, 9), (42, 17), (58, 27), (74, 49), (90, 40), (106, 28)]),
    "noise": _path("M6 20h108M6 40h108", "thin") + _path("M6 30h108", "truth")
    + _dots([(14, 24), (30, 38), (46, 28), (62, 19), (78, 35), (94, 31), (108, 41)]),
    "floor": _path("M8 8c14 34 34 38 104 38", "model") + _path("M8 50h104", "bayes dash"),
    "excess": _bars([(42, 54, 22)], "bayes thick") + _bars([(78, 54, 22)], "seen thick")
    + _bars([(78, 22, 10)], "below thick") + _path("M30 22h64", "thin"),
    "skill": _path("M14 34h92") + _bars([(14, 28, 40), (106, 28, 40)]) + _dots([(84, 34)], "model", 5)
    + _text(14, 56, "0") + _text(106, 56, "1"),
    "direct": _box(10, 20, 26, 20) + "".join(_arrow(40, 30, 48, dy, "model") for dy in (-20, -7, 7, 20))
    + _dots([(96, 10), (96, 23), (96, 37), (96, 50)], "model"),
    "recursive": _box(40, 26, 34, 22) + _arrow(78, 37, 26, 0, "model") + _arrow(12, 37, 24, 0)
    + _path("M92 34C92 4 26 4 26 32m-4-5l4 5l4-5", "model"),
    "90% interval": _SEEN + _bars([(92, 2, 32)], "model thick tint") + _dots([(92, 17)], "model", 4),
    "split conformal": _bars([(12 + 10 * n, 54, 50 - 0.45 * n * n) for n in range(11)], "seen")
    + _path("M6 14h108", "model dash"),
    "coverage": _path("M6 14h108v30h-108z", "model tint none")
    + _dots([(14, 20), (26, 36), (38, 28), (50, 40), (62, 24), (74, 33), (86, 19), (98, 38), (108, 27)])
    + _dots([(68, 54)], "below", 3.4),
    "Holm": _path("M10 46h26v-10h26v-12h26v-14h22", "dash") + _dots([(23, 52), (49, 41), (75, 12)], "model", 3.4),
    "influence of each input": _bars([(8, 40, 45), (22, 40, 37), (36, 40, 31), (50, 40, 23), (64, 40, 10)], "model")
    + _path("M4 40h66", "thin") + _arrow(76, 30, 24, 0) + _dots([(108, 30)], "model", 4),
    "cosine": _arrow(20, 50, 70, -10, "model") + _arrow(20, 50, 46, -38, "bayes") + _path("M50 46a30 30 0 0 0 -8-14"),
    "input": _SEEN + _path("M50 22v-17m-4 5l4-5l4 5M50 22v17m-4-5l4 5l4-5", "model") + _dots([(50, 22)], "model", 4),
    "switched off": _box(14, 14, 30, 30) + _path("M16 16l26 26M42 16l-26 26", "below") + _path("M62 44h50", "thin")
    + _dots([(74, 22)], "seen", 4) + _arrow(80, 24, 14, 10) + _dots([(100, 37)], "model", 4),
    "Gramian angular field": _through([(8, 44), (18, 30), (28, 38), (38, 16)]) + _arrow(48, 30, 20, 0)
    + _grid(78, 13, (1.0, 0.5, 0.2, 0.5, 1.0, 0.6, 0.2, 0.6, 1.0)),
    "cell state": _cell() + _arrow(14, 22, 26, 2) + _arrow(14, 42, 26, -3, "model") + _arrow(80, 30, 26, 0),
    "hidden state": _box(12, 30, 30, 22) + _box(78, 30, 30, 22) + _arrow(46, 41, 28, 0, "model")
    + _arrow(27, 26, 0, -20, "model"),
    "forget gate": _path("M4 34h38M78 34h38") + _valve(28, 34) + _cell(),
    "input gate": _path("M60 4v12") + _cell() + _path("M4 50h28c8 0 12-4 12-8") + _valve(22, 50),
    "output gate": _cell() + _path("M76 30h40") + _valve(96, 30),
    "candidate g": _tanh("model"),
    "update gate": _path("M6 16h36c12 0 14 14 26 14h46M6 46h36c12 0 14-16 26-16") + _valve(26, 16)
    + _valve(26, 46, "bayes"),
    "reset gate": _path("M6 32h72") + _valve(36, 32) + _box(80, 20, 32, 24) + _text(96, 37, "n"),
    "candidate n": _tanh("bayes"),
    "answer so far": _SEEN + _path("M57 58V4", "dash") + _path("M44 13h12", "model")
    + _path("M30 22h12M16 27h12M58 11h12", "model"),
    "contribution": _bars([(24, 48, 20)], "seen thick") + _text(46, 38, "×") + _bars([(66, 48, 30)], "thick")
    + _text(86, 38, "=") + _bars([(104, 48, 36)], "model thick"),
    "switch off": _path("M22 14L60 30M22 46L60 30M60 30L100 14M60 30L100 46", "thin")
    + _dots([(22, 14), (22, 46), (100, 14), (100, 46)], "seen", 5) + _path("M52 22l16 16M68 22l-16 16", "below"),
    "path": _path("M14 46c8-40 40-44 52-22s34 30 40-10", "model")
    + _dots([(14, 46), (27, 21), (47, 11), (66, 24), (86, 37), (106, 14)], "seen"),
    "SOAP": '<g transform="rotate(-24 60 30)"><ellipse cx="60" cy="30" rx="50" ry="18" class="thin"/>'
    '<ellipse cx="60" cy="30" rx="28" ry="10" class="thin"/>' + _arrow(106, 30, -40, 0, "model")
    + _arrow(60, 6, 0, 19, "model") + "</g>",
    "bundle": _path("M14 16h24l6 7h62v29h-92z")
    + _bars([(34, 46, 34), (50, 46, 30), (66, 46, 38), (82, 46, 32)], "model"),
    "golden tensors": _grid(16, 14, _SHADES) + _text(60, 36, "=") + _grid(72, 14, _SHADES),
}  # fmt: skip


def body() -> str:
    """The page within its frame, as HTML; its style sheet is css/glossary.css."""
    groups = "".join(
        f'<h2>{group}</h2><ul class="glossary">{"".join(map(_entry, words))}</ul>' for group, words in GROUPS.items()
    )
    return (
        '<h1>The words of these pages</h1><p class="intro">Each term in one sentence. On the other pages, a word '
        f"with a dotted underline shows its sentence when you point at it, reach it by key or touch it.</p>{groups}"
    )


def _entry(word: str) -> str:
    name = NAMES.get(word, word)
    drawing = f'<svg viewBox="0 0 120 60" aria-hidden="true">{PICTURES[word]}</svg>'
    key = word.replace(" ", "-").replace("%", "")
    return (
        f'<li id="{key}">{drawing}<div><h3>{name[:1].upper()}{escape(name[1:])}</h3>'
        f"<p>{escape(TERMS[word])}</p></div></li>"
    )
