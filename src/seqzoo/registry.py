"""Finds the zoo's architectures by file stem and imports one only when it is asked for.

A file `zoo/foo.py` defines a frozen config dataclass and one `nn.Module`, decorated with
`@register("foo", ...)`. Importing this module imports neither torch nor any of those files.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from . import signals, zoo
from .errors import MissingExtraError, SeqzooError, UnknownNameError
from .recipes import Recipe

if TYPE_CHECKING:
    from torch import nn

    Module = TypeVar("Module", bound=type[nn.Module])


@dataclass(frozen=True)
class Card:
    """The hand-written part of a model card.

    Args:
        title: as in "LSTM sine wave predictor".
        summary: one sentence; shown by `seqzoo list` and in the gallery.
        architecture: prose on what the layers do.
        purpose: what to learn from the model.
        limitations: what it is not for.
    """

    title: str
    summary: str
    architecture: str
    purpose: str
    limitations: str


@dataclass(frozen=True)
class Architecture:
    """What a zoo file registers.

    Args:
        name: the file's stem.
        config: the frozen config dataclass; `config()` is the shipped size.
        module: the `nn.Module`, built as `module(config)`.
        recipes: a recipe for each signal family the zoo trains it on.
        cards: a card for each signal family.
    """

    name: str
    config: Callable[..., Any]
    module: Callable[[Any], nn.Module]
    recipes: Mapping[str, Recipe]
    cards: Mapping[str, Card]


@dataclass(frozen=True)
class Entry:
    """One model of the zoo: an architecture on a signal, as `lstm.sine`."""

    name: str
    architecture: Architecture
    signal: signals.Sine
    signal_family: str
    recipe: Recipe
    card: Card


_REGISTERED: dict[str, Architecture] = {}


def register(
    name: str, *, config: Callable[..., Any], recipes: Mapping[str, Recipe], cards: Mapping[str, Card]
) -> Callable[[Module], Module]:
    """Class decorator that enters an `nn.Module` into the registry.

    Raises:
        SeqzooError: the name is taken, or a recipe has no card.
    """

    def enter(module: Module) -> Module:
        if name in _REGISTERED:
            raise SeqzooError(f"the architecture {name!r} is registered twice.")
        if set(recipes) != set(cards):
            raise SeqzooError(f"architecture {name!r} needs one recipe and one card for each signal.")
        _REGISTERED[name] = Architecture(name, config, module, recipes, cards)
        return module

    return enter


def architectures() -> list[str]:
    """Names of the zoo's architectures, sorted. Imports none of them."""
    return sorted(module.name for module in pkgutil.iter_modules(zoo.__path__))


def architecture(name: str) -> Architecture:
    """Import one architecture.

    Raises:
        UnknownNameError: no file of that stem in the zoo.
        MissingExtraError: torch is not installed.
    """
    if name not in architectures():
        raise UnknownNameError("architecture", name, architectures())
    if name not in _REGISTERED:
        try:
            importlib.import_module(f"{zoo.__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise MissingExtraError(f"the architecture {name!r}", "train") from None
    return _REGISTERED[name]


def entries() -> list[str]:
    """Names of every model the zoo has a recipe for. Imports all architectures, and torch."""
    return [f"{name}.{signal}" for name in architectures() for signal in sorted(architecture(name).recipes)]


def entry(name: str) -> Entry:
    """The zoo entry `architecture.signal`.

    Raises:
        UnknownNameError: the zoo has no recipe of that name.
        MissingExtraError: torch is not installed.
    """
    stem, _, family = name.partition(".")
    if stem not in architectures() or family not in architecture(stem).recipes:
        raise UnknownNameError("model", name, entries())
    found = architecture(stem)
    return Entry(name, found, signals.make(family), family, found.recipes[family], found.cards[family])
