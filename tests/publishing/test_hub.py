"""`seqzoo push` and `seqzoo pull`, against a stand-in of the hub on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, close_session, constants

from seqzoo.bundles import store
from seqzoo.bundles.store import CARD, INTERVALS, MANIFEST, ONNX, TORCHSCRIPT, WEIGHTS
from support import forge
from support.hub import TOKEN, Hub, standing_in
from support.terminal import Terminal, terminal

__all__ = ["terminal"]

PLACE = "ada/wave"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # within huggingface_hub


@pytest.fixture(scope="module")
def running() -> Iterator[Hub]:
    with standing_in() as hub:
        yield hub
    close_session()


@pytest.fixture
def hub(running: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The stand-in, empty, with a user who is logged in to it."""
    for kept in (running.commits, running.private, running.large, running.strange):
        kept.clear()
    running.answer, running.endless, running.is_full = None, "", False
    monkeypatch.setenv("HF_ENDPOINT", running.address)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    yield running
    assert running.strange == []


@pytest.fixture
def mine(copied: Path) -> Path:
    """A bundle of the user with a name that no shipped one has, which this machine did not build."""
    forge.state(copied, name="lstm.wave")
    return copied


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def on_the_hub(hub: Hub, folder: Path, **changes: bytes) -> None:
    """As if somebody had uploaded that folder by other means."""
    hub.commits[PLACE] = [{**files_of(folder), **changes}]


def test_a_bundle_that_is_pushed_and_pulled_is_the_same_byte_for_byte_and_its_code_is_not_trusted(
    terminal: Terminal, hub: Hub, mine: Path, home: Path
) -> None:
    done = terminal("push", f"{mine}/", PLACE, "--json")
    assert done.status == 0, done.err
    pushed = json.loads(done.out)
    assert pushed["revision"] == hub.revision(PLACE) and pushed["address"] == f"{hub.address}/{PLACE}"
    assert PLACE in hub.private
    there = dict(hub.commits[PLACE][-1])
    assert there.pop(".gitattributes") and there == files_of(mine)
    assert ModelCard(there[CARD].decode()).data.library_name == "seqzoo"

    done = terminal("pull", PLACE)
    assert done.status == 0, done.err
    written = home / "models" / "lstm.wave"
    assert files_of(written) == files_of(mine)
    assert not store.open_bundle(written).is_trusted
    assert "seqzoo verify lstm.wave" in done.out
    again = f"seqzoo pull {PLACE} --revision {pushed['revision']} --sha256 {pushed['sha256']}"
    assert again in done.out

    (written / WEIGHTS).write_bytes(b"damaged")
    done = terminal(*again.split()[1:])
    assert done.status == 0 and "pinned" in done.out and files_of(written) == files_of(mine)


def test_a_later_push_leaves_the_pinned_commit_as_it_was(
    terminal: Terminal, hub: Hub, mine: Path, tmp_path: Path
) -> None:
    first = json.loads(terminal("push", f"{mine}/", PLACE, "--public", "--json").out)
    assert not hub.private
    old = files_of(mine)
    hub.commits[PLACE].append({**hub.commits[PLACE][-1], INTERVALS: b"of an older bundle"})
    forge.state(mine, title="Another")
    second = json.loads(terminal("push", f"{mine}/", PLACE, "--json").out)
    assert INTERVALS not in hub.commits[PLACE][-1]
    pin = ("--sha256", first["sha256"])
    refusal = terminal("pull", PLACE, *pin, "--out", tmp_path / "a").refusal
    assert first["sha256"][:12] in refusal and second["sha256"][:12] in refusal and "Nothing was written" in refusal
    done = terminal("pull", PLACE, *pin, "--revision", first["revision"], "--out", tmp_path / "a", "--json")
    assert json.loads(done.out)["is_pinned"] and files_of(tmp_path / "a") == old
    assert "holds another bundle" in terminal("pull", PLACE, "--out", tmp_path / "a").refusal


