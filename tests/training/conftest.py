"""Training at a size at which its own tests are quick."""

from __future__ import annotations

import pytest

from seqzoo.training import loop


@pytest.fixture(scope="module", autouse=True)
def few_validation_windows():
    """Weights are chosen by few windows: to evaluate 4,096 of them takes longer than these runs do otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "VALIDATION_WINDOWS", 256)
        yield
