"""Lists the bundles that the package ships by the SHA-256 of their manifests: what the runtime trusts.

Run by `make release`, and by hand after any bundle under src/seqzoo/shipped was written.
"""

from __future__ import annotations

from seqzoo.bundles.store import MANIFEST, REQUIRED, SHIPPED, open_bundle
from seqzoo.bundles.trust import SHIPPED_LIST


def listed() -> str:
    """A line for each bundle that lies in the package: SHA-256 of its manifest, two spaces, its name.

    Raises:
        BundleError: one of them is not what its manifest states.
    """
    bundles = [open_bundle(path) for path in sorted(SHIPPED.iterdir()) if (path / MANIFEST).is_file()]
    for found in bundles:
        for name in REQUIRED:
            found.read(name)
    return "".join(f"{found.manifest_sha256}  {found.path.name}\n" for found in bundles)


if __name__ == "__main__":
    SHIPPED_LIST.write_text(listed(), "utf-8")
