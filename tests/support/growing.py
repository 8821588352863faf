"""Import this first: nothing that is imported is garbage, so none is looked for until `settled` is imported."""

from __future__ import annotations

import gc

gc.disable()
