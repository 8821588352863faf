"""Rows that arrive one by one: they lie in few files, survive the end of their process, and make one table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqzoo.data.reading.rows import JOINED, RowFolder
from seqzoo.errors import InputError


def row(number: int) -> dict[str, object]:
    """The latter half has a column that the first has not."""
    return {"value": float(number), "late": "x"} if number >= 40 else {"value": float(number)}


def test_rows_that_arrive_in_any_order_lie_in_few_files_and_make_the_same_table(tmp_path: Path) -> None:
    keys = [f"{number:03}" for number in range(80)]
    for name, order in {"there": np.arange(80), "here": np.random.default_rng(0).permutation(80)}.items():
        folder, again = tmp_path / name, int(order[7])
        rows = RowFolder(folder)
        for number in map(int, order[:50]):
            rows.add(keys[number], [row(number)])
        assert len(list(folder.iterdir())) < JOINED
        rows.add(keys[again], [{"value": -1.0}])
        (folder / ".part-000000052.parquet.new-1").touch()  # what a process was writing when it was killed
        rows = RowFolder(folder)
        by_key = {one["key"]: one["value"] for one in rows.rows()}
        assert len(by_key) == 50 and by_key.pop(keys[again]) == -1.0
        assert all(value == int(key) for key, value in by_key.items())
        for number in (again, *map(int, order[50:])):
            rows.add(keys[number], [row(number)])
        rows.finish()
        assert [one["key"] for one in rows.rows()] == keys
    there, here = ((tmp_path / name / "rows.parquet").read_bytes() for name in ("there", "here"))
    assert there == here


def test_rows_that_may_wait_are_written_together_at_the_latest_at_the_end(tmp_path: Path) -> None:
    with RowFolder(tmp_path, gather=600.0) as rows:
        for number in range(5):
            rows.add(str(number), [{"value": number}])
        assert rows.polled(lambda: True)()
        assert [path.name for path in tmp_path.iterdir()] == ["part-000000001.parquet"]  # the first need not wait
        assert len(rows.rows()) == 5
    assert len(list(tmp_path.iterdir())) == 2 and len(RowFolder(tmp_path).rows()) == 5
    (tmp_path / "part-one.parquet").touch()
    with pytest.raises(InputError, match=r"part-one\.parquet"):
        RowFolder(tmp_path)
