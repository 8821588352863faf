"""The static site in headless Chromium: what a page transfers, when it answers, and Lighthouse's scores.

It is served compressed, as hosts of files do. A cold load has an empty cache and a line of 10 Mbit/s and 40 ms.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import mimetypes
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import headless

TITLE = "The zoo as plain files"
LIGHTHOUSE = "lighthouse@12.8.2"
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
KB = 1000
# The path of a page, what holds once it answers to a visitor, and how many KB it may transfer.
PAGES = {
    "landing": ("", "/[0-9]/.test(document.querySelector('.hero [data-of=model]')?.textContent)", 150),
    "model": ("models/lstm.sine/", "document.querySelector('#panel-predict .number .v')", 400),
    "inside": ("models/lstm.sine/?view=inside", "document.querySelector('.mz-said dd')", 400),
}


def measure(quick: bool) -> dict[str, Any]:
    """Serve a site of all models and load its pages."""
    from seqzoo.site import build

    site = build.build()
    packed = {name: gzip.compress(data, 9, mtime=0) for name, data in site.files.items()}
    with _served(site.files, packed) as address, headless.chromium() as chromium:
        sizes = {"bytes": sum(map(len, site.files.values())), "packed": sum(map(len, packed.values()))}
        result: dict[str, Any] = {"files": len(packed), **sizes}
        for name, (path, ready, _) in PAGES.items():
            loads = [_load(chromium, address + path, ready, packed) for _ in range(1 if quick else 7)]
            seconds, asked = statistics.median(load[0] for load in loads), loads[0][1]
            result[name] = {"seconds": seconds, "bytes": sum(asked.values()), "files": len(asked)}
        if not quick:
            for name, (path, _, _) in PAGES.items():
                result[name]["lighthouse"] = _scores(address + path)
    return result


@contextlib.contextmanager
def _served(files: dict[str, bytes], packed: dict[str, bytes]) -> Iterator[str]:
    """The address of a site, which lies below the root of its host."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.partition("?")[0].removeprefix("/zoo/")
            name += "index.html" if name == "" or name.endswith("/") else ""
            if name not in files:
                return self.send_error(404)
            kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
            is_packed = "gzip" in self.headers.get("Accept-Encoding", "")
            body = packed[name] if is_packed else files[name]
            self.send_response(200)
            self.send_header("Content-Type", f"{kind or 'application/octet-stream'}")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=31536000" if "/files/" in self.path else "max-age=600")
            if is_packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with headless.answering(Handler) as host:
        yield f"{host}/zoo/"


def _load(chromium: Any, url: str, ready: str, packed: dict[str, bytes]) -> tuple[float, dict[str, int]]:
    """Seconds from navigation until the page answers, and the packed size of each file that it asks for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    asked: dict[str, int] = {}

    def note(request: Any) -> None:
        name = request.url.partition("/zoo/")[2].partition("?")[0]
        name += "index.html" if name == "" or name.endswith("/") else ""
        if name in packed:
            asked[name] = len(packed[name])

    page.on("request", note)
    page.goto(url, wait_until="commit")
    # Not `wait_for_function`, which the policy of the pages refuses.
    asks = f"const look = () => {ready} ? done(performance.now()) : setTimeout(look, 4)"
    seconds = page.evaluate(f"new Promise(done => {{ {asks}; look(); }})") / 1000
    page.wait_for_load_state("networkidle")
    context.close()
    return seconds, asked


# How much slower than this machine a phone is, by Lighthouse's index of this machine: see its docs/throttling.md.
SLOWER = ((1500, 4), (1000, 2), (0, 1))


def _scores(url: str) -> dict[str, Any] | None:
    """Lighthouse's score of each category, as for a phone of the middle class; None without npm."""
    if shutil.which("npm") is None:
        return None
    index = _report(url, "--only-categories=seo")["environment"]["benchmarkIndex"]
    slower = next(times for least, times in SLOWER if index >= least)
    report = _report(url, f"--throttling.cpuSlowdownMultiplier={slower}")
    low = {audit["id"]: audit.get("displayValue", "") for audit in report["audits"].values()
           if audit.get("score") is not None and audit["score"] < 0.9}  # fmt: skip
    scores = {name: round(100 * each["score"]) for name, each in report["categories"].items()}
    return {"scores": scores, "index": index, "slower": slower, "low": low}


def _report(url: str, *options: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = [
            "npm", "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", url, "--quiet", "--output=json",
            f"--output-path={out}", f"--chrome-flags={' '.join(headless.FLAGS)}", *options,
        ]  # fmt: skip
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, "CHROME_PATH": headless.path()})
        return dict(json.loads(out.read_bytes()))


def table(result: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = ["| page | compressed | at most | answers after | Lighthouse |", "|---|---|---|---|---|"]
    for name, (path, _, most) in PAGES.items():
        row = result[name]
        known = row.get("lighthouse") or {"scores": {}}
        told = ", ".join(f"{key} {score}" for key, score in known["scores"].items()) or "not measured"
        label = f"{name}, `{path or './'}`"
        size = f"{row['bytes'] / KB:.0f} KB in {row['files']} files"
        lines.append(f"| {label} | {size} | {most} KB | {row['seconds']:.2f} s | {told} |")
    whole = f"{result['files']} files, {result['bytes'] / 1e6:.1f} MB, {result['packed'] / 1e6:.1f} MB compressed"
    about = (
        "`seqzoo site` served compressed. A page answers when its forecast is shown: after a cold load on a line of "
        "10 Mbit/s and 40 ms; the median of seven. Lighthouse's scores are as for a phone of the middle class."
    )
    return "\n".join([*lines, "", f"The whole site: {whole}.", "", about])


if __name__ == "__main__":
    print(json.dumps(measure(quick=True), indent=1))
