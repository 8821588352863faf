"""Code blocks of pages that have no test of their own: the Python runs, commands and their options exist."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

import seqzoo
from seqzoo.bundles.store import open_bundle
from seqzoo.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
T = np.arange(120)
LOAD = 10 + np.sin(T * np.pi / 12) + 0.1 * np.random.default_rng(0).standard_normal(120)
GIVEN: dict[str, dict[str, Any]] = {
    "doctor": {"series": LOAD, "losses": LOAD[:40] ** 2, "rival": LOAD[40:80] ** 2, "outcomes": []},
}


def run(page: str, language: str = "python") -> tuple[dict[str, Any], str]:
    """What the code of a page leaves, all its blocks one after another, and what it prints."""
    names, printed = dict(GIVEN.get(page, {})), io.StringIO()
    blocks = re.findall(rf"^```{language}\n(.*?)^```", (DOCS / f"{page}.md").read_text("utf-8"), re.M | re.S)
    assert blocks
    with contextlib.redirect_stdout(printed):
        for code in blocks:
            exec(compile(code, page, "exec"), names)
    return names, printed.getvalue()


def test_the_floors_of_the_page_are_those_that_its_code_prints_and_its_table_states() -> None:
    printed = dict(line.split() for line in run("floor")[1].splitlines())
    rows = re.findall(r"^\| (0\.\d+) \| (.*) \|$", (DOCS / "floor.md").read_text("utf-8"), re.MULTILINE)
    assert [float(sigma) for sigma, _ in rows] == [0.05, 0.1, 0.2]
    for sigma, row in rows:
        (step,) = seqzoo.floors(seqzoo.Sine(sigma=float(sigma)), 20, samples=500)
        exact = [value / float(sigma) ** 2 for name, value in step.items() if name != "bayes"]
        noise, bayes, *linear = map(float, row.split(" | "))
        assert [noise, *linear] == pytest.approx(exact, abs=6e-4)
        assert bayes == pytest.approx(step.bayes.value / float(sigma) ** 2, abs=4 * step.bayes.se / float(sigma) ** 2)
        if sigma == "0.1":
            assert [float(value) for value in printed.values()] == pytest.approx([noise, bayes, *linear], abs=6e-4)


def test_the_numbers_on_linear_rules_are_what_the_code_of_the_page_prints() -> None:
    page = (DOCS / "linear-rule.md").read_text("utf-8")
    printed = re.findall(r"[\d.]+", run("linear-rule")[1])
    stated = re.findall(r"^print.* # ([\d.]*\d)", page, re.MULTILINE)
    assert len(stated) == 4
    for value, text in zip(printed, stated, strict=True):
        assert float(value) == pytest.approx(float(text), rel=0.05)
    heads = "values read|excess of the best linear forecaster"
    lengths, excesses = re.findall(rf"^\| (?:{heads}) \| (.*) \|$", page, re.MULTILINE)
    for length, excess in list(zip(lengths.split(" | "), excesses.split(" | "), strict=True))[:5]:
        (step,) = seqzoo.floors(seqzoo.Sine(), int(length), samples=4_000)
        error = 400 * step.best_linear / step.bayes.value**2 * step.bayes.se
        assert 100 * (step.best_linear / step.bayes.value - 1) == pytest.approx(float(excess.rstrip("%")), abs=error)
    names = {"sine of known frequency": "sine", "two tones": "two_tone", "sine of unknown frequency": "sine_any"}
    rows = re.findall(r"^\| ((?!excess)[\w ]+) \| ([\d.]+)% \| ([\d.]+)% \| \w", page, re.MULTILINE)
    assert len(rows) == 4
    for signal, linear, network in rows:
        score = open_bundle(seqzoo.available()[f"lstm.{names.get(signal, signal)}"]).manifest.score
        assert float(network) == pytest.approx(100 * score.excess[0], abs=0.06)
        of_linear = 100 * (score.floors["best_linear"] / score.floors["bayes"] - 1)
        assert float(linear) == pytest.approx(of_linear, abs=0.06 if "." in linear else 0.6)


def test_the_intervals_of_the_page_cover_what_they_promise() -> None:
    rank, coverage = run("conformal")[1].split()
    assert rank == "1801" and float(coverage) == pytest.approx(0.9, abs=0.02)


def test_the_surrogate_of_the_page_keeps_what_the_page_says() -> None:
    same, correlations, shuffled, outcome, rejected = run("surrogates")[1].strip().split("\n")
    of_series, of_surrogate = map(float, correlations.split())
    assert same == "True" and abs(float(shuffled)) < 0.2 < of_series
    assert of_surrogate == pytest.approx(of_series, abs=0.02)
    assert outcome.startswith("no nonlinearity detected") and rejected == "False"


def test_the_python_of_other_pages_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = (f"2024-01-{1 + hour // 24:02} {hour % 24:02}:00,{value}" for hour, value in enumerate(LOAD))
    Path("load.csv").write_text("time,load\n" + "\n".join(rows) + "\n")
    assert run("reading")[0]["reading"].counts is not None
    assert run("engineer")[1].count("[") > 2
    ends = run("multi-step")[0]
    assert round(ends["largest_root"](ends["one_step"]), 3) == 0.99
    assert run("doctor")[0]["twin"] is not None


def test_commands_and_options_in_the_blocks_of_the_pages_exist() -> None:
    group: Any = typer.main.get_command(app)
    context = typer.Context(group, info_name="seqzoo")
    for page in DOCS.rglob("*.md"):
        text = page.read_text("utf-8").replace("\\\n", "")
        for code in re.findall(r"^```(?:sh|bash)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^seqzoo .*$", code, re.MULTILINE):
                words = shlex.split(line, comments=True)
                command = group.get_command(context, words[1])
                assert command is not None, line
                options = {option for each in command.params for option in each.opts} | {"--help", "[OPTIONS]"}
                before = words[: words.index("--")] if "--" in words else words
                asked = {word.partition("=")[0] for word in before if re.match(r"--?[a-z]|\[OPTIONS", word)}
                assert asked <= options, f"{page.name}: {line}"


def test_every_module_and_name_that_a_page_mentions_exists() -> None:
    for page in DOCS.glob("*.md"):
        for name in set(re.findall(r"`(seqzoo(?:\.[A-Za-z]\w*)+)`", page.read_text("utf-8"))):
            module, _, attribute = name.rpartition(".")
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(name)
                continue
            assert hasattr(importlib.import_module(module), attribute), f"{page.name}: {name}"
