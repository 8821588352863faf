"""The window that all views of a model show, without a page: what the address says, and what is written there."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from seqzoo.app.model import own_window
from seqzoo.app.model.inside.microscope import _Microscope
from seqzoo.app.model.own_window import Pasted
from seqzoo.app.model.visit import Visit
from seqzoo.app.model.window import SignalWindow, window_of
from seqzoo.app.ui import charts
from seqzoo.forecasters.protocol import has_bundle
from seqzoo.runtime.repository import Repository
from seqzoo.signals import Sine


def window(name: str = "lstm.sine", **query: str) -> SignalWindow:
    repository = Repository(engine="onnx")
    visit = Visit(repository, name, repository.describe(name), query)
    visit._writing = True  # no page is there to write to
    shown = window_of(visit)
    assert isinstance(shown, SignalWindow) and window_of(visit) is shown
    return shown


def test_changed_values_are_short_in_the_address_and_nonsense_is_left_out() -> None:
    changes = {0: 0.5, 14: -0.8312}
    assert own_window.written_changes(changes) == "1_0.5~15_-0.8312"
    assert own_window.read_changes("1_0.5~15_-0.8312", 20) == changes
    assert own_window.read_changes("0_1~21_1~x_1~3_~4_nan~5_1e400~²_1~6_1_2~7", 20) == {}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"phase": "1", "seed": "9", "noise": "0"}, np.sin(0.02 * np.arange(-20, 0) + 1)),
        ({"draw": "4"}, Sine().draw(1, 20, 1, np.random.default_rng(4)).context[0]),
        ({"draw": "x", "dragged": "_".join(["0.25"] * 20)}, np.full(20, 0.25)),
        ({"pasted": "_".join(["0.5"] * 20), "values": "20_1"}, [0.5] * 19 + [1.0]),
    ],
)  # fmt: skip
def test_an_address_gives_the_window_of_the_sliders_of_a_number_or_of_the_visitor(query: Any, expected: Any) -> None:
    shown = window(**query)
    np.testing.assert_allclose(shown.context(), expected)
    assert shown.is_own == (not {"phase", "draw"} & query.keys() or "dragged" in query)


def test_every_change_is_in_the_address_and_another_window_drops_the_changes_of_the_one_before() -> None:
    shown = window(draw="4")
    query, start = shown.visit.query, shown.start
    shown.drag(3, 0.123456)
    assert query == {"draw": "4", "values": "4_0.12346"} and shown.context()[3] == 0.12346
    shown.change(np.array(start))
    assert query == {"draw": "4"} and not shown.is_own
    shown.drag(0, 1.0)
    shown.renew()
    assert query == {"draw": "5"}
    np.testing.assert_array_equal(shown.context(), Sine().draw(1, 20, 1, np.random.default_rng(5)).context[0])
    shown.turn("noise", 0.3)
    assert query == {"noise": "0.3"} and shown.signal() == Sine(sigma=0.3)
    shown.give(Pasted(np.full(20, 7.0)))
    assert query == {"noise": "0.3", "pasted": "_".join(["7"] * 20)} and shown.signal() == Sine()
    shown.renew_noise()
    assert query == {"noise": "0.3", "seed": "4"} and shown.version == 7


def test_a_window_that_back_has_left_writes_nothing_and_a_view_that_reads_in_a_thread_keeps_its_values() -> None:
    shown = window(draw="4")
    read = shown.changes
    shown.drag(3, 0.5)
    assert read == {} and shown.changes == {3: 0.5}
    shown.visit.window = None
    before = dict(shown.visit.query)
    shown.drag(4, 0.5)
    shown.turn("noise", 0.3)
    shown.renew_noise()
    assert shown.visit.query == before


def test_a_look_that_was_sent_before_the_browser_knew_the_window_changes_nothing() -> None:
    shown = window()
    known = shown.visit.known
    assert has_bundle(known)
    view = _Microscope(shown.visit, known.bundle)
    view.element = cast(Any, SimpleNamespace(window=shown.context().tolist(), view={}))
    shown.turn("noise", 0.5)  # the browser will be told of it
    view._looked()
    assert not shown.is_own and shown.visit.query == {"noise": "0.5"}


def test_values_outside_training_are_ringed_and_the_farthest_says_how_far() -> None:
    model = window().visit.known
    values = np.zeros(20)
    assert charts.outside(model.outside(values), np.arange(20), values) == []
    values[[2, 17]] = 3.0, -45.0
    (rings,) = charts.outside(model.outside(values), np.arange(20), values)
    assert rings["data"][0] == [2.0, 3.0] and rings["data"][1]["value"] == [17.0, -45.0]
    label = rings["data"][1]["label"]
    assert label["formatter"] == "outside what\nthis model has seen:\n63 standard deviations"  # 45 / sqrt(0.51)
    assert label["position"] == "left"


def test_a_view_is_drawn_again_when_it_is_opened_after_another_has_changed_the_window() -> None:
    shown, redrawn = window(), []

    async def redraw() -> None:
        redrawn.append(shown.version)
        shown.shows("predict", shown.version)

    shown.follow("predict", redraw)
    opened = shown.visit.when_opened["predict"]
    shown.shows("predict", shown.version)
    asyncio.run(opened())
    shown.drag(3, 0.5)
    for _ in range(2):
        asyncio.run(opened())
    assert redrawn == [1]
