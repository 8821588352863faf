"""Writes the shipped bundles again from their weights, where the code would now write other files.

Run by `make reexport` after a change of the exporter or of the card; `tools/reexport.py NAME ...` takes only those.
"""

from __future__ import annotations

import sys

from seqzoo.bundles.store import SHIPPED
from seqzoo.execution.local import Local
from seqzoo.execution.tasks import Failure
from seqzoo.publishing.reexport import PRELOADED, reexport

if __name__ == "__main__":
    paths = [SHIPPED / name for name in sys.argv[1:]] or sorted(SHIPPED.iterdir())
    for path, changed in Local(1, preloaded=PRELOADED).run(reexport, paths):
        if isinstance(changed, Failure):
            sys.exit(changed.reason)
        print(f"{path.name}: {', '.join(changed) or 'as it was'}", flush=True)
