"""Every example of docs/serving.md runs against a server as it stands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "serving.md").read_text("utf-8")
BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=[code.split("\n")[0][:30] for _, code in BLOCKS])
def test_an_example_runs_as_it_stands(server, tmp_path, language, code):
    code = code.replace("127.0.0.1:8000", server.address.removeprefix("http://"))
    if language == "python":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, "serving.md", "exec"), {})
        return
    words = shlex.split(code)
    if words[0] == "curl":  # said by httpx, as not every machine has it
        assert (words[1], words[3]) == ("-s", "-d")
        assert httpx.post(words[2], content=words[4]).json()["outputs"][0]["shape"] == [1, 1]
        return
    assert words[0] == "seqzoo"
    subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "model_repository" / "lstm.sine" / "1" / "model.onnx").is_file()


def test_the_page_has_an_example_for_each_kind_of_client():
    assert [language for language, _ in BLOCKS] == ["bash", "python", "python", "bash", "python"]
