"""Threads of operations as small as these mostly wait for each other."""

from __future__ import annotations

import pytest

from seqzoo._extras import one_thread


@pytest.fixture(autouse=True)
def one_core():
    with one_thread():
        yield
