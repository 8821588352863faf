"""Every example of docs/serving.md runs against a server as it stands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "serving.md").read_text("utf-8")
BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("language", "code"), BLOCKS, ids=[code.split("\n")[0][:30] for _, code in BLOCKS])
def test_an_example_runs_as_it_stands(start, tmp_path, language, code):
    server = start()
    code = code.replace("127.0.0.1:8000", server.address.removeprefix("http://"))
    if language == "python":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, "serving.md", "exec"), {})
        return
    code = code.replace("seqzoo ", f"{sys.executable} -m seqzoo ")
    ran = subprocess.run(["bash", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    if "curl" in code:
        assert json.loads(ran.stdout)["outputs"][0]["shape"] == [1, 1]
    else:
        assert (tmp_path / "model_repository" / "lstm.sine" / "1" / "model.onnx").is_file()


def test_the_page_has_an_example_for_each_kind_of_client():
    assert [language for language, _ in BLOCKS] == ["bash", "python", "python", "bash"]
