"""Many series: each is a row, a bad one fails only its row, and a stopped run repeats nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from seqzoo.data.measured import Choices
from seqzoo.data.reading import shares
from seqzoo.execution import series, tasks
from support.in_process import Here
from support.terminal import Terminal, terminal

__all__ = ["terminal"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder: long Parquet sorted by series and not, CSV of several, one plain column, and three bad files."""
    folder = tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(0)
    days = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 6, 1), "1d", eager=True)
    parts = [
        pl.DataFrame({"unique_id": [name] * len(days), "ds": days, "y": np.sin(np.arange(len(days)) * 0.3) + noise})
        for name, noise in ((name, rng.normal(0, 0.1, len(days))) for name in "abcdef")
    ]
    parts[4] = parts[4].head(20)  # too short for a window
    long = pl.concat(parts)
    long.write_parquet(folder / "sorted.parquet", row_group_size=100)
    long.sort("ds", maintain_order=True).write_parquet(folder / "mixed.parquet")
    long.filter(pl.col("unique_id").is_in(["a", "b"])).write_csv(folder / "two.csv")
    (folder / "one.csv").write_text("\n".join(map(str, parts[0]["y"].to_list())))
    (folder / "empty.csv").write_text("")
    (folder / "cut.parquet").write_bytes((folder / "sorted.parquet").read_bytes()[:500])
    (folder / "text.csv").write_text("ds,y\n2024-01-01,1\n2024-01-02,many\n")
    (folder / "notes.md").write_text("no table")
    return folder


