"""Tables, pages and figures made from results."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from seqzoo import _formats
from seqzoo.arena.experiments.one_step import page
from seqzoo.arena.experiments.sample_efficiency import report as efficiency
from seqzoo.arena.report import tables
from seqzoo.arena.results import Footprint, TrainingResults
from support import arena_work

REFERENCES = {"bayes": 0.0, "best_linear": 0.126, "line": 0.15, "last_value": 0.893}


def some(*cells, **facts) -> TrainingResults:
    return TrainingResults("sine", 20, dict(REFERENCES), list(cells), **facts)


def results_of(levels, seeds=3, points=1000):
    spread = (1.0, 1.1, 0.93, 1.04, 0.97)
    return [
        arena_work.result(name, seed, level * spread[(seed + place) % 5], points=points)
        for place, (name, level) in enumerate(levels.items())
        for seed in range(seeds)
    ]


def test_rows_are_sorted_by_excess_with_references_in_their_place_and_failures_last():
    cells = [*results_of({"lstm": 0.14, "mlp": 0.03, "tcn": 0.5}), arena_work.result("rnn", 0, error="diverged.")]
    (board,) = tables.boards(some(*cells))
    assert [row.name for row in board.rows] == [
        "bayes", "mlp", "best_linear", "lstm", "line", "tcn", "last_value", "rnn",
    ]  # fmt: skip
    text = tables.markdown([board])
    order = [text.index(name) for name in ("Bayes-optimal", "| mlp", "best linear", "| lstm", "last value", "| rnn")]
    assert order == sorted(order)


def test_the_skill_of_a_reference_follows_from_its_excess():
    (board,) = tables.boards(some(*results_of({"mlp": 0.03})))
    skill = {row.name: row.skill for row in board.rows}
    assert skill["bayes"] == 1 and skill["last_value"] == 0
    assert skill["best_linear"] == pytest.approx((0.893 - 0.126) / 0.893)


def test_a_model_that_failed_on_one_seed_has_its_reason_and_no_mean_and_no_verdict():
    cells = [*results_of({"mlp": 0.03, "lstm": 0.1}), arena_work.result("lstm", 7, error="training diverged.")]
    (board,) = tables.boards(some(*cells))
    (row,) = [row for row in board.rows if row.name == "lstm"]
    assert row.cells()[:2] == ["lstm", "failed: training diverged. (1 of 4 seeds)"]
    assert len(row.cells()) == len(tables.HEADINGS)
    assert all("lstm" not in (verdict.better, verdict.worse) for verdict in board.verdicts)
    assert "lstm" not in " ".join(tables.summary(board))


def test_each_budget_has_a_board_and_endless_comes_last():
    cells = [*results_of({"mlp": 0.1}, points=None), *results_of({"mlp": 0.1}, points=20_000),
             *results_of({"mlp": 0.1}, points=500)]
    assert [board.title for board in tables.boards(some(*cells))] == [
        "sine, 500 points", "sine, 20,000 points", "sine, endless",
    ]  # fmt: skip


def test_the_summary_names_what_a_model_beats_and_what_it_cannot_be_told_from():
    (board,) = tables.boards(some(*results_of({"mlp": 0.01, "lstm": 0.4, "gru": 0.4}, seeds=5)))
    said = {line.split(":")[0]: line for line in tables.summary(board)}
    assert "better than gru, lstm, best linear, straight line, last value" in said["mlp"]
    assert "no difference detected from gru" in said["lstm"]
    alone = tables.boards(some(*results_of({"mlp": 0.1}, seeds=1)))
    assert tables.summary(alone[0]) == ["mlp: one seed: no verdict"]


def test_names_and_reasons_are_shown_as_they_are_and_never_as_markup():
    evil = '<script>alert("1")</script>|*x*'
    cells = [*results_of({evil: 0.1, "mlp": 0.01}), arena_work.result("rnn", 0, error=f"because\n{evil}")]
    found = some(*cells)
    found.signal = evil
    boards = tables.boards(found)
    html = page.page(evil, boards, Figure())
    assert "<script" not in html and "&lt;script&gt;" in html
    text = tables.markdown(boards)
    assert "<script" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {len(tables.HEADINGS) + 1}
    assert "\\*x\\*" in text


def test_a_report_is_three_files_and_the_page_asks_for_no_other(tmp_path):
    found = some(*results_of({"mlp": 0.01, "lstm": 0.1}), *results_of({"mlp": 0.001}, points=None),
                 footprints={"mlp": Footprint(5.25, 69_632)})
    page.write(found, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["excess.svg", "index.html", "report.md"]
    assert (tmp_path / "excess.svg").read_bytes().startswith(b"<?xml")
    html = (tmp_path / "index.html").read_text("utf-8")
    assert "<svg" in html and "prefers-color-scheme: dark" in html and "currentColor" in html
    assert not re.search(r"""(src|href)=["'](?!#)|@import|url\((?!#)|<link|<script""", html)
    assert "5.2" in html and "68.0" in html
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "](excess.svg)" in text and tables.NOTE in text and text.count("## sine") == 2
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    page.write(found, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_report_can_be_written_of_nothing_and_of_failures_alone(tmp_path):
    assert page.write(some(), tmp_path) == []
    (board,) = page.write(some(arena_work.result("rnn", 0, error="diverged.")), tmp_path)
    assert board.verdicts == [] and "failed: diverged." in (tmp_path / "index.html").read_text("utf-8")


def test_an_excess_that_vanishes_or_an_interval_below_zero_can_be_drawn(tmp_path):
    cells = [arena_work.result("mlp", 0, 0.0), arena_work.result("mlp", 1, 0.5)]
    (board,) = page.write(some(*cells), tmp_path)
    assert board.rows[-1].excess.low < 0 or any(row.excess.low < 0 for row in board.rows)
    assert "0.00% to" in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.00%"), (0.126, "12.6%"), (0.00123, "0.123%"), (112.42, "11,242%"), (1e-9, "0.000000%"),
     (float("inf"), "∞"), (-0.021, "-2.10%")],
)  # fmt: skip
def test_shares_are_shown_with_the_digits_that_matter(value, shown):
    assert _formats.percent(value) == shown


