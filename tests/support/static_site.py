"""The files of a small site."""

from __future__ import annotations

from unittest import mock

from seqzoo.pages import hero, train
from seqzoo.site import build

MODELS = (hero.MODEL, "lstm.sine", "mlp.sine", "bayes.sine")


def files() -> dict[str, bytes]:
    """The files of a site of a few models, whose page Train averages Bayes over few windows."""
    train.facts.cache_clear()
    with mock.patch.object(train, "WINDOWS", 500):
        built = build.build(only=MODELS).files
    train.facts.cache_clear()
    return built
