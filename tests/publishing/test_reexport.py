"""A bundle written again from its own weights: only what the code would write otherwise changes, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load, save

from seqzoo.bundles import store
from seqzoo.errors import IntegrityError
from seqzoo.execution.local import Local
from seqzoo.publishing.reexport import PRELOADED, reexport

KEPT = (store.WEIGHTS, store.GOLDEN, store.HISTORY)


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """A shipped bundle as an older version would have written it: another card, another title."""
    folder = tmp_path / "rnn.sine"
    shutil.copytree(store.SHIPPED / "rnn.sine", folder)
    found = store.open_bundle(folder)
    contents = {name: found.read(name) for name in store.REQUIRED} | {store.CARD: b"# older\n"}
    store.write_bundle(folder, msgspec.structs.replace(found.manifest, title="Older"), contents)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_the_code_writes_otherwise_is_renewed_and_what_training_gave_is_kept(stale, forked_places):
    before, old = files_of(stale), store.open_bundle(stale).manifest
    afresh = Local(1, preloaded=PRELOADED)  # how TorchScript names a module depends on the process
    assert list(afresh.run(reexport, [stale])) == [(stale, (store.CARD,))]
    after, new = files_of(stale), store.open_bundle(stale).manifest
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    assert new.title != "Older" and after[store.CARD] != before[store.CARD]
    assert (new.training, new.score, new.contract, new.created_with) == (
        old.training, old.score, old.contract, old.created_with)  # fmt: skip
    # A process of its own writes the bytes that are shipped; the manifest may have been of an older schema.
    assert after | {store.MANIFEST: b""} == files_of(store.SHIPPED / "rnn.sine") | {store.MANIFEST: b""}
    assert list(afresh.run(reexport, [stale])) == [(stale, ())] and files_of(stale) == after


def test_weights_that_do_not_give_the_golden_tensors_are_refused_and_nothing_is_written(stale):
    found = store.open_bundle(stale)
    golden = load(found.read(store.GOLDEN))
    golden["forecast"] = golden["forecast"] + np.float32(1e-3)
    contents = {name: found.read(name) for name in store.REQUIRED} | {store.GOLDEN: save(golden)}
    store.write_bundle(stale, found.manifest, contents)
    before = files_of(stale)
    with pytest.raises(IntegrityError, match=r"PyTorch.*0\.001.*golden.safetensors.*1e-05"):
        reexport(stale)
    assert files_of(stale) == before
