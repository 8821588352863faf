import ast
import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import seqzoo
from seqzoo.cli import app

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted(set(re.findall(r"^seqzoo ([\w-]+)", README, re.MULTILINE)))


def _figures():
    spec = importlib.util.spec_from_file_location("figures", ROOT / "tools" / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("table", ["scoreboard", "elsewhere", "speed"])
def test_a_table_of_the_readme_is_what_the_manifests_and_results_state(table):
    figures = _figures()
    shown = figures.between(table).search(README)[0].split("-->\n", 1)[1]
    assert shown.startswith(getattr(figures, table)())


def test_the_exact_numbers_of_the_multi_step_page_are_what_the_code_computes():
    figures = _figures()
    page = (ROOT / "docs" / "multi-step.md").read_text("utf-8")
    assert figures.between("fading").search(page)[0].split("-->\n", 1)[1].startswith(figures.fading())


def test_the_python_of_the_readme_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README", "exec"), {})
    assert said.getvalue().rstrip().endswith("(1, 20, 64)")


def test_every_command_is_in_the_readme():
    registered = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert set(COMMANDS) | {"tour"} == registered


@pytest.mark.parametrize("command", COMMANDS)
def test_options_shown_in_the_readme_exist(command):
    help_text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    for line in re.findall(rf"^seqzoo {command} (.*?)(?:  |$)", README, re.MULTILINE):
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", line):
            assert option in help_text


def test_each_function_that_the_conventions_point_to_is_in_its_file():
    page = (ROOT / "docs" / "conventions.md").read_text("utf-8")
    places = re.findall(r"\[`([\w.]+)`\]\(\.\./(src/\S+?\.py)\)", page)
    assert len(places) > 10
    for name, file in places:
        body: list[ast.stmt] = ast.parse((ROOT / file).read_text("utf-8")).body
        for part in name.split("."):
            defined = {node.name: node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
            assert part in defined, f"{name} is not in {file}"
            body = defined[part].body


def test_relative_links_of_the_documents_lead_somewhere():
    for document in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_changelog_describes_this_version():
    assert f"## [{seqzoo.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
