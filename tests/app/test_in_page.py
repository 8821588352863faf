"""A view that the page draws, and what it asks the server for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest

from seqzoo.app.model.in_page import PageView
from seqzoo.errors import InputError


@pytest.mark.parametrize(
    ("fault", "words"), [(InputError("the window is too long."), "too long"), (ZeroDivisionError(), "log says why")]
)
def test_a_page_that_waits_for_a_forecast_is_told_of_every_fault(fault: Exception, words: str) -> None:
    told: list[tuple[Any, ...]] = []

    def forecast(*_: Any) -> None:
        raise fault

    model = SimpleNamespace(name="mine.sine", forecast=forecast)
    view: Any = SimpleNamespace(
        _slopes=None, visit=SimpleNamespace(model=model), run_method=lambda *given: told.append(given)
    )

    async def answer() -> None:
        await PageView._answer(view, 7, np.zeros(20), 1, None)

    if isinstance(fault, InputError):
        anyio.run(answer)
    else:
        with pytest.raises(type(fault)):  # which the log then has
            anyio.run(answer)
    ((method, number, result, reason),) = told
    assert (method, number, result) == ("answered", 7, None) and words in reason
