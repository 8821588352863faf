"""Import this last: what was imported before is no garbage, and no process forked looks through it again."""

from __future__ import annotations

import gc

gc.collect()
gc.freeze()
