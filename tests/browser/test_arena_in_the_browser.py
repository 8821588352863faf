"""The page /arena, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from seqzoo.arena.committed import HERE
from seqzoo.arena.experiments import EXPERIMENTS, experiment
from support import sixth
from support.persistence import Ahead, Persistence, PersistenceSettings
from support.serving import Running, lasting

Visit = Callable[..., Any]
CHART = "[data-shown=committed] [role=img].chart"
LIVE = "[data-shown=live]"
PICTURE = "document.querySelector('[data-shown=committed] .chart svg').innerHTML"
# Whether the description of the chart, and its picture where it has rows, name all of these.
NAMED = f"""([names, drawn]) => {{
  const said = document.querySelector("{CHART}").ariaLabel;
  return names.every((name) => said.includes(name) && (!drawn || {PICTURE}.includes(`>${{name}}</text>`)));
}}"""
STATUS = "p[aria-live=polite]"


def said(page: Any, chart: str = CHART) -> str:
    """The description of a chart; what changes it is awaited first."""
    return str(page.get_attribute(chart, "aria-label"))


def asked(page: Any, question: str) -> None:
    page.click(f"[aria-label=Question] >> text='{question}'")


def table(page: Any, shown: str = "committed") -> list[list[str]]:
    cells = "rows => rows.map(row => [...row.querySelectorAll('th, td')].map(c => c.innerText.replace('−', '-')))"
    read: list[list[str]] = page.eval_on_selector_all(f"[data-shown={shown}] table tr", cells)
    return read


def drawn(page: Any) -> str:
    page.wait_for_selector(f"{CHART} svg")
    return str(page.inner_html(f"{CHART} svg"))


def found(key: str, place: int = 0) -> Any:
    shown = experiment(key)
    return shown.summarise(shown.read(shown.committed[place].folder), "", ())


def test_an_address_that_makes_no_sense_shows_the_first_question_and_each_shows_the_numbers_of_the_stored_results(
    visit: Visit,
) -> None:
    script = "%3Cscript%3Ealert(1)%3C/script%3E"
    page = visit(f"/arena?question={script}&signal=../..&part=%00&models={script},nothing")
    page.wait_for_selector("[data-shown=committed] td >> nth=0")
    assert page.inner_text("[data-shown=committed] h2") == "One step, plain sine, 1,000 points"
    assert page.get_attribute("[data-key=lstm]", "aria-pressed") == "true"
    words = page.locator("[data-shown=committed] .finding")
    assert ">gaf_cnn</text>" in drawn(page)
    expect(words).to_contain_text("gaf_cnn")
    page.click("[aria-label=Models] >> text='gaf_cnn'")
    page.wait_for_function("new URLSearchParams(location.search).get('models')?.includes('mlp')")
    page.wait_for_function(f"!{PICTURE}.includes('gaf_cnn')")
    expect(page.locator("[data-key=gaf_cnn]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-key=lstm]")).to_have_attribute("aria-pressed", "true")
    expect(words).not_to_contain_text("gaf_cnn")
    page.wait_for_function(f"{PICTURE}.includes('>lstm</text>')")
    page.click("[aria-label=Models] >> text='all'")
    page.wait_for_function(f"{PICTURE}.includes('gaf_cnn')")
    page.wait_for_function("!location.search.includes('models=')")

    for number, question in enumerate(EXPERIMENTS):
        if number:
            asked(page, question.title)
        finding = found(question.key)
        page.wait_for_selector(f"[data-shown=committed] [aria-label^='Table: {question.title}'] td >> nth=0")
        assert table(page) == [list(finding.headings), *finding.rows]
        assert page.inner_text("[data-shown=committed] .finding").count("\n") >= len(finding.sentences) - 1
        measured = page.inner_text("[data-shown=committed] .measured")
        assert all(text in measured for text in finding.measured.values())
        assert "Notice" in page.inner_text("p.lead >> nth=0")
        page.wait_for_selector(f"{CHART} svg path >> nth=9", state="attached")
        names = sorted({mark.row for mark in finding.marks if not mark.is_reference} or finding.models)
        page.wait_for_function(NAMED, arg=[names, bool(finding.marks)])
    asked(page, EXPERIMENTS[0].title)
    one_step_has_several_signals(page)


def has_the_mean_of_the_stored_cells(page: Any, model: str, points: int) -> None:
    stored = json.loads((HERE / "sine" / "results.json").read_text("utf-8"))
    own = [c["outcome"]["excess"] for c in stored["cells"] if c["model"] == model and c["points"] == points]
    page.wait_for_function(f"document.querySelector('[data-shown=committed] h2').textContent.includes('{points:,}')")
    mean = 100 * sum(own) / len(own)
    expect(page.locator(CHART)).to_have_attribute("aria-label", re.compile(re.escape(f"{model} {mean:.3g}%")))
    page.wait_for_selector(f"[data-shown=committed] th:text-is('{model}') >> nth=0")
    row = next(row for row in table(page) if row[0] == model)
    assert row[1] == f"{mean:.2f}%" and row[3] == str(len(own))


def one_step_has_several_signals(page: Any) -> None:
    page.click("[aria-label=Signal] >> text='recall'")
    page.wait_for_function("location.search.includes('signal=recall')")
    page.wait_for_function("document.querySelector('.measured').textContent.includes('cue')")
    finding = found("one-step", 1)
    expect(page.locator("[data-shown=committed] table tr").nth(1)).to_contain_text(finding.rows[0][1])
    assert table(page)[1:] == finding.rows


def test_the_header_leads_to_it_it_fits_a_narrow_window_and_the_address_restores_the_view(visit: Visit) -> None:
    page = visit("/models/nothing.sine", width=400, scheme="dark")
    page.click("nav >> text='Arena'")
    page.wait_for_url("**/arena")
    for question in ("One step", "Off-distribution"):
        asked(page, question)
        page.wait_for_selector(f"[data-shown=committed] h2:has-text('{question}')")
        page.wait_for_selector("[data-shown=committed] td >> nth=0")
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, question
    # The last question is the one whose view the address restores.
    page.set_viewport_size({"width": 1400, "height": 900})
    page.click("text='amplitude'")
    page.wait_for_function("location.search.includes('part=amplitude')")
    page.click("[aria-label=Models] >> text='tcn'")
    page.wait_for_function("location.search.includes('models=')")
    page.wait_for_function("!document.querySelector('[data-shown=committed] table').textContent.includes('tcn')")
    again = visit(page.url[page.url.index("/arena") :])
    again.wait_for_selector("[data-shown=committed] td >> nth=0")
    assert again.inner_text("[data-shown=committed] h2") == "Off-distribution, amplitude"
    assert table(again) == table(page)
    expect(page.locator(CHART)).to_have_attribute("aria-label", said(again))


def test_the_last_model_stays_and_the_small_version_of_the_chosen_ones_runs_for_all_to_see_and_stops_when_told(
    visit: Visit, app: Running
) -> None:
    page = visit("/arena?part=20000&models=mlp")
    page.wait_for_selector("[data-key=mlp][aria-pressed=true]")
    page.click("[data-key=mlp]")
    page.click("[data-key=tcn]")
    page.wait_for_selector("[data-key=tcn][aria-pressed=true]")  # which the server did after it had left mlp
    expect(page.locator("[data-key=mlp]")).to_have_attribute("aria-pressed", "true")
    has_the_mean_of_the_stored_cells(page, "tcn", 20_000)
    # Each click while the page still computes what the one before it asked for.
    keys = ["linear", "gaf_cnn", "mlp", "tcn", "1000"]
    page.evaluate("keys => keys.forEach((key) => document.querySelector(`[data-key='${key}']`).click())", keys)
    page.wait_for_function("document.querySelector('[data-shown=committed] h2').textContent.includes('1,000 points')")
    page.wait_for_function("location.search.includes('part=1000&models=gaf_cnn,linear')")
    page.click("button >> text='Run the small version here'")
    page.wait_for_selector(f"{LIVE} td >> nth=0", timeout=120_000)
    expect(page.locator(STATUS)).to_contain_text(re.compile("[1-6] of 6"))
    row = next(row for row in table(page, "live") if row[0] == "linear")
    (results,) = app.home.glob("arena/small-*/results.json")
    cells = [c for c in json.loads(results.read_text("utf-8"))["cells"] if c["model"] == "linear"]
    each = [100 * c["outcome"]["excess"] for c in cells]
    means = [sum(each[:seeds]) / seeds for seeds in range(1, len(each) + 1)]  # there may be more by now
    assert any(float(row[1].rstrip("%").replace(",", "")) == pytest.approx(mean, rel=0.006) for mean in means)
    page.wait_for_selector(f"{LIVE} [role=img].chart svg")
    expect(page.locator(f"{LIVE} [role=img].chart")).to_have_attribute("aria-label", re.compile("linear"))

    other = visit("/arena?question=roll-out")
    other.wait_for_selector(f"{LIVE} td >> nth=0")
    expect(other.locator(f"{LIVE} h2")).to_contain_text("One step")
    expect(other.locator("button >> text='Run the small version here'")).to_be_disabled()

    other.click("button >> text='Stop'")
    expect(page.locator(STATUS)).to_contain_text("stopped")
    page.wait_for_selector("button:not([disabled]) >> text='Run the small version here'")
    assert page.is_visible(f"{LIVE} td >> nth=0"), "what was there is kept"


def test_an_experiment_that_is_added_has_its_place_on_the_page_and_a_server_that_ends_takes_its_run_with_it(
    tab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sixth.environment(tmp_path / "start", tmp_path).items():
        monkeypatch.setenv(name, value)
    settings = PersistenceSettings(ahead=[1, 7], windows=200)
    measured = Persistence().begin(tmp_path / "persistence", settings)
    for case in Persistence().cases(settings):
        measured.enter(case, Persistence().measure(case))
    with lasting(tmp_path / "home", command="app", cold=True) as running:
        page = tab
        page.goto(f"{running.address}/arena?question=persistence")  # nothing is committed yet
        page.wait_for_selector("button >> text='Run the small version here'")
        assert page.get_attribute("[data-key=persistence]", "aria-pressed") == "true"
        assert "Notice how soon the" in page.inner_text("p.lead >> nth=0")
        assert not page.is_visible("[data-shown=committed]")
        assert "Persistence: three steps and 500 windows" in page.inner_text(".buttons .hint")
        page.click("button >> text='Run the small version here'")
        page.wait_for_function(f"document.querySelector('{STATUS}').textContent.includes('finished')", timeout=60_000)
        page.wait_for_selector(f"{LIVE} td >> nth=2")
        expected = [f"{Persistence().measure(Ahead(steps, 'sine', 500)):.4g}" for steps in (1, 2, 3)]
        assert [row[1] for row in table(page, "live")[1:]] == expected
        assert "seqzoo persistence --signal sine --ahead 1" in page.inner_text(f"{LIVE} .measured")

        Persistence().save(measured, tmp_path / "persistence")
        page.goto(f"{running.address}/arena?question=persistence")
        page.wait_for_selector("[data-shown=committed] td >> nth=0")
        assert table(page) == [["steps", "error"], *([key, f"{error:.4g}"] for key, error in measured.runs.items())]
        assert "seqzoo persistence --windows 2000" in page.inner_text("[data-shown=committed] .measured")
        assert "last value from" in said(page)

        asked(page, experiment("time-against-picture").title)
        page.wait_for_function("location.search.includes('question=time-against-picture')")
        page.click("button >> text='Run the small version here'")
        page.wait_for_selector("button[disabled] >> text='Run the small version here'")
        children = psutil.Process(running.process.pid).children(recursive=True)
        assert children
        page.close()
        assert "libtorch" not in Path(f"/proc/{running.process.pid}/maps").read_text()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == [] and list(running.home.glob("arena/small-*")) == []
