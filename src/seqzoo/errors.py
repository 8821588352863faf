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

from collections.abc import Iterable

_MOST_LISTED = 12  # names in a message


class SeqzooError(Exception):
    """Root of the hierarchy: catch it to catch everything seqzoo raises on purpose."""


class InputError(SeqzooError, ValueError):
    """Numbers, shapes or settings given by the caller cannot be used."""


class UnknownNameError(SeqzooError, LookupError):
    """A name that is not in the list it was looked up in; says which names exist, or of many the nearest three.

    Args:
        kind: what was looked for, as "model" or "engine".
        given: the name as the caller wrote it.
        known: every name that would have been accepted.
        listed: a sentence on where all of them can be seen, for names that are too many for a message.

    Attributes:
        near: the three of `known` most like `given`, the nearest first.
    """

    def __init__(self, kind: str, given: str, known: Iterable[str], listed: str = "") -> None:
        import difflib

        self.kind, self.given, self.known = kind, given, sorted(known)
        start = given[:100].lower()  # the comparison takes quadratic time
        self.near = difflib.get_close_matches(start, self.known, n=3, cutoff=0.0)
        likely = difflib.get_close_matches(start, self.near, n=1)
        hint = f" Did you mean {likely[0]!r}?" if likely else ""
        if len(self.known) <= _MOST_LISTED:
            choices = f"Available: {', '.join(self.known) or 'none'}."
        else:
            others = ", ".join(name for name in self.near if name not in likely)
            choices = f"{'Also near' if likely else 'Nearest'}: {others}. {listed}".strip()
        shown = given if len(given) <= 80 else given[:77] + "..."
        super().__init__(f"unknown {kind} {shown!r}.{hint} {choices}")


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


def first_line(error: BaseException) -> str:
    """As "RuntimeError: what it says first", without a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}".rstrip(".:") if lines else type(error).__name__
