"""Finds architectures by name and imports one only when it is asked for.

A file `zoo/foo.py` defines a frozen config dataclass and one `nn.Module`, decorated with
`@register("foo", ...)`. Importing this module imports neither torch nor any of those files.
A user's own file does the same: it is found through an entry point of the group `seqzoo.models`,
or given to `load_file`.

A model is an architecture on a signal, as `gru.sine`. A suffix `-k4` gives it 4 hidden units, and `-h50` makes it
forecast 50 steps at once; `-k4-h50` does both.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .. import signals, zoo
from .._formats import counted
from ..errors import InputError, MissingExtraError, SeqzooError, UnknownNameError
from . import _model_files
from ._recipes import MAX_SIZE, Recipe

if TYPE_CHECKING:
    from torch import nn

    Module = TypeVar("Module", bound=type[nn.Module])
from ._card import Card

ON_A_SET = "It is trained on the measured series of one file together, and nothing is known of its error on others."
ON_A_SERIES = "It is trained on one measured series, and nothing is known of its error on any other."
ORIGIN = "It is trained on one synthetic signal at one noise level and is not meant for real series."


_STEM = re.compile(r"[a-z][a-z0-9_]{0,39}")


_NAME = re.compile(
    r"(?P<architecture>[^.]*)\.(?P<family>[^.]*?)(-k(?P<hidden_size>[0-9]+))?(-h(?P<horizon>[0-9]+))?"
)


@dataclass(frozen=True)
class Architecture:
    """What a zoo file registers.

    Args:
        name: the file's stem.
        config: the frozen config dataclass; `config()` is the shipped size.
        module: the `nn.Module`, built as `module(config)`.
        card: of the architecture, whatever it is trained on; in `card.architecture`, {hidden_size} or another field
            of the config in braces stands for its value.
        recipe: how it is trained.
        recipes: where a signal or a size needs another recipe, by what follows the dot of a model's name, as "recall"
            or "recall-k4".
        notes: what came out, one or two sentences by what follows the dot of a model's name, as "sine" or
            "sine-h50"; joins the limitations.
        channels: what reads windows [B, L, D] of several channels: True if it is `module(config, D)`; another
            `nn.Module` of the same arguments; False if nothing does.
    """

    name: str
    config: Callable[..., Any]
    module: Callable[[Any], nn.Module]
    card: Card
    recipe: Recipe = field(default_factory=Recipe)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    channels: bool | Callable[[Any, int], nn.Module] = False

    def build(self, config: Any, channels: int = 1) -> nn.Module:
        """The module for windows [B, L, D] of D channels.

        Raises:
            InputError: there are several channels, and the architecture reads one.
        """
        if channels == 1:
            return self.module(config)
        self.check_channels(channels)
        module: Any = self.module if self.channels is True else self.channels
        built: nn.Module = module(config, channels)
        return built

    def check_channels(self, channels: int) -> None:
        """Raises InputError unless the architecture reads windows of so many channels."""
        if channels == 1 or self.channels:
            return
        others = [name for name in shipped() if architecture(name).channels]
        raise InputError(
            f"the architecture {self.name!r} reads one value at each step, not {channels} channels: leave --calendar "
            f"out, or take {', '.join(others[:-1])} or {others[-1]}."
        )

    def suffix_of(self, config: Mapping[str, Any]) -> str:
        """What the name of a model of this config has after the signal, as "-k4"; empty for the shipped size."""
        hidden, horizon = config.get("hidden_size"), config["horizon"]
        size = "" if hidden == getattr(self.config(), "hidden_size", None) else f"-k{hidden}"
        return size + (f"-h{horizon}" if horizon > 1 else "")

    def card_of(self, source: signals.Source, config: Mapping[str, Any]) -> Card:
        """The card of the architecture, made out for a source and a config."""
        card, suffix, horizon, layers = self.card, self.suffix_of(config), config["horizon"], self.card.architecture
        for field_name, value in config.items():
            layers = layers.replace(f"{{{field_name}}}", str(value))
        ahead, reach = "", "It predicts a single step; for more, its forecasts are fed back to it."
        if horizon > 1:
            ahead = f", {horizon} steps at once"
            reach = f"It predicts {horizon} steps, each by a weighted sum of its own."
        size = counted(config["hidden_size"], "hidden unit") if "-k" in suffix else ""
        process = source.process
        noun, origin = (source.key, ON_A_SERIES) if process is None else (process.title, ORIGIN)
        summary = (process is None and card.summary_on_a_series) or card.summary
        if size:
            summary, ahead = f"{summary} It has {size}.", f", {size}{ahead}"
        origin = ON_A_SET if isinstance(source, signals.ObservedSet) else origin
        note = self.notes.get(f"{source.key}{suffix}", "")
        return dataclasses.replace(
            card,
            title=f"{card.title} {noun} predictor{ahead}",
            summary=summary,
            architecture=layers,
            limitations=f"{card.limitations} {origin} {reach} {note}".strip(),
        )


@dataclass(frozen=True)
class Entry:
    """One model of the zoo: an architecture on a signal, as `lstm.sine`."""

    name: str
    architecture: Architecture
    config: Any
    signal: signals.Signal
    signal_family: str

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        design, config = self.architecture, dataclasses.asdict(self.config)
        by_signal = design.recipes.get(self.signal_family, design.recipe)
        return design.recipes.get(f"{self.signal_family}{design.suffix_of(config)}", by_signal)

    @property
    def card(self) -> Card:
        """The architecture's card, made out for this signal."""
        source = signals.Simulated.of(self.signal_family, self.signal)
        return self.architecture.card_of(source, dataclasses.asdict(self.config))


