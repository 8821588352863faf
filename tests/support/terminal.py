"""Runs the command line inside the test's process, as `seqzoo ...` typed into a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from seqzoo import cli


class Outcome(NamedTuple):
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line on standard error of a command that was refused with status 2."""
        assert self.status == 2, self
        assert self.err.startswith("seqzoo: "), self
        assert self.err.count("\n") == 1 and self.err.endswith("\n"), self
        assert "Traceback" not in self.out + self.err, self
        return self.err.removeprefix("seqzoo: ").strip()


Terminal = Callable[..., Outcome]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Call with the arguments, and `stdin` as text or bytes."""

    def run(*arguments: object, stdin: str | bytes = "") -> Outcome:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "argv", ["seqzoo", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return run
