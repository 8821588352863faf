"""The examples of docs/ship-anywhere.md run as they stand, one after the other in one folder."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seqzoo import load
from seqzoo.publishing.c import quantised
from support.terminal import Terminal

PAGE = (Path(__file__).parent.parent.parent / "docs" / "ship-anywhere.md").read_text("utf-8")
BLOCKS = re.findall(r"```(bash|c|python)\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_the_page_run_as_they_stand(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of int8 is measured on fewer windows; conformance/c.py compares the numbers on the page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(quantised, "WINDOWS", 100)
    tenths = load("lstm.sine", "numpy").predict([0.1] * 20).item()
    for language, code in BLOCKS:
        if language == "python":
            told: dict[str, Any] = {}
            exec(compile(code, "ship-anywhere.md", "exec"), told)
            assert told["forecast"].ravel().tolist() == pytest.approx([tenths] * len(told["forecast"]), abs=1e-5)
        elif language == "c":
            Path("main.c").write_text(code, "utf-8")
            subprocess.run(["cc", "-Wall", "-Werror", "main.c", "lstm_sine.c", "-lm", "-o", "program"], check=True)
            ran = subprocess.run(["./program"], input="0.1 " * 20, check=True, capture_output=True, text=True)
            assert list(map(float, ran.stdout.split())) == pytest.approx([tenths, tenths], abs=2e-6)
        for line in code.splitlines() if language == "bash" else []:
            if line.startswith("seqzoo "):
                assert (outcome := terminal(*shlex.split(line)[1:])).status == 0, outcome
            else:
                ran = subprocess.run(line, shell=True, check=True, capture_output=True, text=True)
                assert ran.stdout.endswith("passed\n"), ran.stdout
    assert [language for language, _ in BLOCKS] == ["bash", "c", "bash", "bash", "python", "bash", "python"]