def test_sample_efficiency_has_a_curve_for_each_model_and_says_from_where_on_it_beats_the_best_linear(tmp_path):
    cells = [cell for points, level in ((200, 0.9), (1000, 0.2), (5000, 0.05))
             for cell in results_of({"mlp": level, "lstm": 2 * level}, seeds=2, points=points)]
    cells += [arena_work.result("rnn", 0, 0.3, points=200)]
    cells += [arena_work.result("rnn", 0, points=1000, error="diverged.")]
    cells += results_of({"mlp": 0.001}, points=None)
    (made,) = efficiency.write(some(*cells), tmp_path)
    assert made.headings == ["model", "200", "1,000", "5,000", "below best linear from"]
    rows = {row[0]: row[1:] for row in made.rows}
    assert list(rows)[:3] == ["mlp", "lstm", "rnn"]
    assert rows["mlp"][-1] == rows["lstm"][-1] == "5,000"
    assert rows["rnn"] == ["30.0%", "", "", ""]
    assert rows["best linear"] == ["12.6%"] * 3 + [""]
    assert made.failures == ["rnn, 1,000 points: diverged."]
    assert (tmp_path / "efficiency.svg").read_bytes().startswith(b"<?xml")
    assert "failed: rnn, 1,000 points: diverged." in (tmp_path / "report.md").read_text("utf-8")


def test_a_model_that_is_below_the_best_linear_by_luck_only_once_does_not_count():
    cells = [cell for points, level in ((200, 0.05), (1000, 0.2), (5000, 0.05), (9000, 0.04))
             for cell in results_of({"mlp": level}, seeds=1, points=points)]
    (made,) = efficiency.tables(some(*cells))
    assert made.rows[0][-1] == "5,000"
