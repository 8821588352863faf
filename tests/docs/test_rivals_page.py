"""docs/rivals.md: its Python runs, its names exist, its table is what the committed results state."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

from seqzoo.arena.competition.models import LABELS
from seqzoo.arena.competition.report import overview, standings
from seqzoo.arena.competition.sets import SETS
from seqzoo.forecasters.rivals import rivals

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "rivals.md").read_text("utf-8")


def test_the_python_of_the_page_scores_every_rival_that_it_lists():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "rivals", "exec"), {})
    scores = dict(line.split() for line in printed.getvalue().splitlines())
    assert list(scores) == list(rivals(12)) and float(scores["linear"]) < 1 < float(scores["last_value"])
    rows = " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) >= set(rivals(12))


def test_the_table_of_the_page_is_what_the_kept_results_state_and_every_whole_cell_agrees_or_is_named():
    rows = json.loads((ROOT / "tools" / "results" / "m3.json").read_text("utf-8"))
    assert overview(rows) in PAGE and standings(rows) in PAGE
    differing = {f"{LABELS[row['model']]} on {SETS[row['set']].label}" for row in rows if row["agrees"] is False}
    assert all(f"{name} differs" in PAGE for name in differing), differing
    assert {row["set"] for row in rows} == set(SETS)
