"""`seqzoo list --series`: the collection of measured series."""

from __future__ import annotations

import json

from seqzoo.cli.listing import show_series
from seqzoo.data.collection import COLLECTION, names


def test_the_collection_is_listed_with_origin_and_licence(terminal):
    done = terminal("list", "--series")
    assert done.status == 0 and done.err == ""
    lines = done.out.splitlines()
    assert lines[0].split() == "series what was measured contrast length missing step season".split()
    for name, line in zip(names(), lines[1:], strict=False):
        series = COLLECTION[name]
        assert line.startswith(f"series:{name} ") and f" {series.length:,} " in line and series.frequency in line
        assert f"series:{name}: {series.origin}; {series.licence}" in lines


def test_a_narrow_terminal_has_whole_lines_of_the_table(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    show_series(list(COLLECTION.values()))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[: len(names()) + 1])) <= 80
    assert "too narrow for: contrast" in lines[len(names()) + 2]


def test_the_collection_as_json_has_every_fact(terminal):
    rows = json.loads(terminal("list", "--series", "--json").out)
    assert [row["name"] for row in rows] == [f"series:{name}" for name in names()]
    co2 = next(row for row in rows if row["name"] == "series:co2")
    assert (co2["length"], co2["missing"], co2["season"], co2["frequency"]) == (2284, 59, 52, "W-SAT")
    assert co2["licence"] == "public domain" and co2["start"] == "1958-03-29" and len(co2["sha256"]) == 64
