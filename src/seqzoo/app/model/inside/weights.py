"""The addresses from which the browser fetches the weights of networks."""

from __future__ import annotations

from urllib.parse import quote

from ....bundles.store import WEIGHTS, Bundle


def of_bundle(name: str, bundle: Bundle) -> str:
    """The address of this bundle's weights. Its hash rules out a bundle that takes over the name meanwhile."""
    return f"/api/models/{quote(name)}/files/{WEIGHTS}?sha256={bundle.manifest.files[WEIGHTS].sha256}"


def untrained(name: str) -> str:
    """The address of the weights that a model's training begins with."""
    return f"/api/models/{quote(name)}/untrained.safetensors"


def of_run(run: str) -> str:
    """What the addresses of the frames of a run's film begin with; the step and ".safetensors" follow."""
    return f"/api/runs/{quote(run)}/film/"
