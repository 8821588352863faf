"""The examples of docs/ship-anywhere.md run as they stand, one after the other in one folder."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from seqzoo import load
from support.terminal import Terminal

PAGE = (Path(__file__).parent.parent.parent / "docs" / "ship-anywhere.md").read_text("utf-8")


def test_the_examples_of_the_page_run_as_they_stand(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for code in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL):
        for line in code.splitlines():
            if line.startswith("seqzoo "):
                assert (told := terminal(*shlex.split(line)[1:])).status == 0, told
            else:
                ran = subprocess.run(line, shell=True, check=True, capture_output=True, text=True)
                assert ran.stdout.endswith("passed\n"), ran.stdout


def test_the_c_of_the_page_streams_to_the_forecast_of_the_model(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```c\n(.*?)```", PAGE, re.DOTALL)
    Path("main.c").write_text(code, "utf-8")
    terminal("export", "lstm.sine", "--c")
    subprocess.run(["cc", "-Wall", "-Werror", "main.c", "lstm_sine.c", "-lm", "-o", "program"], check=True)
    window = [0.05 * step for step in range(20)]
    said = subprocess.run(
        ["./program"], input=" ".join(map(str, window)), check=True, capture_output=True, text=True
    ).stdout
    expected = load("lstm.sine", "numpy").predict(window).item()
    assert list(map(float, said.split())) == pytest.approx([expected, expected], abs=2e-6)
