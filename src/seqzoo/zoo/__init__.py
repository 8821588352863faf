"""One file an architecture, and the registry that finds them by name.

A file of the zoo, or a user's own, needs `Card`, `Recipe` and `register`; docs/adding-a-model.md has an example.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._card import Card
    from ._recipes import Recipe
    from ._registry import entry, load_file, register

_HOMES = {
    "Card": "_card",
    "Recipe": "_recipes",
    "entry": "_registry",
    "load_file": "_registry",
    "register": "_registry",
}


def __getattr__(name: str) -> Any:  # the registry imports this package, to see which files it holds
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


__all__ = ["Card", "Recipe", "entry", "load_file", "register"]
