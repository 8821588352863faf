"""Every exception seqzoo raises on purpose.

    SeqzooError
    ├── InputError            (ValueError)   numbers, shapes or settings the caller gave
    ├── UnknownNameError      (LookupError)  no such model, engine, signal or architecture
    ├── MissingExtraError     (ImportError)  an optional dependency is not installed
    ├── MissingCoreError      (ImportError)  the compiled core is not part of this installation
    ├── BundleError                          a bundle cannot be used
    │   ├── ManifestError                    its manifest is missing, malformed or too new
    │   ├── IntegrityError                   bytes differ from what the manifest states
    │   └── UntrustedError                   it would have to execute code of unknown origin
    ├── HubError                             a hub of models cannot be reached, or refuses
    ├── CheckpointError                      a checkpoint cannot be read or resumed
    └── DivergedError                        the training loss became infinite or NaN

    OutsideTrainingWarning    (UserWarning)  windows lie outside the training data

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
    """An unknown name. The message lists the names that exist, or the nearest three if there are many.

    Args:
        kind: the kind of thing, for example "model" or "engine".
        given: the name that the caller gave.
        known: every name that exists.
        listed: a sentence on where all names are listed, in case they are too many for a message.

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
        cut = given if len(given) <= 80 else given[:77] + "..."
        super().__init__(f"unknown {kind} {cut!r}.{hint} {choices}")


class OutsideTrainingWarning(UserWarning):
    """A window lies outside the training data; the text says how far. Issued once for each loaded model."""


class MissingExtraError(SeqzooError, ImportError):
    """An optional dependency is not installed; the message says how to install it.

    Args:
        purpose: what the caller wanted to do, for example "training".
        extra: the extra of the seqzoo distribution that installs the dependency.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs the [{extra}] extra. Install it: pip install 'seqzoo[{extra}]'")


class MissingCoreError(SeqzooError, ImportError):
    """The native engine was chosen where there is no compiled core. `why` is a clause without a full stop."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the native engine needs the compiled core: {why}. Choose another engine, as onnx. "
            "`seqzoo doctor-install` says how to get the core."
        )


class BundleError(SeqzooError):
    """A bundle cannot be used."""


class ManifestError(BundleError):
    """The manifest is missing, malformed, or of a schema newer than this version reads."""


class IntegrityError(BundleError):
    """A file's bytes differ from those that the manifest states."""


class UntrustedError(BundleError):
    """Opening the file would execute code that neither this machine built nor the package shipped."""


class HubError(SeqzooError):
    """A hub of models cannot be reached, or refuses what it is asked."""


class CheckpointError(SeqzooError):
    """A checkpoint cannot be read, or belongs to another run."""


class DivergedError(SeqzooError):
    """The training loss became infinite or NaN."""


def first_line(error: BaseException) -> str:
    """The type and the first line of an error, for example "RuntimeError: shapes differ", without a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}".rstrip(".:") if lines else type(error).__name__
