"""Training runs in processes of their own, kept in SEQZOO_HOME/runs/ID: what the page *Train* stands on.

A run's folder holds its plan, what it was last told to do, its checkpoint, and `events.jsonl`, to which its process
appends what it has come to. Whoever looks reads those files: any number of pages see the same run, and neither a
closed page nor a server that starts again loses anything.
"""

from .manager import Runs, here
from .plans import Settings

__all__ = ["Runs", "Settings", "here"]
