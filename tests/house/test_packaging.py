"""What pyproject.toml promises of what is built from it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_a_source_distribution_holds_every_path_that_the_readme_and_the_makefile_mention() -> None:
    include = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [name for name in include if not (ROOT / name).exists()] == []
    for page in ("README.md", "CONTRIBUTING.md", "Makefile"):
        words = set(re.findall(r"[\w.-]+(?:/[\w.-]*)*", (ROOT / page).read_text("utf-8")))
        paths = {word.rstrip("./") for word in words if word.strip("./") and (ROOT / word.rstrip("./")).exists()}
        paths = {path for path in paths if not path.startswith((".", "dist", "node_modules", "out"))}  # made
        assert paths, page
        missing = [path for path in sorted(paths) if path.split("/")[0] not in (*include, "pyproject.toml")]
        assert missing == [], page


def test_every_dependency_has_an_exact_version_that_its_range_admits() -> None:
    """The ranges say what should work, constraints.txt what is tested."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line[0] != "#"]
    tested = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    facts = PROJECT["project"]
    for line in [*facts["dependencies"], *(one for many in facts["optional-dependencies"].values() for one in many)]:
        wanted = Requirement(line)
        if wanted.name != "seqzoo":
            assert wanted.specifier.contains(tested[canonicalize_name(wanted.name)]), line
