"""docs/real-series.md is what the tool makes of the kept results, and these are of the cutoffs that it chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RESULTS = json.loads((ROOT / "tools" / "results" / "peers.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "peers"))


def test_the_page_is_what_the_kept_results_render_and_another_score_changes_it() -> None:
    import page

    written = (ROOT / "docs" / "real-series.md").read_text("utf-8")
    assert page.page(RESULTS) == written
    rows = [{**row, "mase": 0.001} if row["model"] == "naive" else row for row in RESULTS["rows"]]
    other = page.page({**RESULTS, "rows": rows})
    won = f"{len(RESULTS['series'])} of {len(RESULTS['series'])}"
    assert f"statistical models: {won}" in other and f"statistical models: {won}" not in written


def test_every_forecaster_has_a_score_on_every_series_and_the_cutoffs_are_those_of_the_tool() -> None:
    import compare
    import page

    assert set(RESULTS["series"]) == set(compare.HORIZONS)
    scored = {(row["series"], row["model"]) for row in RESULTS["rows"]}
    expected = {(name, model) for name in compare.HORIZONS for model in page.ORDER}
    left_out = {(name, "train gru") for name, facts in RESULTS["series"].items()
                if facts["training"] > compare.LONGEST_OF_GRU}  # fmt: skip
    assert scored == expected - left_out
    for name in ("nile", "us_gdp"):
        ground = compare.Ground.of(name)
        assert ground.facts() == RESULTS["series"][name]
        truth = [ground.values[cutoff : cutoff + ground.horizon] for cutoff in ground.cutoffs]
        assert ground.mase(truth) == 0
        naive = next(row for row in RESULTS["rows"] if (row["series"], row["model"]) == (name, "naive"))
        (forecast,) = compare.rivals(ground)["naive"](ground)
        assert ground.mase(forecast) == pytest.approx(naive["mase"], rel=1e-12)
    pins = (ROOT / "tools" / "peers" / "requirements.txt").read_text("utf-8")
    for package in ("neuralforecast", "skforecast", "pandas"):
        assert f"{package}=={RESULTS['versions'][package]}" in pins
