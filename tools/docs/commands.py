"""Writes docs/commands.md from the help of the command line; a test compares the page with the commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from seqzoo.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
FILES = "How a file is read, where it is not clear"  # the options of every command that reads a table
TOP = """# Commands

Every command of `seqzoo`, its arguments and its options. `python tools/docs/commands.py` writes this page from the
help of the commands; a test compares the two.

Exit status 0 means success, 1 a failed `verify` or `reproduce`, 2 an error, 130 an interrupt. Each command has
`--help`.
"""


def page() -> str:
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="seqzoo")
    commands = [group.get_command(context, name) for name in group.list_commands(context)]
    files = next(each for each in commands if each.name == "forecast")
    shared = [option for option in files.params if _panel(option) == FILES]
    parts = [TOP, *(_section(command, context) for command in commands)]
    parts.append(f"## Options of files\n\n{FILES}:\n\n{_table(shared, context)}")
    return re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](\1)", "\n".join(parts))


def _section(command: Any, context: typer.Context) -> str:
    here = typer.Context(command, info_name=command.name, parent=context)
    usage = " ".join(command.collect_usage_pieces(here))
    text, *rest = re.split(r"\n\s*\n(?=Examples?:)", (command.help or "").strip())
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text)]
    parts = [f"## seqzoo {command.name}\n", f"```\nseqzoo {command.name} {usage}\n```\n"]
    parts += [f"{each}\n" for each in paragraphs]
    examples = re.findall(r"`(seqzoo [^`]+)`", " ".join(" ".join(rest).split()))
    if examples:
        parts.append("```sh\n" + "\n".join(examples) + "\n```\n")
    own = [each for each in command.params if _panel(each) != FILES and not getattr(each, "hidden", False)]
    parts.append(_table(own, here))
    if len(own) < len(command.params):
        parts.append("It also has the [options of files](#options-of-files).\n")
    return "\n".join(parts)


def _panel(parameter: Any) -> str:
    return getattr(parameter, "rich_help_panel", None) or ""


def _table(parameters: list[Any], context: typer.Context) -> str:
    rows = ["| option | meaning |", "|---|---|"]
    for each in parameters:
        name, text = each.get_help_record(context)
        rows.append(f"| `{name}` | {' '.join(text.split())} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