def test_a_share_holds_its_series_only_and_reads_as_the_whole_file_does(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shares.read(data / "sorted.parquet")
    monkeypatch.setattr(shares, "ROWS", 320)  # two series of 153 values
    files = [str(data / "sorted.parquet"), str(data / "mixed.parquet")]
    every = list(shares.shares_of(files, Choices()))
    assert [share.label for share in every] == [*"abcdef", *"abcdef"]
    assert {share.block.rows for share in every[:6] if share.block} == {306, 173}
    for share, expected in zip(every, [*whole.series, *whole.series], strict=True):
        one = share.reading(Choices()).one()
        assert np.array_equal(one.values, expected.values) and one.times == expected.times
    (text,) = shares.shares_of([str(data / "two.csv")], Choices())  # small: the driver does not read it
    monkeypatch.setattr(shares, "SMALL", 0)
    two = list(shares.shares_of([str(data / "two.csv")], Choices()))
    assert [share.label for share in two] == list(text.reading(Choices()).labels) == ["a", "b"]


class Stops(Here):
    """Runs three tasks and stops."""

    done: ClassVar[list[str]] = []

    def run(self, work: Any, tasks: Iterable[Any], **how: Any) -> Iterator[tuple[Any, Any]]:
        for number, (task, outcome) in enumerate(super().run(work, tasks, **how)):
            self.done.append(task.share.name)
            yield task, outcome
            if number == 2 and len(self.done) == 3:
                return


def test_a_backtest_over_a_folder_goes_on_after_a_stop_and_says_which_series_it_cannot_use(
    data: Path, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    place = Stops()
    monkeypatch.setattr(tasks, "place", lambda on: place)
    command = ["backtest", "lstm.sine", "--series", data, "--last", 5, "--horizon", 3]
    stopped = terminal(*command, "--out", tmp_path / "rows")
    assert stopped.status == 130 and "the same command goes on" in stopped.err
    again = terminal(*command, "--out", tmp_path / "rows", "--json")
    assert again.status == 0, again.err
    assert len(place.done) == len(set(place.done)) == 17  # nothing twice
    facts = json.loads(again.out)
    assert facts["finished"] and facts["series"] == 18
    refused = {Path(each["file"]).name + each["series"]: each["reason"] for each in facts["refused"]}
    assert set(refused) == {"cut.parquet", "empty.csv", "text.csv", "sorted.parquete", "mixed.parquete"}
    assert "is empty" in refused["empty.csv"] and "'many'" in refused["text.csv"]
    assert "20 values has fewer than 5 cutoffs" in refused["mixed.parquete"]
    table = pl.read_parquet(tmp_path / "rows" / "rows.parquet")
    assert len(table) == 18 and len(list((tmp_path / "rows").glob("*.parquet"))) == 1
    of_a = table.filter(pl.col("series").is_in(["a", "one"]) & (pl.col("refused") == ""))
    assert len(of_a) == 4 and of_a["mae.model"].n_unique() == 1  # the same series in four files
    one = json.loads(terminal(*command[:3], data / "one.csv", *command[4:], "--json").out)
    assert of_a["mae.model"][0] == pytest.approx(one["measures"]["lstm.sine"]["mae"]["value"], rel=1e-12)
    assert terminal(*command).status == 0
    tables = [tmp_path / "rows" / "rows.parquet", *(home / "series").glob("*/rows.parquet")]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    other = terminal(*command[:-1], 4, "--out", tmp_path / "rows").refusal
    assert "--fresh to begin anew" in other


def test_a_folder_of_another_command_is_never_touched_and_odd_files_fail_their_row(
    terminal, tmp_path, home, forked_places
):
    data, out = tmp_path / "data", tmp_path / "rows"
    data.mkdir()
    text = "y\n" + "\n".join(str(round(float(value), 4)) for value in np.sin(np.arange(60)))
    (data / "one.csv").write_text(text)
    (tmp_path / "data" / os.fsdecode(b"bad\xff.csv")).write_text(text)
    command = ["backtest", "linear.sine", "--series", data, "-n", 1, "--on", "local:1", "--out", out]
    for foreign in (pl.DataFrame({"key": ["a"], "mine": [1]}), pl.DataFrame({"key": ["a"], "error": [""]})):
        out.mkdir()
        for name in ("rows.parquet", "part-000000001.parquet"):
            foreign.write_parquet(out / name)
        for options in ([], ["--fresh"]):
            assert "another command" in terminal(*command, *options).refusal
        assert pl.read_parquet(out / "part-000000001.parquet").equals(foreign)
        shutil.rmtree(out)
    (tmp_path / "no-key").mkdir()
    pl.DataFrame({"mine": [1]}).write_parquet(tmp_path / "no-key" / "part-000000001.parquet")
    assert "no column" in terminal(*command[:-1], tmp_path / "no-key").refusal
    ran = terminal(*command, "--json")
    assert [(one["file"], one["series"]) for one in json.loads(ran.out)["refused"]] == [
        (f"{data}/bad\\\\xff.csv", "")
    ]
    inside = [*command[:-1], data / "rows"]
    assert [len(json.loads(terminal(*inside, "--json").out)["refused"]) for _ in range(2)] == [1, 1]
    for odd in ("series:nile", "-"):
        assert "one of several" in terminal("doctor", odd, data / "one.csv").refusal


class Odd:
    """A question that one series of a file ends in an error which nobody expects."""

    def facts(self):
        return {}

    def answer(self, series):
        if series.values[0] > 5:
            raise ZeroDivisionError("at a mean of zero")
        return {"values": len(series.values)}


def test_a_series_that_fails_loses_no_other_one_of_its_file(tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("day,a,b\n" + "".join(f"2024-01-{day:02},{day},{day + 9}\n" for day in range(1, 20)))
    choices = Choices()
    share = shares.Share(str(file), hashlib.sha256(file.read_bytes()).hexdigest())
    rows = series.answers(Odd(), series.Asked(share, choices, None, ""))
    assert [(row["series"], row.get("values")) for row in rows] == [("a", 19), ("b", None)]
    assert rows[1]["error"].endswith("nobody expected: ZeroDivisionError: at a mean of zero")
    assert "error" not in rows[0]
    file.unlink()
    (row,) = series.answers(Odd(), series.Asked(share, choices, None, ""))
    assert row["error"] == "its file cannot be read here: No such file or directory."


def test_options_that_fit_no_series_are_refused_once_with_status_2(terminal, data, tmp_path, monkeypatch, home):
    command = ["backtest", "lstm.sine", "--series", data]
    monkeypatch.setattr(tasks, "place", None)  # what follows is refused before a task begins
    for options, reason in (
        (["--stride", 0], "--stride"), (["--interval", 1.5], "below 1"), (["--frequency", "banana"], "'banana'"),
        (["--zone", "banana"], "time zone"), (["--start", "2024-99-01"], "'2024-99-01'"),
    ):  # fmt: skip
        assert reason in terminal(*command, *options).refusal
    monkeypatch.setattr(tasks, "place", Here)
    for name in ("cut.parquet", "empty.csv", "text.csv", "two.csv", "mixed.parquet", "one.csv"):
        (data / name).unlink()
    one = terminal(*command, "--value", "sales", "--out", tmp_path / "rows")
    assert one.refusal.startswith("none of 6 series has a result: unknown column for --value 'sales'")
    assert "sales" not in one.out
    (data / "cut.parquet").write_bytes(b"PAR1")
    two = terminal(*command, "--value", "sales", "--out", tmp_path / "rows")
    assert "none of 7 series has a result; " in two.refusal
    assert "sorted.parquet: a and 5 more: unknown column" in two.out
    assert "cut.parquet: its bytes cannot be read as Parquet: " in two.out
