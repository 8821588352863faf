"""Does the app keep memory of tabs that were closed? Rounds of tabs in headless Chromium, opened and closed.

python benchmarks/open_tabs.py                    40 rounds of 30 tabs; writes benchmarks/results/open_tabs.json
python benchmarks/open_tabs.py --rounds 10 --trace --out FILE    also what grew, by line of source

A round ends when the app has forgotten every page of it, a quarter of a minute after the last tab was closed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import headless
import numpy as np
import psutil

RESULTS = Path(__file__).resolve().parent / "results" / "open_tabs.json"
WARM = 5  # rounds until every view has imported and cached what it needs
READY = {
    "/": "document.querySelector('.model-card img')?.complete",
    "/models/lstm.sine": "document.querySelector('.numbers .v')",
    "/models/lstm.sine?view=inside": "document.querySelector('.mz-point')",
}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--tabs", type=int, default=30)
    parser.add_argument("--trace", action="store_true", help="trace every allocation of the app; slower")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    rounds = measure(given.rounds, given.tabs, given.trace)
    given.out.write_text(json.dumps({"tabs": given.tabs, "rounds": rounds}, indent=1) + "\n", "utf-8")
    sys.stdout.write(summary(rounds))


def measure(rounds: int, tabs: int, trace: bool) -> list[dict[str, Any]]:
    """After each round: resident MiB, live objects, MiB in use by malloc; round 0 is before any tab."""
    with tempfile.TemporaryDirectory() as folder, headless.chromium() as chromium:
        target = Path(folder) / "facts.json"
        program = [str(Path(__file__).with_name("watched_app.py")), str(target), "trace" if trace else "plain"]
        with headless.app(program) as (process, address):
            seen = [_facts(process, target)]
            for _ in range(rounds):
                _open(chromium, address, tabs)
                while (facts := _facts(process, target))["pages"] > seen[0]["pages"]:
                    time.sleep(1)
                seen.append(facts)
                sys.stderr.write(f"{len(seen) - 1}: {facts['rss']:.1f} MiB, {facts['objects']:,} objects\n")
    base = WARM if rounds > WARM else 1
    grown = Counter(seen[-1].pop("types", {}))
    grown.subtract(seen[base].get("types", {}))
    lines = Counter(seen[-1].pop("lines", {}))
    lines.subtract(seen[base].get("lines", {}))
    for facts in seen:
        facts.pop("types", None)
        facts.pop("lines", None)
    seen[-1]["grown"] = {name: count for name, count in grown.most_common(15) if count > 0}
    seen[-1]["lines"] = {name: count for name, count in lines.most_common(25) if count > 0}
    return seen


def summary(rounds: list[dict[str, Any]]) -> str:
    """The growth per round once the app is warm: the slope of a straight line through the later rounds."""
    later = rounds[WARM:] if len(rounds) > WARM + 1 else rounds[1:]
    turns = np.arange(len(later))
    words = [f"resident MiB: {rounds[0]['rss']:.0f} before, {later[0]['rss']:.1f} then {later[-1]['rss']:.1f}"]
    for key in ("rss", "objects", "in_use", "traced"):
        if key in later[0] and len(later) > 1:
            slope = float(np.polyfit(turns, [facts[key] for facts in later], 1)[0])
            words.append(f"{key}: {slope:+,.3f} a round")
    return "\n".join([*words, json.dumps(rounds[-1].get("grown")), json.dumps(rounds[-1].get("lines"), indent=1), ""])


def _open(chromium: Any, address: str, tabs: int) -> None:
    context = chromium.new_context()
    context.set_default_timeout(120_000)
    paths = list(READY)
    for tab in range(tabs):
        path = paths[tab % len(paths)]
        page = context.new_page()
        page.goto(address + path)
        page.wait_for_function(READY[path])
    context.close()


def _facts(process: psutil.Process, target: Path) -> dict[str, Any]:
    target.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR1)
    while not target.is_file():
        time.sleep(0.05)
    facts: dict[str, Any] = json.loads(target.read_text("utf-8"))
    facts["rss"] = process.memory_info().rss / 2**20
    for key in ("in_use", "free", "traced"):
        if key in facts:
            facts[key] /= 2**20
    return facts


if __name__ == "__main__":
    main()
