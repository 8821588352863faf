"""The files of the site: no dead link, nothing that its policy refuses, and a folder that is written with care."""

from __future__ import annotations

import functools
import gzip
import json
import re
from html import unescape
from posixpath import join, normpath
from urllib.parse import urlsplit

import pytest

from seqzoo.errors import InputError
from seqzoo.pages import hero, tours, train
from seqzoo.runtime import catalogue
from seqzoo.site import build, modules
from support.static_site import files

LANDING, MODEL = 150_000, 400_000  # bytes that a page may take compressed


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    return files()


def packed(site: dict[str, bytes], names: set[str]) -> int:
    return sum(len(gzip.compress(site[name], 9)) for name in names)


def pages(site: dict[str, bytes]) -> dict[str, str]:
    return {name: data.decode() for name, data in site.items() if name.endswith(".html")}


def test_every_link_of_every_page_leads_to_a_file_of_the_site(site):
    texts = pages(site)
    for key in tours.TOURS:
        stops = json.loads(site[f"tours/{key}.json"])["stops"] if f"tours/{key}.json" in site else {}
        texts |= {f"tours/{key} {at}": stop["html"] for at, stop in stops.items()}
    dead = []
    for page, html in texts.items():
        for link in re.findall(r'(?<=\s)(?:href|src|data-href)="([^"]*)"', html):
            path = urlsplit(unescape(link)).path
            if link.startswith(("data:", "#")):
                continue
            target = normpath(join(page.rpartition("/")[0], path)) if path else page
            found = {target, f"{target}/index.html", target.replace(".", "index.html", 1)} & site.keys()
            if link.startswith(("/", "http")) or not found:
                dead.append((page, link))
    assert dead == []


def test_no_page_has_a_script_or_a_style_of_its_own_which_its_policy_would_refuse(site):
    for page, html in pages(site).items():
        policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[0]
        assert "default-src &#x27;none&#x27;" in policy and not re.search("unsafe-inline|&#x27;unsafe-eval", policy)
        assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", html) == [], page


def test_a_site_of_all_models_has_every_stop_of_every_tour_and_repeats_the_trainings_of_its_recipe(monkeypatch):
    monkeypatch.setattr(train, "_errors", lambda sigma, length: {})  # which takes a second
    monkeypatch.setattr(train, "facts", functools.cache(train.facts.__wrapped__))
    models = {row["name"]: build._model(row) for row in catalogue.rows() if row["shipped"]}
    built = build._Builder(models, "")
    assert built.tours == {key: list(range(1, len(tour.steps) + 1)) for key, tour in tours.TOURS.items()}
    trainings = built.known.trainings
    assert trainings["lstm.sine"] == {"size": "64", "steps": "4000"}
    assert trainings["rnn.sine"] == {"architecture": "rnn", "size": "129", "steps": "4000", "rate": "0.004"}
    assert set(trainings) == {f"{architecture}.sine" for architecture in train.ARCHITECTURES}


def test_a_first_visit_takes_less_than_its_budget(site):
    folder = modules.folder()

    def asked(page: str) -> set[str]:
        root = "../" * page.count("/")
        links = re.findall(r'<(?:script|link)[^>]* (?:src|href)="((?!data:)[^"]+)"', site[page].decode())
        return {page, *(link.removeprefix(root) for link in links)}

    weights, palette = f"models/{hero.MODEL}/weights.safetensors", f"{folder}/_palette.json"
    drawings = {name for name in site if name.startswith("sketches/")}
    assert packed(site, asked("index.html") | drawings | {weights}) < LANDING
    own = {f"models/lstm.sine/{name}" for name in ("facts.json", "weights.safetensors")}
    every = {name for name in site if name.startswith(f"{folder}/microscope/")}
    assert packed(site, asked("models/lstm.sine/index.html") | own | every | {palette}) < MODEL


def test_a_folder_is_replaced_only_where_it_holds_a_site_and_what_others_wrote_stays(site, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "build", lambda docs: build.Site(site, 3))
    folder = tmp_path / "public"
    build.write(folder)
    assert (folder / "index.html").read_bytes() == site["index.html"]
    (folder / "docs").mkdir()
    (folder / "docs" / "index.html").write_text("the documentation")
    (folder / "models" / "old").mkdir()
    listed = json.loads((folder / build.MARK).read_bytes())
    listed["files"]["models/old/index.html"] = ""
    (folder / build.MARK).write_text(json.dumps(listed))
    (folder / "models" / "old" / "index.html").write_text("a model that is gone")
    build.write(folder)
    assert (folder / "docs" / "index.html").read_text() == "the documentation"
    assert not (folder / "models" / "old").exists()
    (folder / ".git").mkdir()
    with pytest.raises(InputError, match=r"\.git is a link, a repository"):
        build.write(folder)
    (folder / ".git").rmdir()
    (folder / build.MARK).write_text("[" * 100_000)
    with pytest.raises(InputError, match="no site of seqzoo"):
        build.write(folder)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files, but no site of seqzoo"):
        build.write(tmp_path / "own")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="does not exist"):
        build.write(tmp_path / "none" / "public")
    assert not (tmp_path / "none").exists()
