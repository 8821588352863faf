"""Runs every attack on the server with its full number of repetitions, and writes docs/reliability.md (`make soak`).

With --render, writes the page again from tools/results/reliability.jsonl.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NOTES, PAGE = ROOT / "tools" / "results" / "reliability.jsonl", ROOT / "docs" / "reliability.md"
TABS = ROOT / "benchmarks" / "results" / "open_tabs.json"  # written by benchmarks/open_tabs.py
WARM = 5  # rounds of tabs until the app has imported and cached what it needs
LARGEST = {"seconds", "p99", "growth"}  # of these the largest counts; all else is summed

ROWS = {
    "shapes": ("Batch 0, −1, 2^60, windows of 19 and 21, wrong ranks and counts", "{sent:.0f} sent, every one 400"),
    "finite": ("NaN, ±infinity, 1e39 at each of the 20 places, JSON and binary", "{sent:.0f} sent, every one 400"),
    "mutations": ("Mutations of valid requests",
                  "{sent:,.0f} sent, {accepted:,.0f} accepted, {failures:.0f} failures of the server"),
    "openapi": ("Requests that the OpenAPI description allows and forbids",
                "{sent:,.0f} requests to {operations:.0f} operations, {failures:.0f} failures"),
    "nested": ("JSON nested 250,000 deep",
               "{bodies:.0f} bodies, every one 400; memory grew by {growth:.1f} MiB at most"),
    "reported": ("Bodies after public reports: FP16, FP64, null, a text for a shape, two axes, on every network",
                 "{sent:.0f} sent, every one 400 in a sentence"),
    "parameters": ("Parameters of extensions that the server lacks, such as `classification`",
                   "{sent:.0f}, every one 400 with its name"),
    "headers": ("Headers of 64 KiB and a byte, of 100,000 bytes in one field or many, trailers",
                "{sent:.0f} requests; every one over the limit 431"),
    "refused_bodies": ("20 MB sent to the end by a client whose request is refused",
                       "{sent:.0f}, every one read its 413 or 403"),
    "left": ("Clients that disconnect in the middle of 100,000 windows",
             "{clients:.0f}; memory grew by {growth:.1f} MiB"),
    "busy": ("Bodies that are never finished",
             "{held:.0f} MiB held, the next 503 with Retry-After, small requests served"),
    "bomb": ("200 MiB of spaces, compressed to 200 KB", "413; memory grew by {growth:.1f} MiB"),
    "names": ("Hostile model names", "{names:.0f}, none matched a model or a file"),
    "flips": ("Single-bit flips of a bundle's files",
              "{flips:,.0f} in {files:.0f} files, every one refused before a parser saw it"),
    "first": ("64 first requests at once", "{rounds:.0f} rounds, {loads:.0f} loads, identical answers"),
    "threads": ("32 threads that load, unload and predict", "{calls:,.0f} calls, {failures:.0f} failures"),
    "cycles": ("Loading and unloading", "{cycles:,.0f} cycles; memory grew by {growth:.1f} MiB"),
    "drain": ("SIGTERM under 16 busy clients",
              "{rounds:.0f} rounds, {answered:,.0f} requests answered, {lost:.0f} lost; "
              "{seconds:.1f} s at most, status 0"),
    "slow": ("Clients that trickle headers or body",
             "{clients:.0f}, all cut within {seconds:.1f} s; a healthy client's 99th percentile "
             "{p99_ms:.1f} ms meanwhile"),
    "swaps": ("A hostile bundle and a shipped one that alternate at one path: link, folder, file, hard link",
              "{seconds:.0f} s on each of {doors:.0f} doors (library, command line, server, with torchscript named "
              "and by default); {tries:,.0f} tries, {answered:,.0f} answered, foreign code ran {ran:.0f} times"),
}  # fmt: skip

HEAD = """# Reliability

These attacks on the server were tested on a shared two-core machine. `make soak` writes this page. It runs the tests
marked `soak` with their full number of repetitions; `make test` runs the same tests with fewer.

| attack | result |
|---|---|
"""


def main() -> None:
    """Run the tests, unless an option skips them, and write the page."""
    if "--render" not in sys.argv[1:]:
        NOTES.parent.mkdir(parents=True, exist_ok=True)
        fresh = NOTES.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        environment = {**os.environ, "SEQZOO_SOAK": "1", "SEQZOO_MEASURED": str(fresh)}
        command = [sys.executable, "-m", "pytest", "-q", "--timeout", "3000", "-m", "soak"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        fresh.replace(NOTES)
    PAGE.write_text(HEAD + table(NOTES.read_text("utf-8")) + tabs(json.loads(TABS.read_text("utf-8"))), "utf-8")


def table(notes: str) -> str:
    """The rows of the page, from the numbers that the tests recorded."""
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for line in notes.splitlines():
        facts = json.loads(line)
        row = totals[facts.pop("what")]
        for key, value in facts.items():
            row[key] = max(row[key], value) if key in LARGEST else row[key] + value
    rows = []
    for what, (attack, result) in ROWS.items():
        if what in totals:
            numbers = dict(totals[what])
            numbers["p99_ms"] = 1000 * numbers.get("p99", 0.0)
            rows.append(f"| {attack} | {result.format(**numbers)} |")
    return "\n".join(rows) + "\n"


def tabs(measured: dict[str, Any]) -> str:
    """The section on the app's memory over rounds of tabs."""
    rounds = measured["rounds"]
    last, warm = len(rounds) - 1, rounds[WARM]
    memory = [facts["rss"] for facts in rounds[WARM:]]
    objects = (rounds[-1]["objects"] - warm["objects"]) / (last - WARM)
    return f"""
## Tabs of the app

`python benchmarks/open_tabs.py` opens {measured["tabs"]} tabs in Chromium, closes them, waits until the app has
released them, and repeats this {last} times. Resident memory of the app, in MiB:

- {rounds[0]["rss"]:.0f} before the first tab, {rounds[1]["rss"]:.0f} after the first round, with all imports;
- {warm["rss"]:.1f} after round {WARM}, {rounds[-1]["rss"]:.1f} after round {last};
- from {min(memory):.1f} to {max(memory):.1f} over all rounds from there on.

Live Python objects: {warm["objects"]:,} after round {WARM}, {rounds[-1]["objects"]:,} after round {last}:
{objects:+,.1f} a round.
"""


if __name__ == "__main__":
    main()
