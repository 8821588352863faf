"""What the files around the code state: compatibility, citation, security, conduct, issue forms, workflows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import seqzoo
from seqzoo.arena import results
from seqzoo.bundles import manifest
from seqzoo.errors import ManifestError
from seqzoo.training import checkpoints

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")


def test_the_page_on_compatibility_states_what_the_code_reads_and_exports(tmp_path: Path) -> None:
    assert set(re.findall(r"`seqzoo\.(\w+)`", PAGE)) == {name for name in seqzoo.__all__ if name[0] != "_"}
    schemas = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert schemas == list(range(1, manifest.SCHEMA_VERSION + 1))
    for working in (f"schema (now {checkpoints.SCHEMA_VERSION})", f"likewise (now {results.SCHEMA_VERSION})"):
        assert working in " ".join(PAGE.split())
    assert f"agree to {manifest.TOLERANCE:.0e}".replace("e-0", "e-") in PAGE
    with pytest.raises(ManifestError, match=f"schema 3; this seqzoo reads up to {manifest.SCHEMA_VERSION}"):
        manifest.parse(b'{"schema_version": 3}', tmp_path)
    tested = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    assert f"{tested['torch']}: every test" in PAGE


def test_the_citation_has_what_its_schema_requires_and_states_this_version() -> None:
    """The keys that version 1.2.0 of the Citation File Format requires, and the types of those used."""
    facts = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"authors", "cff-version", "message", "title"} <= facts.keys()
    assert facts["cff-version"] == "1.2.0" and facts["type"] == "software" and facts["license"] == "Apache-2.0"
    assert facts["version"] == seqzoo.__version__
    assert facts["authors"] and all(set(author) == {"name"} and author["name"] for author in facts["authors"])
    assert all(isinstance(facts[key], str) for key in ("message", "title", "abstract", "version"))
    assert len(set(facts["keywords"])) == len(facts["keywords"]) > 0


CHOICE = {"label", "options"}
INPUTS = {"textarea": {"label"}, "input": {"label"}, "dropdown": CHOICE, "checkboxes": CHOICE}


def test_every_issue_form_is_one_that_the_host_accepts() -> None:
    """By the host's rules: known kinds, a label each, no id or label twice, at least one question."""
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [form.stem for form in forms] == ["bug", "model", "question"]
    for form in forms:
        facts = yaml.safe_load(form.read_text("utf-8"))
        assert set(facts) == {"name", "description", "labels", "body"}, form.name
        asked = [part for part in facts["body"] if part["type"] != "markdown"]
        assert asked
        for part in asked:
            assert INPUTS[part["type"]] <= part["attributes"].keys(), part
            assert part.keys() <= {"type", "id", "attributes", "validations"}, part
            assert re.fullmatch(r"[\w-]+", part["id"])
        ids, labels = {part["id"] for part in asked}, {part["attributes"]["label"] for part in asked}
        assert len(ids) == len(labels) == len(asked)


def test_the_files_around_the_code_link_to_files_that_exist_and_name_no_address_of_mail() -> None:
    for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "CITATION.cff"):
        text = (ROOT / name).read_text("utf-8")
        assert not re.search(r"[\w.]+@[\w.]+", text), name
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"
