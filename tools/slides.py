"""Draws the figures for lectures, docs/img/slide-*.svg, from shipped bundles. Run by `make slides`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from seqzoo import _palette
from seqzoo.bundles import history, shelf, store
from seqzoo.evaluation import plots
from seqzoo.forecasters.table import label
from seqzoo.runtime import Predictor
from seqzoo.signals import Sine

IMAGES = Path(__file__).parent.parent / "docs" / "img"
WIDE = 8.0, 4.5  # inches, 16:9


def floor() -> Figure:
    """The excess of every shipped model of the sine, beside the best weighted sum and the last value."""
    manifests = [store.open_bundle(path).manifest for path in sorted(store.SHIPPED.glob("*.sine*"))]
    manifests = [facts for facts in manifests if facts.source.key == "sine" and facts.contract.horizon == 1]
    floors = manifests[0].score.floors
    rows = [(facts.score.excess[0], facts.name, "model") for facts in manifests if facts.score.excess]
    rows += [(floors[name] / floors["bayes"] - 1, label(name), name) for name in ("best_linear", "last_value")]
    rows.sort(reverse=True)
    figure, (axes,) = plots.panels(1, *WIDE)
    axes.barh([row[1] for row in rows], [row[0] for row in rows], color=[_palette.light(row[2]) for row in rows])
    axes.bar_label(axes.containers[0], [f"{row[0]:.2%}" for row in rows], padding=3)
    axes.set_xscale("log")
    plots.percent_ticks(axes.xaxis)
    axes.set(xlim=(0.001, 3), xlabel="excess over the best possible forecast", title="How far from optimal?")
    return figure


def phase() -> Figure:
    """What a window tells about the phase, after 1, 3, 8 and 20 values."""
    signal, phases = Sine(), np.linspace(0, 2 * np.pi, 720, endpoint=False)
    window = signal.draw(1, 20, 1, np.random.default_rng(3)).context[0]
    figure, (axes,) = plots.panels(1, *WIDE)
    for count, colour in zip((1, 3, 8, 20), _palette.MODELS, strict=False):
        clean = np.sin(signal.angular_frequency * np.arange(count) + phases[:, None])
        likelihood = np.exp(-0.5 * ((window[:count] - clean) ** 2).sum(axis=1) / signal.sigma**2)
        name = f"after {count} value{'s' if count > 1 else ''}"
        axes.plot(np.degrees(phases), likelihood / likelihood.sum(), color=_palette.light(colour), label=name)
    axes.set(xlabel="phase in degrees", ylabel="probability", title="One value leaves two phases")
    axes.legend(frameon=False)
    return figure


def plateau() -> Figure:
    """The course of the training of lstm.sine, beside the best weighted sum."""
    bundle = store.open_bundle(shelf.find("lstm.sine"))
    course, floors = history.of(bundle), bundle.manifest.score.floors
    linear = floors["best_linear"] / floors["bayes"] - 1
    figure, (axes,) = plots.panels(1, *WIDE)
    axes.loglog([one.step for one in course], [one.excess for one in course], color=_palette.light("model"))
    axes.axhline(linear, color=_palette.light("best_linear"), linestyle="--")
    axes.text(10, linear * 1.15, f"best weighted sum, {linear:.1%}", color=_palette.light("best_linear"))
    plots.percent_ticks(axes.yaxis)
    axes.set(xlabel="step", ylabel="excess", title="lstm.sine falls to the weighted sum, then beyond it")
    return figure


def gates() -> Figure:
    """The gates of unit 1 of lstm.recall-k4, by the distance from the cue: means over 4,000 windows."""
    model = Predictor(store.SHIPPED / "lstm.recall-k4", "numpy")
    context = model.signal.draw(4000, 20, 1, np.random.default_rng(2**31 + 1)).context
    cue = context.argmax(axis=1)
    rows = np.flatnonzero((cue >= 5) & (cue <= 14))
    trace, distances = model.trace(context[rows][:, :, None]), np.arange(-4, 6)
    figure, (axes,) = plots.panels(1, *WIDE)
    for name, title, colour in (("i", "input gate", _palette.MODELS[0]), ("f", "forget gate", _palette.MODELS[1])):
        values = [trace[name][np.arange(len(rows)), cue[rows] + far, 1].mean() for far in distances]
        axes.plot(distances, values, "o-", color=_palette.light(colour), label=title)
    axes.set(xticks=distances, xlabel="steps after the cue", ylabel="open", ylim=(-0.05, 1.05))
    axes.set_title("One step after the cue, unit 1 clears its cell and takes the value up")
    axes.legend(frameon=False)
    return figure


def main() -> None:
    for draw in (floor, phase, plateau, gates):
        plots.save(draw(), IMAGES / f"slide-{draw.__name__}.svg")


if __name__ == "__main__":
    main()
