"""The figure of a training: plain numbers on its axes, and the layout that matplotlib gives it."""

from __future__ import annotations

import contextlib
import re

import pytest

from seqzoo.evaluation import plots
from seqzoo.training.loop import Evaluation


@pytest.mark.parametrize(
    ("floors", "last", "expected"),
    [
        ({"bayes": 0.01, "last_value": 0.02}, 6_000, {"100", "1,000", "200", "500", "2,000", "100%", "50%"}),
        ({"bayes": 0.01, "last_value": 0.02}, 90_000_000, {"100", "1,000,000", "50%"}),
        ({"last_value": 50.0}, 6_000, {"1,000", "50", "100"}),
    ],
)
def test_its_axes_have_numbers_without_formulas_and_more_of_them_where_they_are_short(
    floors: dict[str, float], last: int, expected: set[str]
) -> None:
    excess = 0.3 if "bayes" in floors else None
    history = [Evaluation(step, windows, 1.0, 0.1, excess, 60.0) for step, windows in ((2, 100), (9, last))]
    drawn = plots.rendered(plots.history_figure("a.model", history, floors), "svg").decode()
    texts = re.findall(r">([^<>]+)</text>", drawn)
    assert expected <= set(texts)
    assert ("500" in texts) == (last < 10_000) and not any("10" in text and "^" in text for text in texts)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_it_has_the_layout_that_matplotlib_gives_it_by_drawing_it_twice(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [Evaluation(step, 100 * step, 1.0, 0.1, 0.3, 60.0) for step in (2, 9)]

    def drawn() -> list[bytes]:
        figure = plots.history_figure("a.model", history, {"bayes": 0.01, "last_value": 0.02})
        return [plots.rendered(figure, kind) for _ in range(2)]

    once = drawn()
    monkeypatch.setattr(plots, "_laid_out", lambda *_: contextlib.nullcontext())
    assert once == drawn()
