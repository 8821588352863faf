"""What a chart downloads, parsed."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest

import seqzoo
from seqzoo import _palette
from seqzoo.app.ui import modules
from seqzoo.runtime import catalogue
from support.serving import Running

Visit = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"
SAVE = """async ([address, options]) => {
  const { saveChart } = await import(address);
  await saveChart({getOption: () => options, getDom: () => document.body}, "csv");
}"""
PREDICT = "#panel-predict .chart[aria-label*='Bayes']"


def saved(page: Any, button: str) -> tuple[str, bytes]:
    """Name and bytes of what a button downloads."""
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def columns(data: bytes) -> dict[str, list[str]]:
    header, *lines = list(csv.reader(io.StringIO(data.decode())))
    assert all(len(line) == len(header) for line in lines) and len(set(header)) == len(header)
    return {name: [line[place] for line in lines] for place, name in enumerate(header)}


def pixel(png: bytes, x: int, y: int) -> tuple[int, ...]:
    """A pixel of a PNG of eight bits with three or four channels; its rows are unfiltered as far as `y`."""
    at, data, channels, width = 8, b"", 0, 0
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack(">IIBB", body[:10])
            channels = {2: 3, 6: 4}[colour]
            assert depth == 8
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    raw, stride, above = zlib.decompress(data), width * channels, bytearray(width * channels)
    for row in range(y + 1):
        start = row * (stride + 1)
        method, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for k in range(stride):
            left = line[k - channels] if k >= channels else 0
            corner = above[k - channels] if k >= channels else 0
            up = above[k]
            guess = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
            line[k] = (line[k] + (0, left, up, (left + up) // 2, guess)[method]) % 256
        above = line
    return tuple(above[x * channels : (x + 1) * channels])


def test_a_chart_is_saved_for_paper_whatever_the_page_looks_like_and_as_the_values_of_the_model(visit: Visit) -> None:
    page = visit("/models/lstm.sine")
    page.wait_for_selector(PREDICT)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        svg_on_white(page)
    png_on_white_with_its_margin(page)
    a_column_for_each_series(page)


def svg_on_white(page: Any) -> None:
    name, data = saved(page, "button[aria-label='Download value by steps from now as SVG']")
    assert name == "lstm.sine-predict-value.svg"
    root = ElementTree.fromstring(data)
    assert root.tag == f"{SVG}svg" and float(root.get("width", "0")) > 300
    assert root.findtext(f"{SVG}title") == page.get_attribute(PREDICT, "aria-label")
    assert root[1].tag == f"{SVG}rect" and root[1].get("fill") == "#ffffff"
    colours = {part.get(kind) for part in root.iter() for kind in ("fill", "stroke")}
    assert {_palette.light(name) for name in ("model", "truth", "muted", "bayes", "best_linear")} <= colours
    assert b"var(" not in data and b"href=\"http" not in data
    assert "steps from now" in [text.text for text in root.iter(f"{SVG}text")]


def png_on_white_with_its_margin(page: Any) -> None:
    """A PNG is twice as large as the chart with its legend, of at most three lines."""
    name, data = saved(page, "[data-save=png]")
    box = page.locator(PREDICT).bounding_box()
    assert name == "lstm.sine-predict-value.png" and data.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", data[16:24])
    assert wide == 2 * int(box["width"] + 32) and high - 2 * int(box["height"] + 32) in (64, 104, 144)
    assert pixel(data, 3, 3)[:3] == (255, 255, 255)


def a_column_for_each_series(page: Any) -> None:
    name, data = saved(page, "[data-save=csv]")
    assert name == "lstm.sine-predict-value.csv"
    found = columns(data)
    ends = [f"90% interval, {end} end" for end in ("lower", "upper")]
    assert list(found) == ["steps from now", *ends, "truth", "window", "best linear", "Bayes", "lstm.sine"]
    window = [float(value) for value in found["window"] if value]
    assert len(window) == 20 and found["steps from now"][:20] == [str(step) for step in range(-19, 1)]
    own = seqzoo.load("lstm.sine", "onnx").predict(window)[0, 0]
    assert float(found["lstm.sine"][20]) == pytest.approx(own, abs=1e-5)
    assert float(found[ends[0]][20]) < own < float(found[ends[1]][20])


def test_a_band_has_both_its_ends_and_a_series_that_is_hidden_is_not_in_the_csv(visit: Visit) -> None:
    page = visit("/models/lstm.sine-h50")
    page.wait_for_selector(PREDICT)
    found = columns(saved(page, "[data-save=csv]")[1])
    ends = [np.array([float(v) for v in found[f"90% interval, {end} end"] if v]) for end in ("lower", "upper")]
    own = np.array([float(v) for v in found["lstm.sine-h50"] if v])
    assert len(own) == 50 and (ends[0] < own).all() and (own < ends[1]).all()
    for name in ("Bayes", "90% interval"):
        page.click(f"#panel-predict [aria-pressed=true]:has-text('{name}')")
    found = columns(saved(page, "[data-save=csv]")[1])
    assert not {"Bayes", "90% interval, lower end", "90% interval, upper end"} & set(found) and "truth" in found


def test_each_chart_of_a_view_has_its_own_name(visit: Visit) -> None:
    page = visit("/models/last_value.sine?view=rollout")
    page.wait_for_selector("[aria-label^='Mean squared error by step']", timeout=60_000)
    name, data = saved(page, "[aria-label='Download mean squared error by steps ahead as CSV']")
    assert name == "last_value.sine-rollout-mean-squared-error.csv"
    found = list(columns(data))
    assert found[:2] == ["steps ahead", "noise floor"]
    assert found[-2:] == [f"last_value.sine, two standard errors, {end} end" for end in ("lower", "upper")]
    name, _ = saved(page, "[aria-label='Download value by steps from now as SVG']")
    assert name == "last_value.sine-rollout-value.svg"


def test_the_gallery_saves_its_table_and_categories_bars_and_several_values_become_rows_and_columns(
    visit: Visit, app: Running
) -> None:
    page = visit("/")
    the_table_of_all_models_downloads(page, app)
    options = {
        "xAxis": [{"type": "value", "name": "excess"}],
        "yAxis": [{"type": "category", "name": "model", "data": ["lstm", 'gru, "small"']}],
        "series": [
            {"type": "bar", "name": "mean", "stack": "all", "data": [0.1, {"value": 0.1 + 0.2}]},
            {"type": "bar", "name": "more", "stack": "all", "data": [None, 2]},
            {"type": "custom", "name": "interval", "data": [[0.05, 1, 0.2], [0.01, 0, 0.3]]},
        ],
    }
    with page.expect_download() as download:
        page.evaluate(SAVE, [modules.address(modules.SAVES), options])
    assert columns(Path(download.value.path()).read_bytes()) == {
        "model": ["lstm", 'gru, "small"'],
        "mean": ["0.1", "0.3"],
        "more": ["", "2"],
        "interval": ["0.01", "0.05"],
        "interval, 2": ["0.3", "0.2"],
    }


def the_table_of_all_models_downloads(page: Any, app: Running) -> None:
    name, data = saved(page, "text=Download all scores")
    assert name == "seqzoo-models.csv" and data == httpx.get(f"{app.address}/models.csv").content
    found = columns(data)
    assert {row["name"] for row in catalogue.rows()} <= set(found["name"])