_REGISTERED: dict[str, Architecture] = {}


def register(
    name: str,
    *,
    config: Callable[..., Any],
    card: Card,
    recipe: Recipe | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    notes: Mapping[str, str] | None = None,
    channels: bool | Callable[[Any, int], nn.Module] = False,
) -> Callable[[Module], Module]:
    """Class decorator that enters an `nn.Module` into the registry; see `Architecture`.

    Raises:
        SeqzooError: the name is taken or malformed, a recipe or note is for a signal that does not exist, or the
            config is not what `Architecture` says.
    """

    def enter(module: Module) -> Module:
        if not _STEM.fullmatch(name):
            raise SeqzooError(f"an architecture's name must match {_STEM.pattern}, got {name[:80]!r}.")
        if name in _REGISTERED or (name in shipped() and module.__module__ != f"{zoo.__name__}.{name}"):
            raise SeqzooError(f"the architecture {name!r} is registered twice; choose another name.")
        for of in (*(recipes or {}), *(notes or {})):
            family = of.partition("-")[0]
            if family not in signals.FAMILIES:
                raise UnknownNameError("signal", family, signals.FAMILIES)
        _check_config(name, config())
        _REGISTERED[name] = Architecture(
            name, config, module, card, recipe or Recipe(), recipes or {}, notes or {}, channels
        )
        return module

    return enter


def _check_config(name: str, config: Any) -> None:
    """Raises SeqzooError unless it is a frozen dataclass of plain values with the two that every model has."""
    if not getattr(getattr(config, "__dataclass_params__", None), "frozen", False):
        raise SeqzooError(f"the config of {name!r} must be a frozen dataclass, got {type(config).__name__}.")
    values = {item.name: getattr(config, item.name) for item in dataclasses.fields(config)}
    missing = {"context_length", "horizon"} - set(values)
    if missing:
        raise SeqzooError(f"the config of {name!r} lacks {' and '.join(sorted(missing))}.")
    for key, value in values.items():
        if not isinstance(value, int | float | str):
            raise SeqzooError(f"the config of {name!r} holds numbers and text alone; {key} is {value!r:.80}.")
        if key in ("context_length", "horizon") and (type(value) is not int or not 1 <= value <= MAX_SIZE):
            raise SeqzooError(f"{key} in the config of {name!r} must be from 1 to {MAX_SIZE}, got {value!r:.80}.")


