"""The scripts that build and audit a release, and the workflows that call them."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in ROOT.glob(".github/workflows/*.yml")}


def script(place: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(place).stem + "_of_a_release", ROOT / place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(*vulnerabilities: dict[str, Any], **facts: str) -> dict[str, Any]:
    return {"name": "numpy", "version": "1.0", "vulns": list(vulnerabilities), **facts}


def test_an_audit_fails_on_a_known_vulnerability_and_never_passes_in_silence() -> None:
    verdict = script("tools/audit.py").verdict
    status, lines = verdict({"dependencies": [package(), {"name": "own", "skip_reason": "not found"}]}, [], True)
    assert status == 0 and lines[-1] == "1 packages audited, 0 known vulnerabilities"
    assert lines[:-1] == ["not audited, since the service does not know them: own"]
    known = {"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": [], "description": ""}
    status, lines = verdict({"dependencies": [package(known)]}, ["pypi: refused"], False)
    assert status == 1 and lines[:2] == ["no answer from pypi: refused", "numpy 1.0: PYSEC-1, mended in 1.1"]
    for strict, expected in ((False, 0), (True, 3)):
        status, lines = verdict(None, ["pypi: refused", "osv: refused"], strict)
        assert status == expected and lines[-1].startswith("NOT AUDITED") and len(lines) == 3


PIP_AUDIT = """#!/bin/sh
case "$*" in
*"vulnerability-service pypi"*) echo '{"dependencies": [{"name": "numpy", "skip_reason": "not found"}]}' ;;
*) echo 'no route to the service' >&2; exit 1 ;;
esac
"""


def test_a_service_that_knows_no_package_or_does_not_answer_is_no_answer(tmp_path, monkeypatch) -> None:
    audit = script("tools/audit.py")
    tool = tmp_path / "python"
    tool.write_text(PIP_AUDIT)
    tool.chmod(0o755)
    monkeypatch.setattr(audit, "OUT", tmp_path)
    monkeypatch.setattr(audit.sys, "executable", str(tool))
    answer, silent = audit.looked_up(["numpy==1.0\n"])
    assert answer is None
    assert [why.partition(":")[0] for why in silent] == ["pypi", "osv"]
    assert "knows none of the packages" in silent[0] and silent[1] == "osv: no route to the service"
    tool.write_text(f"#!/bin/sh\necho '{json.dumps({'dependencies': [package()]})}'\n")
    assert audit.looked_up(["numpy==1.0\n"]) == ({"dependencies": [package()]}, [])


def test_two_builds_are_the_same_only_if_every_file_is() -> None:
    differences = script("tools/dist.py").differences
    assert differences({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) == []
    assert differences({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "d": "3"}) == ["b", "c", "d"]


def test_the_wheel_that_is_tried_is_the_one_that_pip_would_take() -> None:
    best = script("tools/dist.py").best
    from packaging.tags import sys_tags

    here = next(tag.platform for tag in sys_tags() if tag.platform != "any")
    names = ["seqzoo-1.0-py3-none-any.whl", f"seqzoo-1.0-py3-none-{here}.whl", "seqzoo-1.0-py3-none-win_arm64.whl"]
    assert best([Path(name) for name in names]).name == names[1]
    assert best([Path(names[2]), Path(names[0])]).name == names[0]
    with pytest.raises(SystemExit, match=r"no wheel for this machine among .*win_arm64"):
        best([Path(names[2])])


def test_a_run_that_fails_ends_the_script_with_what_was_printed() -> None:
    run = script("tools/dist.py").run
    assert run(sys.executable, "-c", "print(1)") == "1\n"
    with pytest.raises(SystemExit, match=r"(?s)why.*status 3"):
        run(sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)")


def test_a_release_is_built_by_exact_versions_and_the_compiler_of_the_core() -> None:
    lines = (ROOT / "tools" / "release.txt").read_text("utf-8").splitlines()[1:]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in lines) and lines == sorted(lines)
    assert script("native/build.py").COMPILER in lines


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_workflows_call_targets_that_exist_with_least_permissions_and_no_secret() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"\$\((\w+)\)", makefile))
    assert WORKFLOWS.keys() >= {"test", "release", "audit"}
    for name, workflow in WORKFLOWS.items():
        assert workflow["permissions"] == {"contents": "read"}, name
        assert "secrets." not in (ROOT / f".github/workflows/{name}.yml").read_text("utf-8")
        for step in steps(workflow):
            if step.get("run", "").startswith("make "):
                assert step["run"].split()[1] in targets, step
                assert set(re.findall(r"(\w+)=", step["run"])) <= variables, step
            elif "run" not in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1)", step["uses"]), step
    publish = WORKFLOWS["release"]["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"} and publish["needs"] == "build"
    assert "tag" in publish["if"] and publish["environment"] == "pypi"


def test_the_matrix_has_the_versions_of_python_that_the_page_on_compatibility_calls_tested() -> None:
    (row,) = re.findall(r"^\| Python \| 3.*$", (ROOT / "docs" / "compatibility.md").read_text("utf-8"), re.MULTILINE)
    matrix = WORKFLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert matrix == sorted(set(re.findall(r"\b3\.\d+", row)), key=lambda text: int(text[2:]))
    assert set(matrix) <= set(script("tools/dist.py").PYTHONS)
    assert f"python {matrix[0]}".replace(" ", "") in (ROOT / "Makefile").read_text("utf-8")
