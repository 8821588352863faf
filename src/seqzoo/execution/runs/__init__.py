"""Training runs, each with a process and a folder SEQZOO_HOME/runs/ID; the page *Train* uses them.

The folder of a run holds its plan, the last command to it, its checkpoint, its film (`film.py`), and `events.jsonl`,
to which its process appends events. All readers use these files. Any number of pages therefore see the same run, and
nothing is lost when a page closes or the server restarts.
"""

from .manager import Runs, here
from .plans import Settings

__all__ = ["Runs", "Settings", "here"]
