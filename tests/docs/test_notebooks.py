"""The notebooks as they are committed. `make notebooks` executes them; these tests only read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(request.param.read_text("utf-8"))


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_there_are_six_notebooks_and_the_teachers_page_links_each() -> None:
    page = (DOCS / "teaching.md").read_text("utf-8")
    assert [path.name[0] for path in NOTEBOOKS] == list("123456")
    assert all(f"notebooks/{path.name}" in page for path in NOTEBOOKS)


def test_each_was_executed_without_an_error_and_holds_no_times_and_no_places(notebook: dict[str, Any]) -> None:
    assert 10 <= len(notebook["cells"]) <= 20
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    shown = [output for cell in code(notebook) for output in cell["outputs"]]
    assert len(shown) >= 5
    for output in shown:
        assert output["output_type"] in ("stream", "display_data", "execute_result"), output
        assert output.get("execution_count") is None and output.get("name") != "stderr"
    for cell in code(notebook):
        assert cell["execution_count"] is None and "execution" not in cell["metadata"]
    text = "".join("".join(output.get("text", "")) for output in shown)
    assert "\x1b" not in text  # a terminal's colours and bars
    assert not re.search(r"/(tmp|home|root|work|Users)/|\d\d:\d\d:\d\d| in \d+ s\b", text)


def test_each_ends_in_an_exercise_that_is_not_solved(notebook: dict[str, Any]) -> None:
    *_, heading, helper, exercise = notebook["cells"]
    assert "## Exercise\n" in "".join(heading["source"])
    assert "def check(answer):" in "".join(helper["source"]) and helper["metadata"]["jupyter"]["source_hidden"]
    assert re.fullmatch(r"answer = \.\.\..*\ncheck\(answer\)", "".join(exercise["source"]))
    assert "".join(exercise["outputs"][0]["text"]).startswith("Not yet: ")
    known = exercise["metadata"]["seqzoo"]
    assert known["right"] and len(known["wrong"]) >= 2


def test_its_links_lead_somewhere(notebook: dict[str, Any]) -> None:
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (DOCS / "notebooks" / target).exists(), target