def shipped() -> list[str]:
    """Names of the architectures that the package ships."""
    return [module.name for module in pkgutil.iter_modules(zoo.__path__) if not module.name.startswith("_")]


def architectures() -> list[str]:
    """Names of the architectures that can be had, sorted. Imports none of them."""
    return sorted({*shipped(), *_model_files.installed(), *_REGISTERED})


def has_architecture(name: str) -> bool:
    """Whether `architectures` names it. Imports none of them."""
    # What is installed is looked for last: that reads the metadata of every package, which takes milliseconds.
    return name in _REGISTERED or name in shipped() or name in _model_files.installed()


def architecture(name: str) -> Architecture:
    """Import one architecture.

    Raises:
        UnknownNameError: no file of that stem in the zoo, and none of the user's.
        MissingExtraError: torch is not installed.
        InputError: a user's file that cannot be used.
    """
    if not has_architecture(name):
        raise UnknownNameError("architecture", name, architectures())
    if name not in _REGISTERED:
        if name in shipped():
            try:
                importlib.import_module(f"{zoo.__name__}.{name}")
            except ModuleNotFoundError as error:
                if error.name != "torch":
                    raise
                raise MissingExtraError(f"the architecture {name!r}", "train") from None
        else:
            _model_files.run(f"the entry point {name!r}", _model_files.installed()[name].load, _REGISTERED)
    if name not in _REGISTERED:
        raise InputError(f"the entry point {name!r} registers no architecture of that name.")
    return _REGISTERED[name]


def load_file(path: Path) -> list[str]:
    """Run a user's model file, once; returns the names of the architectures it registered.

    Raises:
        InputError: no such file, or it fails, or it registers nothing.
        MissingExtraError: torch is not installed.
    """
    return _model_files.load(path, _REGISTERED)


def entries() -> list[str]:
    """Names of every model that can be trained: each architecture on each signal. Imports none of them."""
    return [f"{name}.{family}" for name in architectures() for family in sorted(signals.FAMILIES)]


def entry(name: str) -> Entry:
    """The entry `architecture.signal`; with a suffix, `-kN`, `-hN` or `-kN-hN`.

    Raises:
        UnknownNameError: no such architecture or signal.
        InputError: hidden units or a horizon out of range, or a user's file that cannot be used.
        MissingExtraError: torch is not installed.
    """
    parts = _NAME.fullmatch(name)
    if parts is None or parts["architecture"] not in architectures() or parts["family"] not in signals.FAMILIES:
        kinds, families = ", ".join(architectures()), ", ".join(sorted(signals.FAMILIES))
        raise UnknownNameError(
            "model", name, entries(), f"A model to train is ARCHITECTURE.SIGNAL, of {kinds} and of {families}."
        )
    steps, units = parts["horizon"], parts["hidden_size"]
    if steps is not None and not (_is_count(steps) and int(steps) >= 2):
        raise InputError(
            f"a suffix -hN asks for N steps at once, from 2 to {MAX_SIZE} (one step needs none), got {name[:80]!r}."
        )
    design = architecture(parts["architecture"])
    family, config = parts["family"], design.config()
    if steps is not None:
        config = dataclasses.replace(config, horizon=int(steps))
    if units is not None:
        usual = getattr(config, "hidden_size", None)
        if usual is None:
            raise InputError(f"a suffix -kN asks for N hidden units, and {design.name} has none, got {name[:80]!r}.")
        if not _is_count(units) or int(units) == usual:
            raise InputError(
                f"a suffix -kN asks for N hidden units, from 1 to {MAX_SIZE} (the usual {usual} need none), got "
                f"{name[:80]!r}."
            )
        config = dataclasses.replace(config, hidden_size=int(units))
    return Entry(name, design, config, signals.make(family), family)


def _is_count(digits: str) -> bool:
    """Whether digits write a number from 1 to MAX_SIZE, in the one way."""
    return len(digits) <= 4 and digits[0] != "0" and int(digits) <= MAX_SIZE
