"""Training in a page, by its worker, in headless Chromium; and the frames that the page draws meanwhile.

Seconds are those from the press of Start to the message of the worker, as a visitor waits for them.
"""

from __future__ import annotations

import itertools
import json
from http.server import SimpleHTTPRequestHandler
from typing import Any

import headless

from seqzoo import _palette
from seqzoo.microscope.modules import PACKAGE
from seqzoo.pages import train

TITLE = "Training in a page"
AIM = 0.08  # excess, in under a minute
LONG = 34  # ms of a frame after which another was left out
RUNS = (
    {"architecture": "lstm", "size": "16"}, {}, {"architecture": "lstm", "size": "64"}, {"architecture": "gru"},
    {"architecture": "mlp"}, {"optimiser": "adam"},
)  # fmt: skip
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Train</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/palette.css"><link rel="stylesheet" href="/pages/js/views.css">
<link rel="stylesheet" href="/pages/js/training/training.css">
<main><h1>Train</h1></main>"""
# Notes each message of the worker as it arrives, and the time of each frame.
START = """async ([facts, view]) => {
  const Plain = window.Worker;
  window.course = [];
  window.frames = [];
  window.Worker = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        for (const { step, excess } of data.evaluations ?? []) course.push([step, excess, performance.now() - began]);
        if (data.isDone || data.kind === "failed") window.result = data;
      });
    }
  };
  const { train } = await import("/pages/js/training/view.js");
  const host = { get: (name) => (name === "view" ? view : facts[name]), tell() {}, listen: () => () => {} };
  train(document.querySelector("main"), host);
  const collect = (into, isDone) => new Promise((resolve) => requestAnimationFrame(function frame(now) {
    into.push(now);
    if (isDone(now)) resolve();
    else requestAnimationFrame(frame);
  }));
  window.idle = [];
  await collect(idle, (now) => now - idle[0] > 3000);
  window.began = performance.now();
  document.querySelector("button.primary").click();
  collect(frames, () => window.result);
}"""


class Handler(SimpleHTTPRequestHandler):
    """The files of the package, and an empty page."""

    def do_GET(self) -> None:
        own = {"/": PAGE, "/palette.css": _palette.css_of_scheme()}.get(self.path)
        if own is None:
            return super().do_GET()
        self.send_response(200)
        for name, value in HEADERS.items():
            self.send_header(name, "text/css" if name == "Content-Type" and self.path != "/" else value)
        self.end_headers()
        self.wfile.write(own.encode())

    def log_message(self, *_: Any) -> None:
        """No line for each file."""


def measure(quick: bool) -> list[dict[str, Any]]:
    """The seconds and the frames of each run."""
    facts = json.loads(json.dumps(train.facts()))
    host = headless.served(PACKAGE, Handler)
    with host as address, headless.chromium() as browser:
        return [_run(browser, address, facts, {**view, **({"steps": "60"} if quick else {})}) for view in RUNS]


def _run(browser: Any, address: str, facts: dict[str, Any], view: dict[str, str]) -> dict[str, Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.evaluate(START, [facts, view])
    while (result := page.evaluate("window.result")) is None:
        page.wait_for_timeout(500)
    course, frames, idle = page.evaluate("[course, frames, idle]")
    page.close()
    assert "message" not in result, result
    gaps = [after - before for before, after in itertools.pairwise(frames)]
    below = next((ms / 1000 for _, excess, ms in course if excess < AIM), None)
    return {
        "run": {**facts["defaults"], **view},
        "below": below,
        "seconds": course[-1][2] / 1000,
        "excess": course[-1][1],
        "steps_per_second": result["step"] / result["seconds"],
        "idle_frames_per_second": 1000 * (len(idle) - 1) / (idle[-1] - idle[0]),
        "frames_per_second": 1000 * len(gaps) / sum(gaps),
        "long_frames": sum(gap > LONG for gap in gaps) / len(gaps),
        "longest_frame": max(gaps),
    }


def table(result: list[dict[str, Any]]) -> str:
    """The Markdown table."""
    rows = [
        "Trained by the worker of a page; batches of 128, 1,000 steps. A frame above "
        f"{LONG} ms is long: the one after it was left out. Before the run, the page was watched for three seconds.",
        "",
        f"| network | optimiser | to {AIM:.0%} above Bayes | all steps | then above Bayes | steps/s | "
        "frames/s, before it | long frames | longest |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in result:
        run = one["run"]
        below = "not reached" if one["below"] is None else f"{one['below']:.1f} s"
        rows.append(
            f"| {train.ARCHITECTURES[run['architecture']]} {run['size']} | {train.OPTIMISERS[run['optimiser']]} | "
            f"{below} | {one['seconds']:.1f} s | {one['excess']:.2%} | {one['steps_per_second']:.0f} | "
            f"{one['frames_per_second']:.1f}, {one['idle_frames_per_second']:.1f} | {one['long_frames']:.1%} | "
            f"{one['longest_frame']:.0f} ms |"
        )
    return "\n".join(rows)
