"""One palette: a role has one pair of colours wherever it is drawn, and each can be seen on both grounds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

import seqzoo
from seqzoo import _palette
from seqzoo.app.model.train import curves
from seqzoo.arena.report.findings import Curve
from seqzoo.evaluation import plots
from seqzoo.forecasters.table import FLOORS, named
from seqzoo.microscope.modules import BUNDLE
from seqzoo.pages import cards, tours
from seqzoo.pages.finding import look_of

PACKAGE = Path(seqzoo.__file__).parent
HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")


def luminance(colour: str) -> float:
    """Relative, of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_colour_stands_out_from_every_ground_and_words_can_be_read() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for name, pair in _palette.COLOURS.items():
        least = 4.5 if name in ("ink", "muted", "red") else 3
        for ground in ("card", "ground"):
            for colour, behind in zip(pair, _palette.SURFACES[ground], strict=True):
                assert contrast(colour, behind) >= least, (name, colour, behind)
        assert contrast(pair.light, _palette.light("paper")) >= least, name
    for colour, on in zip(_palette.pair("blue"), _palette.pair("on_blue"), strict=True):
        assert contrast(colour, on) >= 4.5


def test_colours_are_written_in_the_palette_and_nowhere_else() -> None:
    kinds = {".py", ".js", ".css", ".toml", ".json", ".html"}
    sources = [path for path in PACKAGE.rglob("*") if path.suffix in kinds and path != BUNDLE]
    sources = [path for path in sources if not {"shipped", "committed"} & set(path.parts)]
    holding = {path.name: HEX.findall(path.read_text("utf-8")) for path in sources}
    assert [name for name, colours in holding.items() if colours] == ["_palette.json"]
    values = {value for pair in (*_palette.COLOURS.values(), *_palette.SURFACES.values()) for value in pair}
    assert set(HEX.findall(BUNDLE.read_text("utf-8"))) == values


def test_a_value_of_light_ground_names_one_colour_and_every_name_is_one() -> None:
    """Charts are turned in the dark by their values."""
    drawn = [pair.light for pair in _palette.COLOURS.values()] + [_palette.light("rule")]
    assert len(set(drawn)) == len(drawn)
    names = {*_palette.ROLES.values(), *_palette.MODELS, *_palette._FILE["gates"].values()}
    assert names <= set(_palette.COLOURS)
    spaces = (_palette.COLOURS, _palette.SURFACES, _palette.ROLES)
    assert not any(set(one) & set(other) for one, other in combinations(spaces, 2))


def test_no_two_of_many_models_look_alike_in_a_figure() -> None:
    models = [f"model{n}" for n in range(24)]
    looks = {(look["color"], look["marker"]) for look in plots.styles(models).values()}
    shown = {look_of(Curve(name, [1.0], [1.0], [], []), models) for name in models}
    assert len(looks) == len(shown) == len(models)
    colourless = {look_of(Curve(name, [1.0], [1.0], [], []), models)[1:] for name in models}
    plain = {(look["marker"], look["linestyle"]) for look in list(plots.styles(models).values())[:21]}
    assert len(colourless) == 24 and len(plain) == 21  # who sees no colours tells them apart
    eight = list(_palette._FILE["models"])
    assert len({look_of(Curve(name, [1.0], [1.0], [], []), eight)[2] for name in eight}) == 8
    for names in (["gru", "own", "lstm.sine-h50", "lstm.sine"], ["lstm.sine", "gru"]):
        seen = _palette.places(names)
        assert (seen["gru"], seen[next(name for name in names if name.startswith("lstm"))]) == (1, 0)
        assert len(set(seen.values())) == len(names)
    in_order = [look_of(Curve(name, [1.0], [1.0], [], []), models)[0] for name in models]
    assert in_order == [look["color"] for look in plots.styles(models).values()]


def test_a_reference_has_one_colour_in_charts_in_saved_figures_and_in_the_arena() -> None:
    assert set(FLOORS) <= set(_palette.ROLES)
    assert len({_palette.ROLES[name] for name in FLOORS}) == len(FLOORS)
    for name, row in FLOORS.items():
        colour = _palette.light(name)
        assert named(row.short) == named(f"{row.label}, direct") == name
        assert look_of(Curve(row.short, [1.0], [1.0], [], [], True), ())[0] == colour
        (line,) = plots.error_figure({}, {row.short: [0.1, 0.2]}).axes[0].lines
        assert line.get_color() == colour
    floors = {name: 2.0 for name in plots.REFERENCE_LINES}
    lines = plots.history_figure("a", [], {**floors, "bayes": 1.0}).axes[0].lines[1:]
    assert {line.get_label().partition(" (")[0]: line.get_color() for line in lines} == {
        FLOORS[name].label: _palette.light(name) for name in floors
    }
    assert {key for _, key, _ in curves.REFERENCES} <= set(_palette.ROLES)


def test_sentences_name_the_colours_that_drawings_have() -> None:
    """The words come from the palette: no sentence names a colour, in whatever form."""
    names = "|".join([*_palette.COLOURS, "orange", "yellow", "purple"])
    texts = {path.name: path.read_text("utf-8") for path in (PACKAGE / "pages").rglob("*.toml")}
    rooms = ("app", "pages", "site")
    texts |= {str(path): "".join(_sentences(path)) for room in rooms for path in (PACKAGE / room).rglob("*.py")}
    naming = {name: re.findall(rf"(?<!--)\b(?i:{names})\b", text) for name, text in texts.items()}
    assert not [name for name, colours in naming.items() if set(colours) - {"ink"}]
    steps = tours.TOURS["fading"].steps
    assert f"the floor ({_palette.ROLES['bayes']})" in steps[0].says
    assert f"feeds its forecasts back ({_palette.ROLES['partner']})" in steps[3].says
    assert f"</span></button> ({_palette.ROLES['bayes']})" in cards.KEY


def _sentences(path: Path) -> Iterator[str]:
    """The constant parts of a module's texts that hold a space, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield f"{node.value}\n"
