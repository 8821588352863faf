"""The pages in headless Chromium, beside a minimal Streamlit page doing the same; both on this machine, in one run.

Times are the browser's own: from navigation, or from the key that was pressed, to the frame that shows the change.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import headless
import numpy as np
import psutil
import rivals

TITLE = "The zoo in the browser"
HERE = Path(__file__).resolve().parent
BUNDLES = HERE.parent / "src" / "seqzoo" / "shipped"
MODEL = "/models/lstm.sine"
TABS = 10
SETTLING = 6000  # ms in which an engine that is loading takes over
SMALL = "/models/lstm.recall-k4"
AIMS = {"paint": 500, "gallery": 1000, "model": 1500, "slider": 100, "inside": 100, "rollout": 100, "work": 16,
        "drag": None, "valve": 16, "small_work": 16, "small_valve": 16, "tab": 15}  # fmt: skip

# The page, its slider and its chart: of the flagship, and of the two views that compute the most.
SLIDERS = {
    "slider": (MODEL, "[data-knob=phase]", "main .chart"),
    "inside": ("/models/mlp.sine_any?view=inside", "[data-knob=phase]", "#panel-inside .chart"),
    "rollout": (f"{MODEL}?view=rollout", "[data-knob=horizon]", "#panel-rollout .chart"),
}
# True once the page shows its main content.
OURS = {
    "gallery": "document.querySelector('.model-card img')?.complete",
    "model": "document.querySelector('.numbers .v')",
}
THEIRS = {
    "gallery": "document.querySelectorAll('h3').length >= %d && document.querySelector('canvas, svg.marks')",
    "model": "document.querySelector('#said')",
}
# The time of the first contentful paint, once there is one.
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# From a key to the next frame after the first change beneath `target`.
WATCH = """(target) => {
  let pressed = null;
  window.times = [];
  const painted = () => {
    const since = pressed;
    if (since === null) return;
    pressed = null;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => times.push(performance.now() - since);
      after.port2.postMessage(0);
    });
  };
  addEventListener("keydown", (event) => (pressed = event.timeStamp), true);
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver(painted).observe(document.querySelector(target), all);
}"""
# A canvas says nothing of its changes: it is drawn while the move is handled. `times` lead from the move to the frame
# that is painted; `work` is what the page takes of that, and the rest is the wait for the screen's next frame.
DRAG = """() => {
  let move = null;
  window.times = [];
  window.work = [];
  addEventListener("pointermove", (event) => (move ??= {since: event.timeStamp, began: performance.now()}), true);
  addEventListener("pointermove", () => {
    if (move === null || move.handled) return;
    move.handled = performance.now() - move.began;
    requestAnimationFrame(() => {
      const frame = performance.now();
      const after = new MessageChannel();
      after.port1.onmessage = () => {
        work.push(move.handled + performance.now() - frame);
        times.push(performance.now() - move.since);
        move = null;
      };
      after.port2.postMessage(0);
    });
  });
}"""


def measure(quick: bool) -> dict[str, Any]:
    """In milliseconds, and MiB of the server for each open tab."""
    loads, keys = (2, 5) if quick else (15, 120)
    found: dict[str, Any] = {"seqzoo": {}, "streamlit": {}}
    with headless.chromium() as chromium:
        # Tabs first, on servers of their own: one that has freed memory would take it again, and seem to need none.
        with headless.app() as (process, address):
            found["seqzoo"]["tab"] = _tabs(chromium, process, f"{address}{MODEL}", OURS["model"])
        with _streamlit() as (process, address):
            found["streamlit"]["tab"] = _tabs(chromium, process, f"{address}/?model=lstm.sine", THEIRS["model"])
        with headless.app() as (_, address):
            ours = found["seqzoo"]
            ours["paint"] = _loads(chromium, f"{address}/", PAINT, loads)
            ours["gallery"] = _loads(chromium, f"{address}/", OURS["gallery"], loads)
            ours["model"] = _loads(chromium, f"{address}{MODEL}", OURS["model"], loads)
            for key, (path, control, chart) in SLIDERS.items():
                ours[key] = _keys(chromium, f"{address}{path}", control, chart, keys)
            inside = f"{address}{MODEL}?view=inside"
            ours |= _drag(chromium, inside, ".mz-point >> nth=10", keys)
            ours["valve"] = _drag(chromium, inside, "[data-valve=f]", keys)["work"]
            inside = f"{address}{SMALL}?view=inside"
            ours["small_work"] = _drag(chromium, inside, ".mz-point >> nth=10", keys)["work"]
            ours["small_valve"] = _drag(chromium, inside, "[data-valve=f]", keys)["work"]
        with _streamlit() as (_, address):
            theirs = found["streamlit"]
            models, page = len(list(BUNDLES.iterdir())), f"{address}/?model=lstm.sine"
            theirs["paint"] = _loads(chromium, f"{address}/", PAINT, loads)
            theirs["gallery"] = _loads(chromium, f"{address}/", THEIRS["gallery"] % models, loads)
            theirs["model"] = _loads(chromium, page, THEIRS["model"], loads)
            theirs["slider"] = _keys(chromium, page, ".st-key-phase input", "#said", keys)
    return found


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    said = {
        "paint": "first contentful paint of the gallery, median (first)",
        "gallery": "gallery visible after navigation, median (first)",
        "model": "model page shows its forecast, median (first)",
        "slider": "slider key to the changed chart, p95 (median)",
        "inside": "the same with the slowest Bayes forecast, *Look inside* of `mlp.sine_any`",
        "rollout": "the same for *Roll out*, 100 to 200 steps",
        "work": "microscope of 64 units, a drag to changed pixels, without the wait for the next frame, p95 (median)",
        "drag": "the same with that wait, at 60 frames a second",
        "valve": "the same for a drag of the forget gate of its cell, without the wait",
        "small_work": "microscope of 4 units, a drag of a value, without the wait",
        "small_valve": "the same for its forget gate",
        "tab": f"server memory for each of {TABS} open tabs",
    }
    lines = ["| measure | aim | seqzoo | Streamlit |", "|---|---:|---:|---:|"]
    for key, words in said.items():
        unit = "MiB" if key == "tab" else "ms"
        cells = [_cell(result[name].get(key), unit) for name in ("seqzoo", "streamlit")]
        if not any(cells):  # measured before there was such a thing
            continue
        aim = "" if AIMS[key] is None else f"{AIMS[key]:,} {unit}"
        lines.append(f"| {words} | {aim} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def _cell(value: Any, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f} {unit}"
    first, second = (value["p95"], value["median"]) if "p95" in value else (value["median"], value["first"])
    return f"{first:,.0f} ({second:,.0f}) {unit}"


def _loads(chromium: Any, url: str, ready: str, count: int) -> dict[str, float]:
    """Each in a context of its own, whose cache is empty."""
    times = []
    for _ in range(count):
        context = chromium.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.goto(url, wait_until="commit")
        moment = ready if ready == PAINT else f"({ready}) && performance.now()"
        times.append(page.wait_for_function(moment, polling="raf").json_value())
        context.close()
    return {"first": times[0], "median": float(np.median(times[1:] or times))}


def _keys(chromium: Any, url: str, control: str, target: str, count: int) -> dict[str, float]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(control, state="attached")
    page.wait_for_selector(target)
    page.wait_for_timeout(SETTLING)
    page.focus(control)
    page.evaluate(WATCH, target)
    for press in range(count):
        page.keyboard.press("ArrowRight" if press % 20 < 10 else "ArrowLeft")
        page.wait_for_function(f"times.length > {press}", polling=5)
    times = page.evaluate("times")
    context.close()
    return _quantiles(times)


def _drag(chromium: Any, url: str, handle: str, count: int) -> dict[str, Any]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(handle)
    page.wait_for_timeout(SETTLING)
    page.locator(handle).scroll_into_view_if_needed()
    box = page.locator(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(DRAG)
    for move in range(count):
        page.mouse.move(x, y + 30 * np.sin(move / 5) + move % 2)
        page.wait_for_function(f"times.length > {move}", polling=5)
    found = {"work": _quantiles(page.evaluate("work")), "drag": _quantiles(page.evaluate("times"))}
    context.close()
    return found


def _quantiles(times: list[float]) -> dict[str, float]:
    return {"median": float(np.median(times)), "p95": float(np.quantile(times, 0.95))}


def _tabs(chromium: Any, process: psutil.Process, url: str, ready: str) -> float:
    """MiB that the server grows by for each tab, after one that is not counted."""
    contexts, before = [], 0.0
    for tab in range(TABS + 1):
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.goto(url)
        page.wait_for_function(ready)
        if tab == 0:
            page.wait_for_timeout(SETTLING)
            before = _memory(process)
    grown = (_memory(process) - before) / TABS
    for context in contexts:
        context.close()
    return grown


def _memory(process: psutil.Process) -> float:
    return float(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])) / 2**20


@contextlib.contextmanager
def _streamlit() -> Iterator[tuple[psutil.Process, str]]:
    programs, port = rivals.programs("streamlit"), rivals.free_port()
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    given = [word for key, value in options.items() for word in (f"--server.{key}", str(value))]
    given += ["--browser.gatherUsageStats", "false"]
    command = [programs / "streamlit", "run", HERE / "rival_streamlit.py", *given, "--", BUNDLES]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        rivals.wait_until_listening(port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
