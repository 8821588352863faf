"""Every exception seqzoo raises on purpose.

    SeqzooError
    ├── InputError            (ValueError)   numbers, shapes or settings the caller gave
    ├── UnknownNameError      (LookupError)  no such model, engine, signal or architecture
    ├── MissingExtraError     (ImportError)  an optional dependency is not installed
    ├── BundleError                          a bundle cannot be used
    │   ├── ManifestError                    its manifest is missing, malformed or too new
    │   ├── IntegrityError                   bytes differ from what the manifest states
    │   └── UntrustedError                   it would have to execute code of unknown origin
    ├── CheckpointError                      a checkpoint cannot be read or resumed
    └── DivergedError                        training met a loss that is not finite

    OutsideTrainingWarning    (UserWarning)  windows that training saw nothing like

A message says what was given, what was expected and what to do. The command line prints it
as one line and exits with status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SeqzooError(Exception):
    """Root of the hierarchy: catch it to catch everything seqzoo raises on purpose."""


class InputError(SeqzooError, ValueError):
    """Numbers, shapes or settings given by the caller cannot be used."""


class UnknownNameError(SeqzooError, LookupError):
    """A name that is not in the list it was looked up in; says which names exist.

    Args:
        kind: what was looked for, as "model" or "engine".
        given: the name as the caller wrote it.
        known: every name that would have been accepted.
    """

    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        self.kind, self.given, self.known = kind, given, sorted(known)
        near = difflib.get_close_matches(given, self.known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        choices = ", ".join(self.known) if self.known else "none"
        shown = given if len(given) <= 80 else given[:77] + "..."
        super().__init__(f"unknown {kind} {shown!r}.{hint} Available: {choices}.")


class OutsideTrainingWarning(UserWarning):
    """A window lies outside what training saw; says how far. Once for each model that `load` returned."""


class MissingExtraError(SeqzooError, ImportError):
    """An optional dependency is needed; says what installs it.

    Args:
        purpose: what the caller wanted to do, as "training".
        extra: the extra of the seqzoo distribution that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the [{extra}] extra. Install it: pip install 'seqzoo[{extra}]'")


class BundleError(SeqzooError):
    """A bundle cannot be used."""


class ManifestError(BundleError):
    """The manifest is missing, malformed, or of a schema this version does not know."""


class IntegrityError(BundleError):
    """A file's bytes are not what the manifest states."""


class UntrustedError(BundleError):
    """Opening the file would execute code that neither this machine built nor the package shipped."""


class CheckpointError(SeqzooError):
    """A checkpoint cannot be read, or belongs to another run."""


class DivergedError(SeqzooError):
    """Training met a loss that is not finite."""
