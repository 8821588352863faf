"""Import this first: nothing that is imported is garbage, and looking for it takes a tenth of the time."""

from __future__ import annotations

import gc

gc.disable()
