"""Training at a size at which its own tests are quick."""

from __future__ import annotations

import pytest

from seqzoo.training import validation
from support.terminal import terminal

__all__ = ["few_validation_windows", "terminal"]


@pytest.fixture(scope="module", autouse=True)
def few_validation_windows():
    """Weights are chosen by few windows: to evaluate 4,096 of them takes longer than these runs do otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "WINDOWS", 256)
        yield
