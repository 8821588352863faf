"""A user's own model file that is broken: one line that says what is wrong, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqzoo.zoo import _registry
from support.terminal import Terminal

HEAD = """
import dataclasses
from seqzoo.zoo import Card, register
import torch
from torch import nn

CARD = Card(*["Something"] * 5)

@dataclasses.dataclass(frozen=True)
class Config:
    context_length: int = 20
    horizon: int = 1
"""

MODULE = """
@register("own", config=Config, card=CARD)
class Own(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.head = nn.Linear(20, 1)

    def forward(self, context: torch.Tensor) -> torch.Tensor:
        return self.head(context[:, :, 0])
"""

SOUND = HEAD + MODULE
RETURNS = "return self.head(context[:, :, 0])"
BUILDS = "self.head = nn.Linear(20, 1)"
FROZEN = "@dataclasses.dataclass(frozen=True)"

AT_IMPORT = {
    "syntax": ("def broken(:", "SyntaxError: invalid syntax"),
    "null byte": ("x = '\0'", "source code string cannot contain null bytes"),
    "exception": ("1 / 0", "ZeroDivisionError: division by zero"),
    "lines": ("raise ValueError('one\\ntwo')", "ValueError: one two"),
    "other module": ("import no_such_module", "No module named 'no_such_module'"),
    "exit": ("raise SystemExit('good bye')", "ends the program (SystemExit)"),
    "no exception": ("raise BaseException('boo')", "BaseException: boo"),
    "no message": (
        "class Mute(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Mute",
        "Mute: its message cannot be shown",
    ),
    "nothing": ("x = 1", "registers no architecture: decorate its module with @register(...)"),
    "shipped name": (SOUND.replace('"own"', '"lstm"'), "'lstm' is registered twice"),
    "twice": (SOUND + MODULE, "'own' is registered twice"),
    "name": (SOUND.replace('"own"', '"Own model"'), "an architecture's name must match"),
    "no length": (SOUND.replace("    context_length: int = 20\n", ""), "lacks context_length"),
    "no horizon": (SOUND.replace("    horizon: int = 1\n", ""), "lacks horizon"),
    "no default": (SOUND.replace("horizon: int = 1", "horizon: int").replace("int = 20", "int"), "TypeError"),
    "plain class": (SOUND.replace(FROZEN, ""), "must be a frozen dataclass, got Config"),
    "not frozen": (SOUND.replace(FROZEN, "@dataclasses.dataclass"), "must be a frozen dataclass, got Config"),
    "a dict": (SOUND.replace("config=Config,", "config=dict,"), "must be a frozen dataclass, got dict"),
    "length 0": (SOUND.replace("int = 20", "int = 0"), "context_length in the config of 'own' must be from 1"),
    "huge": (SOUND.replace("int = 1\n", "int = 5000\n"), "horizon in the config of 'own' must be from 1 to 4096"),
    "fraction": (SOUND.replace("int = 20", "float = 20.0"), "context_length in the config of 'own' must be from 1"),
    "a list": (SOUND.replace("horizon: int = 1", "horizon: int = 1\n    sizes: tuple = (1, 2)"), "sizes is (1, 2)"),
    "moon": (SOUND.replace("card=CARD", "card=CARD, notes={'moon': 'x'}"), "unknown signal 'moon'"),
}



def returning(expression: str) -> str:
    return SOUND.replace(RETURNS, f"return {expression}")


def building(statement: str) -> str:
    return SOUND.replace(BUILDS, statement)


FORECAST = "self.head(context[:, :, 0])"
IN_TRIAL = {
    "[B]": (returning(FORECAST + "[:, 0]"), "must return float32 [2, 1] for two windows ([B, H]), got float32 [2]"),
    "[B, H, 1]": (returning(FORECAST + "[:, :, None]"), "got float32 [2, 1, 1]"),
    "another H": (building("self.head = nn.Linear(20, 3)"), "got float32 [2, 3]"),
    "a tuple": (returning(FORECAST + ", 1"), "got tuple"),
    "float64": (returning(FORECAST + ".double()"), "got float64"),
    "NaN": (returning(FORECAST + " * float('nan')"), "must return finite forecasts, got nan"),
    "no parameters": (building("self.head = nn.Flatten()"), "has no parameters to train"),
    "frozen": (building(BUILDS + ".requires_grad_(False)"), "has no parameters to train"),
    "unused": (returning("context[:, -1]"), "the forecast does not depend on them"),
    "another config": (SOUND.replace("(self, config: Config)", "(self)"), "built from its config: TypeError"),
    "a field": (building("self.head = nn.Linear(20, config.size)"), "no attribute 'size'"),
    "no module": (SOUND.replace("(nn.Module)", "").replace("super().__init__()", "pass"), "be an nn.Module, got Own"),
    "too large": (building("self.head = nn.Linear(2000, 2000)"), "the module of 'own' must have at most 2,000,000"),
    "wrong size": (building("self.head = nn.Linear(19, 1)"), "fails on two windows [2, 20, 1]: RuntimeError"),
    "one window": (returning("self.head(context.view(1, 20))"), "fails on two windows"),
    "a lazy layer": (building("self.head = nn.LazyLinear(1)"), "cannot be counted"),
    "half": (building(BUILDS + "; self.half()"), "must hold only float32: 'head.weight' is float16"),
    "batch norm": (building(BUILDS + "; self.norm = nn.BatchNorm1d(1)"), "'norm.num_batches_tracked' is int64"),
    "in place": (returning(FORECAST + ".exp().add_(1)"), "has no gradient"),
    "not scriptable": (SOUND.replace(RETURNS, "import math; " + RETURNS), "TorchScript cannot script Own"),
    "not in ONNX": (
        returning("self.head(torch.special.bessel_j0(context[:, :, 0].detach()))"),
        "ONNX cannot express Own: DispatchError: No ONNX function found",
    ),
    "branches": (returning(f"{FORECAST} if bool(context.sum() > 0) else -{FORECAST}"), "ONNX cannot express Own"),
}


@pytest.fixture
def file(tmp_path: Path, own_models) -> Path:
    return tmp_path / "own.py"


def test_the_sound_file_that_the_broken_ones_are_made_of_can_be_trained(
    terminal: Terminal, file: Path, few_windows: None
) -> None:
    file.write_text(SOUND, "utf-8")
    small = ["--set", "recipe.steps=4", "--set", "recipe.evaluate_every=2", "--keep-worse"]
    assert terminal("train", "own.sine", "--models", file, *small).status == 0


@pytest.mark.parametrize("kind", AT_IMPORT)
@pytest.mark.parametrize("command", ["train", "reproduce"])
def test_a_file_that_fails_at_import_is_named_in_one_line_and_leaves_nothing_behind(
    terminal: Terminal, file: Path, home: Path, kind: str, command: str
) -> None:
    text, reason = AT_IMPORT[kind]
    file.write_text(text, "utf-8")
    said = terminal(command, "own.sine" if command == "train" else "lstm.sine", "--models", file)
    assert str(file) in said.refusal and reason in said.refusal
    assert said.out == "" and not home.exists()
    assert "own" not in _registry.architectures()


@pytest.mark.parametrize("kind", IN_TRIAL)
def test_a_module_that_cannot_be_trained_or_shipped_is_refused_before_training(
    terminal: Terminal, file: Path, home: Path, kind: str
) -> None:
    text, reason = IN_TRIAL[kind]
    assert text != SOUND
    file.write_text(text, "utf-8")
    said = terminal("train", "own.sine", "--models", file)
    assert reason in said.refusal and ("'own'" in said.refusal or "Own" in said.refusal)
    assert said.out == "" and not home.exists()


def test_a_path_that_is_no_model_file_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text(SOUND, "utf-8")
    (tmp_path / "raw.py").write_bytes(b"x = '\xff\xfe'")
    for path, reason in (
        (tmp_path / "missing.py", "no model file"),
        (tmp_path, "folder"),
        (tmp_path / "model.txt", ".py"),
        (tmp_path / "raw.py", "SyntaxError"),
    ):
        refusal = terminal("train", "own.sine", "--models", path).refusal
        assert reason in refusal and str(path) in refusal


def test_ctrl_c_while_a_file_runs_is_an_interruption(terminal: Terminal, file: Path) -> None:
    file.write_text(SOUND + "raise KeyboardInterrupt", "utf-8")
    said = terminal("train", "own.sine", "--models", file)
    assert said.status == 130 and said.err.count("\n") == 1
    assert "own" not in _registry.architectures()


def test_a_file_that_was_mended_can_be_loaded_in_the_same_process(terminal: Terminal, file: Path) -> None:
    file.write_text(SOUND + "1 / 0", "utf-8")
    assert "division by zero" in terminal("train", "own.sine", "--models", file).refusal
    file.write_text(SOUND, "utf-8")
    assert _registry.load_file(file) == ["own"]
