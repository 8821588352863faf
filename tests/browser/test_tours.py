"""The guided tours: what a stop mentions is in sight, a guess reveals the answer, progress stays in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load_file

import seqzoo
from seqzoo._formats import typeset
from seqzoo.app.model.visit import Visit
from seqzoo.app.model.window import window_of
from seqzoo.bundles import store
from seqzoo.execution.runs.plans import OPTIMISERS
from seqzoo.pages import phases
from seqzoo.pages.phases import PLACE
from seqzoo.pages.tours import TOURS, TourStep, address, chosen, dock
from seqzoo.runtime.repository import Repository
from seqzoo.signals import Sine
from seqzoo.training.spec import TrainingSpec
from support.axe import narrow_and_dark, violations
from support.stops import OUT_OF_SIGHT, SIZES
from support.tabs import Tab

GATE = "gate"


def stops() -> Iterator[tuple[str, int, TourStep]]:
    for key, tour in TOURS.items():
        for at, step in enumerate(tour.steps, start=1):
            yield key, at, step


def words(markup: str) -> list[str]:
    return re.sub(r"<[^>]+>", "", markup).split()


# Opens another view, and then puts the text of a stop of it in the dock.
TURN = """async ([view, html]) => {
  const dock = document.querySelector('.tour'), panel = document.getElementById(`panel-${view}`);
  document.documentElement.removeAttribute('data-staged');
  dock.replaceChildren();
  document.getElementById(`tab-${view}`).click();
  while (panel.classList.contains('gone')) await new Promise(requestAnimationFrame);
  dock.innerHTML = html;
}"""


def test_what_a_stop_mentions_is_in_the_window_also_on_a_phone_and_its_numbers_are_those_of_the_page(visit, app):
    """A model is opened once, and a view of it once for all stops that it serves: their targets and texts differ, its
    layout does not."""
    models: dict[tuple[str, bool], dict[str, list[tuple[str, int, TourStep]]]] = {}
    for key, at, step in stops():
        model, _, view = step.page.partition("&")[0].partition("?view=")
        models.setdefault((model, PLACE in step.shows), {}).setdefault(view, []).append((key, at, step))
    page, wrong = None, []
    for views in models.values():
        first = next(iter(views.values()))
        opening = next((stop for stop in first if stop[:2] in NUMBERED), first[0])
        where = address(*opening[:2])
        page = visit(where) if page is None else page
        page.set_viewport_size({"width": 1400, "height": 900})
        if where not in page.url:
            page.goto(app.address + where)
        sizes = SIZES
        for view, group in views.items():
            if group is not first:
                page.evaluate(TURN, [view, dock(*group[0][:2])])
            page.wait_for_selector("html[data-staged]", state="attached")
            if opening in group and opening[:2] in NUMBERED:
                guess_before_the_forecast(page, opening[2])
            for width, height in sizes:
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_selector("html[data-staged]", state="attached")
                boxes = page.evaluate(OUT_OF_SIGHT, [dock(key, at) for key, at, _ in group])
                for (key, at, step), *sights in zip(group, boxes[::2], boxes[1::2], strict=True):
                    wrong += [(key, at, width, *sight) for sight in sights if sight != [len(step.shows), []]]
            sizes = sizes[::-1]
    assert wrong == [], "\n".join(map(str, wrong))


NUMBERED = (GATE, 1), (GATE, 4)


def guess_before_the_forecast(page: Any, step: TourStep) -> None:
    """Guess at a stop: the page shows its forecast then, and the numbers of which the answer tells."""
    window = page.locator("[data-part=window]")
    expect(window).to_have_attribute("aria-label", re.compile("best linear"))
    expect(window).not_to_have_attribute("aria-label", re.compile("network"))
    before = window.evaluate("canvas => canvas.toDataURL()")
    page.locator(".tour .choice >> nth=0").click()
    if ".mz-window" in step.shows:
        expect(window).to_have_attribute("aria-label", re.compile("network"))
        assert window.evaluate("canvas => canvas.toDataURL()") != before
    for value in re.findall(r"−\d\.\d{3}", step.says):
        expect(page.locator(".mz-side")).to_contain_text(value)


def test_the_check_tells_what_was_right_and_what_comes_next_and_the_gallery_remembers_and_leads_to_tours(visit):
    tour = TOURS["when"]
    page = visit(address("when", len(tour.steps) + 1))
    panel = page.get_by_role("region", name="Guided tour")
    for guess in tour.check:
        expect(panel.locator(".tour-next")).to_be_hidden()
        panel.get_by_role("button", name=guess.choices[guess.right - 1], exact=True).click()
        expect(panel.locator(".tour-verdict:visible").last).to_have_text(f"Right: {guess.choices[guess.right - 1]}.")
    expect(panel.locator(".tour-next")).to_contain_text("What next?")
    panel.get_by_role("link", name="Finish").click()
    card = page.locator(".tours li", has_text=tour.title)
    expect(card).to_contain_text(f"of {len(tour.steps)} stops answered, check done")
    card.locator("summary").click()
    card.get_by_label("2", exact=True).uncheck()
    expect(card.locator("[readonly]")).to_have_value(re.compile(r"^http.*/tours/when\?stops=1,3,4$"))
    link = card.locator("[readonly]").input_value()

    page.locator(".tours").get_by_role("link", name=tour.title).click()
    walked_by_keyboard(page, panel)

    page.goto(link)
    expect(panel).to_contain_text("step 1 of 3")
    expect(panel.get_by_role("link", name="Back")).to_have_count(0)
    panel.get_by_role("link", name="Next").click()
    expect(panel).to_contain_text("step 2 of 3")
    expect(page).to_have_url(re.compile("stop=3&stops=1,3,4"))
    expect(panel.get_by_role("link", name="Back")).to_have_attribute("href", re.compile("stop=1&stops=1,3,4"))


def walked_by_keyboard(page: Any, panel: Any) -> None:
    """At the first stop of the tour, a guess comes before the answer."""
    tour = TOURS["when"]
    expect(panel).to_contain_text(f"step 1 of {len(tour.steps)}")
    page.wait_for_selector("html[data-staged]", state="attached")
    answer, chart = panel.locator(".tour-says"), page.locator("[data-target] > * >> nth=0")
    expect(answer).to_be_hidden()
    expect(chart).to_be_hidden()
    panel.get_by_role("button", name=tour.steps[0].choices[0]).focus()
    page.keyboard.press("Enter")
    expect(answer).to_be_visible()
    expect(chart).to_be_visible()
    assert words(answer.inner_text()) == words(tour.steps[0].says)
    expect(panel.get_by_role("status")).to_contain_text("You guessed: Yes. The answer: No.")
    assert violations(page) == []
    narrow_and_dark(page)
    assert violations(page) == []
    panel.get_by_role("button", name="Whole page").click()
    expect(page.locator("h3:visible", has_text="The window").first).to_be_visible()


@pytest.mark.parametrize("key", list(TOURS))
def test_every_stop_is_in_the_page_as_served_and_leads_on(app, key):
    last = len(TOURS[key].steps)
    with Tab(app.address, address(key, last)) as tab:
        text = unescape(tab.text)
        assert " ".join(words(TOURS[key].steps[-1].says)) in " ".join(words(text))
        assert address(key, last + 1) in text
        assert re.search(rf"data-tour=\W*{key}\W+data-stop=\W*{last}\b", text)
    for guess in (*TOURS[key].steps, *TOURS[key].check):
        assert 1 <= guess.right <= len(guess.choices) == len(set(guess.choices)), guess.asks
    assert len(TOURS[key].check) == 3


def test_the_answers_of_the_quiz_for_teachers_stand_where_it_says(app):
    text = (Path(__file__).parents[2] / "docs" / "teaching.md").read_text("utf-8")
    quiz = text.split("\n## A quiz\n")[1].split("\n##")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in quiz.splitlines() if line.startswith("| ")]
    asked = 0
    for question, where, answer in rows[1:]:
        if "guess" in where:
            assert f"20 values read: {answer} of 72" in phases.picture()
        elif "Train" in where:
            bundle = store.open_bundle(store.SHIPPED / re.match(r"`([^`]*)`", where)[1])
            recipe = TrainingSpec.of_manifest(bundle.manifest).recipe
            assert answer == OPTIMISERS[recipe.optimiser], question
        elif answer.startswith("unit"):
            unit, part = largest_contribution(re.match(r"`([^`]*)`", where)[1])
            assert answer == typeset(f"unit {unit}, {part:+.3f}"), question
        elif "Look inside" not in where:
            name = re.match(r"`([^`]*)`", where)
            with Tab(app.address, f"/models/{name[1]}" if name else "/") as tab:
                for part in re.findall(r"[\d.]+%|\d+$", answer):
                    assert part in unescape(tab.text), question
                if "more models" in where:
                    assert re.search(r"\*(.*)\*", where)[1] in unescape(tab.text)
        asked += 1
    assert asked == 8


def largest_contribution(name: str) -> tuple[int, float]:
    """The unit that adds most to the forecast of the window with which the views open, and what it adds."""
    repository = Repository("onnx")
    visit = Visit(repository, name, repository.describe(name), {})
    window = window_of(visit).context().astype(np.float32)
    weights = load_file(store.SHIPPED / name / store.WEIGHTS)["head.weight"][0]
    parts = weights * seqzoo.load(name, "onnx").trace(window).steps["h"][0, -1]
    unit = int(np.abs(parts).argmax())
    return unit, float(parts[unit])


def test_a_tour_and_a_choice_of_its_stops_have_addresses(app):
    for asked, where in {
        "fading?step=2": address("fading", 2),
        "fading?stops=3,1,99,x": address("fading", 1, "1,3"),
        "gate?stops=0": address(GATE, 1, "0"),
        "none": "/#tours",
    }.items():
        answer = httpx.get(f"{app.address}/tours/{asked}")
        assert (answer.status_code, answer.headers["location"]) == (307, where), asked
    assert chosen("fading", "3,1") == [1, 3] and chosen("fading", "") == [1, 2, 3, 4, 5]


def test_a_step_that_is_not_there_shows_one_that_is(app):
    for stop in ("0", "99", "-1", "x", "٣", "1e9"):
        with Tab(app.address, f"/models/lstm.sine?view=card&tour=gate&stop={stop}") as tab:
            assert re.search(r"data-tour=\W*gate\W+data-stop=\W*[1-8]\b", unescape(tab.text)), stop


def test_the_picture_of_the_phases_is_the_posterior_of_the_sine():
    signal = Sine()
    values = signal.series(20, seed=5, phase=2.0).observed
    angles = np.arange(720) * (2 * np.pi / 720)
    weight = phases.weights(signal, values, angles)
    mean, _ = signal.posterior(values[None], 1)
    assert weight @ np.sin(20 * signal.angular_frequency + angles) == pytest.approx(mean[0, 0], abs=1e-9)
    assert phases.consistent(np.array([0.1, 0.6, 0.3])) == [1, 2]
    counts = [int(count) for count in re.findall(r"(\d+) of 72", phases.picture())]
    assert counts == sorted(counts, reverse=True) and counts[0] == 65 and counts[-1] < 5
