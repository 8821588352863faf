"""Lists the shipped bundles by the SHA-256 of their manifests, which the runtime trusts.

Run by `make release`, and by hand after any bundle under src/seqzoo/shipped was written.
"""

from __future__ import annotations

from seqzoo.bundles.store import MANIFEST, REQUIRED, SHIPPED, open_bundle
from seqzoo.bundles.trust import SHIPPED_LIST


def listed() -> str:
    """A line for each shipped bundle: SHA-256 of its manifest, two spaces, its name.

    Raises:
        BundleError: a file of a bundle differs from its manifest.
    """
    bundles = [open_bundle(path) for path in sorted(SHIPPED.iterdir()) if (path / MANIFEST).is_file()]
    for bundle in bundles:
        for name in REQUIRED:
            bundle.read(name)
    return "".join(f"{bundle.manifest_sha256}  {bundle.path.name}\n" for bundle in bundles)


if __name__ == "__main__":
    SHIPPED_LIST.write_text(listed(), "utf-8")
