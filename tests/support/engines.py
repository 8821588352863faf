"""The engines that this installation can run a recurrent model on: native only where it has the compiled core."""

from __future__ import annotations

from seqzoo.bundles import store
from seqzoo.runtime.engines import offered

ENGINES = offered(store.open_bundle(store.SHIPPED / "lstm.sine").manifest)
