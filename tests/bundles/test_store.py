"""The manifest and the folder: what is written is read back, and whatever differs is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from seqzoo.bundles import shelf, store, trust
from seqzoo.bundles.manifest import SCHEMA_VERSION, Manifest
from seqzoo.bundles.store import CARD, MANIFEST, REQUIRED, WEIGHTS
from seqzoo.errors import InputError, IntegrityError, ManifestError, UnknownNameError


@pytest.fixture
def manifest(shipped):
    return msgspec.structs.replace(store.open_bundle(shipped).manifest, schema_version=SCHEMA_VERSION)


@pytest.fixture
def contents(shipped):
    return {name: (shipped / name).read_bytes() for name in REQUIRED}


def edit(path, change):
    facts = json.loads((path / MANIFEST).read_text("utf-8"))
    change(facts)
    (path / MANIFEST).write_text(json.dumps(facts), "utf-8")


def test_a_manifest_goes_through_json_unchanged(manifest):
    assert msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest) == manifest


def test_a_bundle_written_is_read_back_the_same(manifest, contents, tmp_path):
    written = store.write_bundle(tmp_path / "made", manifest, contents)
    found = store.open_bundle(tmp_path / "made")
    assert found == written and found.manifest == manifest
    assert {name: found.read(name) for name in REQUIRED} == contents


def test_the_facts_of_files_are_taken_from_the_files_not_from_what_was_given(manifest, contents, tmp_path):
    written = store.write_bundle(tmp_path / "made", manifest, {**contents, CARD: b"# other"})
    facts = written.manifest.files[CARD]
    assert (facts.size, facts.sha256) == (7, hashlib.sha256(b"# other").hexdigest())
    assert written.read(CARD) == b"# other"
    assert written.manifest.size == sum(map(len, contents.values())) - len(contents[CARD]) + 7


def test_writing_replaces_an_older_bundle_and_nothing_else(manifest, contents, tmp_path):
    path = tmp_path / "made"
    store.write_bundle(path, manifest, {**contents, CARD: b"older"})
    store.write_bundle(path, manifest, contents)
    assert store.open_bundle(path).read(CARD) == contents[CARD]
    (path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"notes\.txt"):
        store.write_bundle(path, manifest, contents)
    assert (path / "notes.txt").read_text("utf-8") == "mine"


def test_a_folder_that_is_no_bundle_is_not_overwritten(manifest, contents, tmp_path):
    (tmp_path / "made").mkdir()
    with pytest.raises(InputError, match=r"made.*bundle"):
        store.write_bundle(tmp_path / "made", manifest, contents)


def test_a_bundle_is_trusted_if_this_machine_built_it_wherever_it_moves(manifest, contents, tmp_path):
    renamed = msgspec.structs.replace(manifest, title="Mine")
    assert store.write_bundle(tmp_path / "made", renamed, contents).is_trusted
    shutil.move(tmp_path / "made", tmp_path / "moved")
    assert store.open_bundle(tmp_path / "moved").is_trusted


def test_a_shipped_bundle_is_trusted_wherever_it_lies_and_one_of_other_bytes_nowhere(
    shipped, copied, tmp_path, monkeypatch
):
    shutil.copytree(shipped, tmp_path / "elsewhere")
    assert store.open_bundle(shipped).is_trusted and store.open_bundle(tmp_path / "elsewhere").is_trusted
    monkeypatch.setattr(store, "SHIPPED", copied.parent)  # as if it lay in the package
    assert not store.open_bundle(copied).is_trusted


def test_the_list_of_what_is_shipped_holds_every_bundle_of_the_package_and_nothing_else():
    manifests = {path.name: (path / MANIFEST).read_bytes() for path in store.SHIPPED.iterdir()}
    written = {name: hashlib.sha256(raw).hexdigest() for name, raw in manifests.items()}
    listed = dict(reversed(line.split()) for line in trust.SHIPPED_LIST.read_text("utf-8").splitlines())
    assert listed == written, "run `python tools/shipped.py`"


def test_a_built_bundle_whose_manifest_was_edited_is_no_longer_trusted(manifest, contents, tmp_path):
    store.write_bundle(tmp_path / "made", msgspec.structs.replace(manifest, title="Mine"), contents)
    edit(tmp_path / "made", lambda facts: facts.update(title="Yours"))
    assert not store.open_bundle(tmp_path / "made").is_trusted


def test_building_twice_notes_both_once(manifest, contents, tmp_path, home):
    for title in ("one", "two", "one"):
        store.write_bundle(tmp_path / "made", msgspec.structs.replace(manifest, title=title), contents)
    lines = (home / "built.txt").read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 2


@pytest.mark.parametrize("name", REQUIRED)
def test_one_flipped_bit_in_any_file_is_refused(copied, name):
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(IntegrityError, match=rf"{name}.*SHA-256"):
        store.open_bundle(copied).read(name)


def test_a_file_cut_short_is_refused_with_both_sizes(copied):
    size = (copied / WEIGHTS).stat().st_size
    (copied / WEIGHTS).write_bytes((copied / WEIGHTS).read_bytes()[:-3])
    with pytest.raises(IntegrityError, match=rf"{size - 3:,} bytes.*{size:,}"):
        store.open_bundle(copied).read(WEIGHTS)


def test_a_missing_file_and_a_link_are_refused(copied, shipped):
    (copied / WEIGHTS).unlink()
    with pytest.raises(IntegrityError, match=rf"{WEIGHTS}.*missing"):
        store.open_bundle(copied).read(WEIGHTS)
    (copied / WEIGHTS).symlink_to(shipped / WEIGHTS)
    with pytest.raises(IntegrityError, match=rf"{WEIGHTS}.*link"):
        store.open_bundle(copied).read(WEIGHTS)


def test_a_folder_without_a_manifest_is_not_a_bundle(tmp_path):
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        store.open_bundle(tmp_path)


def test_a_manifest_of_a_newer_schema_asks_for_an_upgrade_even_if_its_fields_differ(copied):
    (copied / MANIFEST).write_text('{"schema_version": 3, "anything": []}', "utf-8")
    with pytest.raises(ManifestError, match=r"schema 3\b.*\b2\b"):
        store.open_bundle(copied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(schema_version=0), "schema_version.*1"),
        (lambda m: m.update(surprise=1), "surprise"),
        (lambda m: m.pop("title"), "title"),
        (lambda m: m.update(parameters="many"), "parameters"),
        (lambda m: m.update(name="../x"), "name"),
        (lambda m: m.update(name="x" * 101), "name"),
        (lambda m: m.update(title="\x1b[31mred"), "31mred"),
        (lambda m: m["files"].pop(WEIGHTS), "files"),
        (lambda m: m["files"].update({"../x": m["files"][WEIGHTS]}), "files"),
        (lambda m: m["files"][WEIGHTS].update(sha256="ab"), "64"),
        (lambda m: m["files"][WEIGHTS].update(size=-1), "size of weights.safetensors"),
        (lambda m: m["files"][WEIGHTS].update(size=1 << 40), "size of weights.safetensors"),
        (lambda m: m["contract"].update(context_length=0), "context_length|horizon"),
        (lambda m: m["contract"].update(horizon=4097), "context_length|horizon"),
        (lambda m: m["contract"]["scaling"].update(scale=0), "scale"),
        (lambda m: m["score"]["floors"].pop("bayes"), "bayes"),
        (lambda m: m["score"].update(mse=[1.0]), "mse"),
    ],
)
def test_a_manifest_that_states_something_impossible_is_refused_with_what_it_is(copied, change, message):
    edit(copied, change)
    with pytest.raises(ManifestError, match=message):
        store.open_bundle(copied)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"schema_version": 1}', b"[" * 100_000])
def test_what_is_not_a_manifest_at_all_is_refused(copied, raw):
    (copied / MANIFEST).write_bytes(raw)
    with pytest.raises(ManifestError, match="manifest"):
        store.open_bundle(copied)


def test_the_users_models_are_listed_after_the_shipped_ones_and_cannot_shadow_them(manifest, contents, home):
    for name in ("mine", "lstm.sine"):
        store.write_bundle(home / "models" / name, msgspec.structs.replace(manifest, name=name), contents)
    found = shelf.available()
    assert found["mine"] == home / "models" / "mine"
    assert found["lstm.sine"] == store.SHIPPED / "lstm.sine"
    assert list(found)[-1] == "mine"


def test_folders_without_a_manifest_and_odd_names_are_not_listed(copied, home):
    (home / "models" / "empty").mkdir(parents=True)
    shutil.copytree(copied, home / "models" / "Not A Name")
    assert set(shelf.available()) == {path.name for path in store.SHIPPED.iterdir()}


def test_a_name_with_a_separator_is_a_path_and_any_other_is_looked_up(tmp_path):
    assert shelf.find(str(tmp_path)) == tmp_path
    assert shelf.find("./here").name == "here"
    assert shelf.find("lstm.sine") == store.SHIPPED / "lstm.sine"
    with pytest.raises(UnknownNameError, match=r"'lstm\.sin'.*'lstm\.sine'"):
        shelf.find("lstm.sin")


def test_the_shipped_bundles_together_stay_under_5_mb():
    assert 0 < sum(path.stat().st_size for path in store.SHIPPED.rglob("*") if path.is_file()) < 5_000_000


def test_builders_at_the_same_time_lose_no_line_of_the_ledger(manifest, contents, tmp_path, home):
    def build(number):
        titled = msgspec.structs.replace(manifest, title=f"number {number}")
        return store.write_bundle(tmp_path / f"made-{number}", titled, contents)

    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(build, range(24)))
    assert len((home / "built.txt").read_text("utf-8").split()) == 24
    assert all(store.open_bundle(one.path).is_trusted for one in built)


def test_a_torn_line_of_the_ledger_costs_that_line_alone(manifest, contents, tmp_path, home):
    home.mkdir(parents=True)
    (home / "built.txt").write_text("0123abc", "utf-8")
    assert store.open_bundle(store.write_bundle(tmp_path / "made", manifest, contents).path).is_trusted
