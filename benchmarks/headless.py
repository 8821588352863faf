"""Starts Debian's Chromium, and the app in a process, for the scripts that measure or draw the pages."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.chromium import FLAGS
from support.hosts import answering, served

__all__ = ["FLAGS", "answering", "app", "chromium", "path", "served"]


def path() -> str:
    """Where Chromium is: Debian's, or its shell without windows."""
    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    assert found, "this needs Chromium: `make browser` installs it"
    return found


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium browser, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def app(program: Sequence[str] = ("-m", "seqzoo")) -> Iterator[tuple[psutil.Process, str]]:
    """The process and the address of an app with an empty home; `program` is how Python runs the command line."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, *program, "app", "--port", "0"]
        env = {**os.environ, "SEQZOO_HOME": home}
        process = psutil.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        try:
            found = re.search(r"http://[^ ]+", process.stdout.readline())
            assert found, "the app did not start"
            yield process, found[0]
        finally:
            process.terminate()
            process.wait(timeout=30)
            process.stdout.close()
