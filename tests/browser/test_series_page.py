"""The page /series: once from a file to a model in the gallery, and what it does with files that it cannot read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.sync_api import expect

from support.axe import narrow_and_dark, violations
from support.serving import Running

Visit = Callable[..., Any]
LONG = 120_000  # milliseconds: a training ends on a busy machine too


def spreadsheet() -> str:
    """A hundred months as a spreadsheet in German has them."""
    rng, months = np.random.default_rng(5), np.arange(100)
    values = 50 + 10 * np.sin(2 * np.pi * months / 12) + rng.standard_normal(100)
    rows = [f"01.{month % 12 + 1:02}.{2010 + month // 12};{value:.2f}" for month, value in enumerate(values)]
    return "\n".join(["Monat;Absatz", *(f"{row[:11]}{row[11:].replace('.', ',')}" for row in rows)])


def press(page: Any, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def a_file_of_two_readings_offers_both_and_a_deleted_one_says_so(visit: Visit, app: Running) -> Any:
    """The page that lists the files, in which one has been deleted."""
    rows = [f"0{month}/0{day}/2024,{month * day}" for month in range(1, 5) for day in (1, 2, 3)]
    given = httpx.post(f"{app.address}/series/files?name=..%2Fdates.csv", content="\n".join(["date,value", *rows]))
    page = visit(f"/series?of={given.json()['sha256']}")
    assert page.get_by_role("button", name=re.compile("Order of dates")).count() in (0, 2)
    page.click("[data-remedy='dates=month-first']")
    page.wait_for_function("location.search.includes('dates=month-first')")
    expect(page.locator("h1")).to_have_text("dates.csv")
    listed = visit("/series")
    listed.get_by_role("button", name="Delete dates.csv").click()
    expect(listed.get_by_role("link", name="dates.csv")).to_have_count(0)
    page.reload()
    expect(page.locator("[role=alert]:has-text('drop it again')")).to_be_visible()
    assert violations(page) == []
    refused = httpx.post(f"{app.address}/series/files", content=bytes((16 << 20) + 1))
    assert refused.status_code == 413 and "16,777,216" in refused.json()["error"]
    return listed


def test_a_file_of_two_readings_offers_both_a_deleted_one_says_so_and_one_becomes_a_model_in_the_gallery(
    visit: Visit, app: Running, tmp_path: Path
) -> None:
    file = tmp_path / "absatz.csv"
    file.write_text(spreadsheet(), "utf-8")
    page = a_file_of_two_readings_offers_both_and_a_deleted_one_says_so(visit, app)
    empty = tmp_path / "none.csv"
    empty.touch()
    page.set_input_files("input[type=file]", empty)
    expect(page.locator(".dropzone [role=alert]")).to_have_text(re.compile("The file none.csv is empty"))
    page.eval_on_selector(".dropzone", """zone => zone.dispatchEvent(new DragEvent("drop",
      {dataTransfer: new DataTransfer(), bubbles: true, cancelable: true}))""")
    expect(page.locator(".dropzone [role=alert]")).to_have_text(re.compile("What was dropped is no file"))
    page.set_input_files("input[type=file]", file)
    page.wait_for_url(re.compile("of=[0-9a-f]{64}"))
    told = page.locator(".told")
    expect(told).to_contain_text("with a decimal comma")
    expect(told).to_contain_text("frequency MS")
    expect(page.locator(".chart").first).to_have_attribute("aria-label", re.compile("100 values from 2010-01-01"))

    page.select_option("[data-knob=decimal]", ".")  # which the file contradicts
    expect(page.locator(".problem:not(.gone)")).to_contain_text("Absatz")
    page.wait_for_function("location.search.includes('decimal=.')")
    press(page, "Take all corrections back")
    expect(told).to_contain_text("100 values")
    page.wait_for_function("!location.search.includes('decimal')")  # a reload shows the same

    press(page, "Ask the doctor")
    expect(page.locator(".report .verdict")).to_contain_text("Use ", timeout=LONG)
    assert page.locator(".report figure.wide").count() == 5
    assert violations(page) == []
    narrow_and_dark(page, 390)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".report figure.narrow").first.is_visible()

    page.select_option("[data-knob=architecture]", "linear")
    page.select_option("[data-knob=steps]", "100")
    press(page, "Train this")
    page.wait_for_url(re.compile("/runs/[0-9a-f]{12}"), timeout=LONG)
    rivals = page.locator(".chart[aria-label*='best linear']").first
    expect(rivals).to_have_attribute("aria-label", re.compile("seasonal naive"), timeout=LONG)
    expect(page.locator("p:has(a:has-text('linear.absatz'))")).to_contain_text("on the hold-out", timeout=LONG)
    page.click("a:has-text('linear.absatz')", timeout=LONG)
    page.wait_for_selector("#panel-predict .number >> nth=0")
    expect(page.locator("#panel-predict .chart")).to_have_attribute("aria-label", re.compile("values until 201"))
    page.fill("#panel-predict textarea", " ".join(["50"] * 500))
    page.dispatch_event("#panel-predict textarea", "change")
    page.wait_for_function("location.search.includes('pasted=')")
    page.click("#tab-inside")
    expect(page.locator("#panel-inside .lead")).to_contain_text("best linear")
    assert violations(page) == []
    page.click("a.crumb")
    expect(page.locator("[data-model='linear.absatz']")).to_be_visible()