@pytest.mark.parametrize("name", [WEIGHTS, TORCHSCRIPT, CARD])
def test_a_file_that_was_changed_on_the_hub_is_refused_and_nothing_is_written(
    terminal: Terminal, hub: Hub, mine: Path, home: Path, name: str
) -> None:
    data = (mine / name).read_bytes()
    on_the_hub(hub, mine, **{name: forge.flipped(data, 8 * (len(data) // 2))})
    assert f"{PLACE}/{name} does not match its manifest" in terminal("pull", PLACE).refusal
    assert not (home / "models").exists()


def test_a_file_without_an_end_is_read_as_far_as_the_manifest_states(
    terminal: Terminal, hub: Hub, mine: Path
) -> None:
    on_the_hub(hub, mine)
    for name, limit in ((ONNX, (mine / ONNX).stat().st_size), (MANIFEST, store.MANIFEST_LIMIT)):
        hub.endless = name
        assert f"{name} is longer than {limit:,} bytes" in terminal("pull", PLACE).refusal


def test_hostile_names_in_a_listing_or_a_manifest_reach_no_disk(
    terminal: Terminal, hub: Hub, mine: Path, home: Path, tmp_path: Path
) -> None:
    names = ("../../escaped", "/tmp/escaped", "models/../../escaped", "a\\..\\escaped", "CON", "\x1b[2Jescaped")
    on_the_hub(hub, mine, **dict.fromkeys(names, b"hostile"))
    assert terminal("pull", PLACE).status == 0
    assert files_of(home / "models" / "lstm.wave") == files_of(mine)
    facts = forge.facts_of(mine)
    facts["files"]["../escaped"] = facts["files"][WEIGHTS]
    on_the_hub(hub, mine, **{MANIFEST: json.dumps(facts).encode(), "../escaped": b""})
    assert "unexpected ['../escaped']" in terminal("pull", PLACE).refusal
    forge.state(mine, name="../escaped")
    on_the_hub(hub, mine)
    assert "name '../escaped' must match" in terminal("pull", PLACE, "--out", tmp_path / "x").refusal
    assert not [*home.rglob("*escaped*"), *tmp_path.rglob("*escaped*")] and not home.with_name("escaped").exists()


def test_what_is_no_bundle_is_said_before_anything_is_downloaded(
    terminal: Terminal, hub: Hub, mine: Path, shipped: Path
) -> None:
    hub.commits[PLACE] = [{CARD: b"# mine"}]
    assert "has no manifest.json" in terminal("pull", PLACE).refusal
    assert f"holds {CARD} and is no bundle" in terminal("push", f"{mine}/", PLACE).refusal
    assert hub.commits[PLACE] == [{CARD: b"# mine"}]
    on_the_hub(hub, mine)
    del hub.commits[PLACE][0][ONNX]
    assert f"lacks {ONNX}" in terminal("pull", PLACE).refusal
    on_the_hub(hub, shipped)
    assert "shipped model; choose another. Or give a folder with --out" in terminal("pull", PLACE).refusal


def test_a_damaged_bundle_is_not_pushed(terminal: Terminal, hub: Hub, mine: Path) -> None:
    (mine / WEIGHTS).write_bytes(b"cut")
    assert "was cut or replaced" in terminal("push", f"{mine}/", PLACE).refusal
    assert not hub.commits


def test_every_refusal_of_the_hub_is_one_sentence_that_says_what_to_do(
    terminal: Terminal, hub: Hub, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "has no repository 'ada/wave'" in terminal("pull", PLACE).refusal
    assert "named owner/name, got 'wave'" in terminal("pull", "wave").refusal
    assert "named owner/name, got '../x'" in terminal("push", f"{mine}/", "../x").refusal
    assert "hf_secret" not in terminal("pull", "https://ada:hf_secret@hub.example/ada/wave").refusal
    assert "64 hexadecimal digits" in terminal("pull", PLACE, "--sha256", "12ab").refusal
    assert "your token may not do this in eve/wave" in terminal("push", f"{mine}/", "eve/wave").refusal
    hub.is_full = True
    assert "the upload to ada/wave failed" in terminal("push", f"{mine}/", PLACE).refusal
    hub.is_full = False
    assert terminal("push", f"{mine}/", PLACE).status == 0
    assert "has no revision 'v9'" in terminal("pull", PLACE, "--revision", "v9").refusal
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "does not accept your token" in terminal("pull", PLACE).refusal
    monkeypatch.delenv("HF_TOKEN")
    assert "Log in with `hf auth login`" in terminal("push", f"{mine}/", PLACE).refusal
    assert "it is private" in terminal("pull", PLACE).refusal
    hub.answer = 503, b'{"error": "asleep"}'
    assert "answered with status 503: asleep" in terminal("pull", PLACE).refusal
    for body in (b"<html>", b"{}", b"[1]", b'{"id": "ada/wave", "siblings": 7}'):
        hub.answer = 200, body
        assert "gave an answer that was not understood" in terminal("pull", PLACE).refusal
    hub.answer = 200, b'{"id": "ada/wave", "sha": "../x"}'
    assert "states no commit of ada/wave" in terminal("pull", PLACE).refusal
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in terminal("pull", PLACE).refusal


def test_a_hub_that_cannot_be_reached_is_named(
    terminal: Terminal, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9 cannot be reached" in terminal("pull", PLACE).refusal


def test_without_the_library_the_line_that_installs_it_is_shown(
    terminal: Terminal, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for command in (("push", f"{mine}/", PLACE), ("pull", PLACE)):
        assert "pip install 'seqzoo[hub]'" in terminal(*command).refusal
