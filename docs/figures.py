"""Regenerates what the README shows: the picture and the scoreboard. Run by `make figures`."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from seqzoo import bundle, shelf
from seqzoo.cards import label
from seqzoo.cli import app

ROOT = Path(__file__).parent.parent
BOARD = re.compile(r"(<!-- scoreboard: .*? -->\n).*?(<!-- end of scoreboard -->)", re.DOTALL)
PICTURE = re.compile(r"`seqzoo (forecast [^`]*--plot [^`]*)`")


def scoreboard() -> str:
    """A Markdown table of the floors and of every shipped model of the sine, from their manifests."""
    manifests = [
        bundle.open_bundle(path).manifest
        for path in shelf.available().values()
        if path.parent == bundle.SHIPPED and path.name.endswith(".sine")
    ]
    floors = manifests[0].score.floors
    rows = [(mse, label(name), f"{mse:.6f}", _relative(mse, floors), "") for name, mse in floors.items()]
    for facts in manifests:
        score = facts.score
        excess = f"**{score.excess[0]:.2%}** ± {score.excess[1]:.2%}"
        rows.append(
            (score.mse[0], f"**{facts.name}**", f"{score.mse[0]:.6f}", excess, f"{facts.parameters:,}")
        )
    lines = ["| forecaster | MSE | excess over Bayes | parameters |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row[1:])} |" for row in sorted(rows)]
    return "\n".join(lines) + "\n"


def _relative(mse: float, floors: dict[str, float]) -> str:
    return "" if mse < floors["bayes"] else f"{mse / floors['bayes'] - 1:.1%}"


def main() -> None:
    """Write the picture and the table."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    command = PICTURE.search(text)
    if command is None:
        raise SystemExit("README.md names no command that makes its picture.")
    words = command[1].split()
    words[words.index("--plot") + 1] = str(ROOT / words[words.index("--plot") + 1])
    CliRunner().invoke(app, words, catch_exceptions=False)
    readme.write_text(BOARD.sub(lambda found: found[1] + scoreboard() + found[2], text), "utf-8")


if __name__ == "__main__":
    main()
