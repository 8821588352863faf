"""Names to architectures: those of the zoo, a file of the user's own, and installed entry points."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from torch import nn

from seqzoo import signals
from seqzoo.errors import InputError, SeqzooError, UnknownNameError
from seqzoo.zoo import _model_files, _registry
from seqzoo.zoo._card import Card
from seqzoo.zoo._recipes import Recipe
from support import entry_points

CARD = Card(*["Something"] * 5)

PLAIN = """
import dataclasses
from seqzoo.zoo import Card, register
from torch import nn

@dataclasses.dataclass(frozen=True)
class Config:
    context_length: int = 20
    horizon: int = 1

@register("{name}", config=Config, card=Card(*["Plain"] * 5))
class Plain(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.head = nn.Linear(config.context_length, config.horizon)

    def forward(self, context):
        return self.head(context[:, :, 0])
"""


@pytest.fixture
def plain(tmp_path: Path, own_models) -> Path:
    """A model file that registers `plain`."""
    path = tmp_path / "plain.py"
    path.write_text(PLAIN.format(name="plain"), "utf-8")
    return path


def test_a_shipped_architecture_is_had_without_reading_what_is_installed(monkeypatch):
    monkeypatch.setattr(_model_files, "installed", None)
    assert _registry.architecture("linear").name == "linear"


def test_unknown_models_and_architectures_are_refused_with_the_names_that_exist():
    with pytest.raises(UnknownNameError, match=r"'lstm\.sin'.*'lstm\.sine'"):
        _registry.entry("lstm.sin")
    for name in ("lstm", "lstm.", ".sine", "", "lstm.sine.more"):
        with pytest.raises(UnknownNameError, match=r"lstm.*sine_any"):
            _registry.entry(name)
    with pytest.raises(UnknownNameError, match=r"architecture.*'lstn'"):
        _registry.architecture("lstn")


def test_an_architecture_cannot_be_registered_twice_or_for_a_signal_that_does_not_exist():
    made = _registry.architecture("lstm")
    with pytest.raises(SeqzooError, match=r"'lstm'.*twice"):
        _registry.register("lstm", config=made.config, card=made.card)(nn.Identity)
    with pytest.raises(UnknownNameError, match=r"signal.*'sinus'"):
        _registry.register("half", config=made.config, card=made.card, notes={"sinus": "None."})(nn.Identity)
    with pytest.raises(SeqzooError, match="Not a name"):
        _registry.register("Not a name", config=made.config, card=made.card)(nn.Identity)
    assert "half" not in _registry.architectures()
    assert _registry.architecture("lstm") is made


def test_every_architecture_can_be_had_on_every_signal():
    assert len(_registry.entries()) == len(_registry.architectures()) * len(signals.FAMILIES)
    for name in _registry.entries():
        entry = _registry.entry(name)
        assert entry.name == name and entry.signal == signals.make(name.partition(".")[2])
        assert entry.config.horizon == 1 and entry.config == entry.architecture.config()


@pytest.mark.parametrize("steps", [2, 50, 4096])
def test_a_suffix_makes_the_model_forecast_so_many_steps_at_once(steps):
    entry = _registry.entry(f"lstm.sine_any-h{steps}")
    assert entry.name == f"lstm.sine_any-h{steps}" and entry.signal_family == "sine_any"
    assert entry.config == dataclasses.replace(entry.architecture.config(), horizon=steps)
    assert f"{steps} steps at once" in entry.card.title and f"predicts {steps} steps" in entry.card.limitations


@pytest.mark.parametrize("suffix", ["0", "1", "4097", "1000000", "007", "1" + "0" * 5000])
def test_a_suffix_out_of_range_or_that_names_a_model_twice_is_refused(suffix):
    with pytest.raises(InputError, match="2 to 4096"):
        _registry.entry(f"lstm.sine-h{suffix}")


def test_a_suffix_gives_the_model_so_many_hidden_units_with_a_recipe_and_card_of_its_own(own_models):
    usual, small = (_registry.entry(f"lstm.sine_any{suffix}") for suffix in ("", "-k5"))
    assert small.config == dataclasses.replace(usual.config, hidden_size=5) and small.recipe == usual.recipe
    assert small.card.title == f"{usual.card.title}, 5 hidden units" and "(5 -> 1)" in small.card.architecture
    assert small.card.summary == f"{usual.card.summary} It has 5 hidden units."
    assert small.card.architecture == usual.card.architecture.replace("64", "5")
    both = _registry.entry("gru.sine-k1-h3")
    assert (both.config.hidden_size, both.config.horizon) == (1, 3)
    assert both.card.title.endswith("predictor, 1 hidden unit, 3 steps at once")
    recipes, notes = {"sine": Recipe(steps=7), "sine-k4": Recipe(steps=8)}, {"sine-k4": "Four do."}
    _registry.register("own", config=usual.architecture.config, card=CARD, recipes=recipes, notes=notes)(nn.Identity)
    steps = {suffix: _registry.entry(f"own.sine{suffix}").recipe.steps for suffix in ("", "-k4", "-k5", "-h2")}
    assert steps == {"": 7, "-k4": 8, "-k5": 7, "-h2": 7}
    assert _registry.entry("own.sine-k4").card.limitations.endswith("Four do.")
    for name, reason in (("lstm.sine-k0", "1 to 4096"), ("lstm.sine-k4097", "1 to 40"), ("lstm.sine-k04", "1 to 40"),
                         ("lstm.sine-k64", "usual 64"), ("tcn.sine-k4", "tcn has none")):  # fmt: skip
        with pytest.raises(InputError, match=reason):
            _registry.entry(name)
    for name in ("lstm.sine-k", "lstm.sine-kx", "lstm.sine-h5-k4", "lstm.sine-k4-k5", "lstm-k4.sine"):
        with pytest.raises(UnknownNameError, match="model"):
            _registry.entry(name)


@pytest.mark.parametrize("name", ["lstm.sine-h", "lstm.sine-hx", "lstm.sine-50", "lstm.sine-h-5", "lstm-h5.sine",
                                  "lstm.sine-h5-h6", "lstm.sine-h\u0665", "lstm.sine-h5\n"])  # fmt: skip
def test_what_only_looks_like_a_suffix_is_an_unknown_model(name):
    with pytest.raises(UnknownNameError, match="model"):
        _registry.entry(name)


def test_a_signal_may_have_a_recipe_and_a_note_of_its_own(own_models):
    recipe = Recipe(steps=7)
    config = _registry.architecture("linear").config
    notes = {"recall": "It recalls nothing.", "sine-h5": "Five at once."}
    _registry.register("own", config=config, card=CARD, recipes={"recall": recipe}, notes=notes)(nn.Identity)
    assert _registry.entry("own.recall").recipe is recipe and _registry.entry("own.sine").recipe == Recipe()
    assert _registry.entry("own.recall").card.limitations.endswith("It recalls nothing.")
    assert _registry.entry("own.sine-h5").card.limitations.endswith("Five at once.")
    assert "Five" not in _registry.entry("own.sine").card.limitations
    with pytest.raises(UnknownNameError, match=r"signal.*'moon'"):
        _registry.register("other", config=config, card=CARD, recipes={"moon": recipe})(nn.Identity)


def test_a_file_is_run_once_however_often_it_is_loaded(plain):
    assert _registry.load_file(plain) == ["plain"]
    made = _registry.architecture("plain")
    again = plain.with_name("copy.py")
    again.write_bytes(plain.read_bytes())
    assert _registry.load_file(plain) == _registry.load_file(plain.parent / "." / "plain.py") == ["plain"]
    assert _registry.architecture("plain") is made
    assert "plain.sine" in _registry.entries() and _registry.entry("plain.sine-h3").config.horizon == 3


def test_two_files_with_one_name_are_refused_and_the_first_stays(plain):
    _registry.load_file(plain)
    made = _registry.architecture("plain")
    other = plain.with_name("other.py")
    other.write_text(plain.read_text("utf-8") + "# of somebody else\n", "utf-8")
    for _ in range(2):
        with pytest.raises(InputError, match=r"other\.py.*'plain'"):
            _registry.load_file(other)
    assert _registry.architecture("plain") is made


def test_the_name_in_an_export_tells_the_file_and_its_text_but_no_path(plain, own_models):
    _registry.load_file(plain)
    first = _registry.architecture("plain").module.__module__
    own_models()
    moved = plain.parent / "elsewhere" / "plain.py"
    moved.parent.mkdir()
    plain.rename(moved)
    _registry.load_file(moved)
    assert _registry.architecture("plain").module.__module__ == first
    assert first.startswith("seqzoo_models_plain_") and first.isidentifier()


def test_an_entry_point_is_listed_without_its_import_and_imported_when_asked_for(monkeypatch, plain):
    plain.rename(plain.with_name("installed_plain.py"))
    entry_points.install(monkeypatch, plain.parent, {"plain": "installed_plain"})
    assert "plain" in _registry.architectures() and "plain.recall" in _registry.entries()
    assert "plain" not in _registry._REGISTERED
    assert _registry.entry("plain.recall").architecture.module.__module__ == "installed_plain"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "ModuleNotFoundError: No module named"),
        ("raise ValueError('worn out')", "ValueError: worn out"),
        ("x = 1", "architecture"),
        (PLAIN.format(name="another"), "architecture"),
        (PLAIN.format(name="lstm"), "'lstm'.*twice"),
        (PLAIN.format(name="broken") + "raise SystemExit(3)", "ends|exit"),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_said_in_one_line_each_time(
    monkeypatch, tmp_path, own_models, text, reason
):
    module = f"installed_{abs(hash(text))}"
    if text is not None:
        (tmp_path / f"{module}.py").write_text(text, "utf-8")
    entry_points.install(monkeypatch, tmp_path, {"broken": module})
    for _ in range(2):
        with pytest.raises(InputError, match="'broken'") as caught:
            _registry.architecture("broken")
    assert "\n" not in str(caught.value)
    own_models()
    with pytest.raises(InputError, match=reason):
        _registry.architecture("broken")


def test_a_shipped_name_is_never_taken_by_an_entry_point(monkeypatch, tmp_path):
    entry_points.install(monkeypatch, tmp_path, {"lstm": "nowhere"})
    assert _registry.architecture("lstm").module.__module__ == "seqzoo.zoo.lstm"
    assert _registry.architectures().count("lstm") == 1
