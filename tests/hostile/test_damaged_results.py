"""Files of results that are missing, damaged or something else: one line that says so, for every comparison."""

from __future__ import annotations

import re

import pytest

from seqzoo.arena.competition import Competition
from seqzoo.arena.experiments import EXPERIMENTS
from seqzoo.errors import InputError, IntegrityError

KINDS = {each.key: (each.file, each.read) for each in (*EXPERIMENTS, Competition())}
DAMAGED = [
    b"", b"{", b"[]", b"{}", b"[" * 9999, b'{"signal": 3}', b'{"signal": "sine", "context_length": 20, "more": 1}',
    b'{"signal": "\xff\xfe"}',
]  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def test_damaged_results_are_refused_in_one_line(kind, tmp_path):
    name, read = kind
    for data in DAMAGED:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError) as refused:
            read(tmp_path)
        assert str(tmp_path / name) in str(refused.value) and "\n" not in str(refused.value), data


def test_a_folder_without_results_is_refused(kind, tmp_path):
    name, read = kind
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path))}.*{name}"):
        read(tmp_path)


def test_results_behind_a_link_are_refused(kind, tmp_path):
    name, read = kind
    (tmp_path / "elsewhere").write_bytes(b"{}")
    (tmp_path / name).symlink_to("elsewhere")
    with pytest.raises(IntegrityError, match="link"):
        read(tmp_path)
