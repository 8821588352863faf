"""Where the windows of a training come from: a signal of known law, a measured series, or a set of them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from .._formats import counted
from ..data.finding import find
from ..data.gaps import Account, Gaps, account, cutoff_in_set, default_cutoff_of, gaps_of, marked
from ..data.scaling import Kind, Scaling
from ..data.series import LIMIT, NAME, Series, stored
from ..data.windows import HELD_OUT
from ..errors import InputError
from .families import FAMILIES, make
from .signal import Signal


class Simulated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="simulated"):
    """Windows drawn from a process of known law, whose best possible forecaster is therefore known.

    Args:
        family: a key of `signals.FAMILIES`.
        parameters: parameters of the family; those left out have the family's defaults.
    """

    family: str
    parameters: dict[str, float]

    @classmethod
    def of(cls, family: str, process: Signal) -> Simulated:
        """The source of a process, with every parameter stated."""
        return cls(family, dataclasses.asdict(process))

    @property
    def key(self) -> str:
        """What follows the dot in the name of a model."""
        return self.family

    @property
    def process(self) -> Signal:
        """The process.

        Raises:
            UnknownNameError: this installation does not have the family.
            InputError: a parameter does not exist, or its value lies outside its range.
        """
        return make(self.family, self.parameters)


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="observed"):
    """Windows cut from one measured series. Its law is unknown, so the best possible forecaster is unknown too.

    Args:
        name: the name of the series.
        sha256: the SHA-256 of its values, by which `data.series.stored` finds them.
        length: T, the number of its values.
        cutoff: index of the first value that no training sees; the values from there on score the model.
        season: steps of its season, for the rival that repeats the last one; 1 if it has none.
        gaps: where the series is divided: of each gap, the position of its first missing value and how many it lacks.
            Missing values count in `length` and in positions. Left out where nothing is missing.

    Raises:
        InputError: the name, the digest, the cutoff, the season or a gap is not valid.
    """

    name: str
    sha256: str
    length: int
    cutoff: int
    season: int = 1
    gaps: Gaps | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InputError(f"a series' name must match {NAME.pattern}, got {self.name[:80]!r}.")
        if self.name in FAMILIES:  # a model of the series would have the name of a model of the signal
            raise InputError(f"{self.name!r} is the name of a signal: give the series, or its file, another name.")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise InputError(f"the SHA-256 of a series has 64 hexadecimal digits, got {self.sha256[:80]!r}.")
        if not 0 < self.cutoff < self.length:
            raise InputError(f"the cutoff must lie inside the series of {self.length:,} values, got {self.cutoff:,}.")
        if not 1 <= self.season < self.length:
            raise InputError(f"a season must have 1 to {self.length - 1:,} steps here, got {self.season:,}.")
        if self.gaps is not msgspec.UNSET:
            self._check_gaps(self.gaps)

    def _check_gaps(self, gaps: Gaps) -> None:
        """Raises InputError unless the gaps lie between values and in order."""
        end = 0
        for begin, count in gaps:
            if not (0 < begin > end and count > 0 and begin + count < self.length):
                raise InputError(f"a gap must lie between two values of the series, after the one before it, got "
                                 f"{count:,} missing values from position {begin:,}.")  # fmt: skip
            end = begin + count
        if not gaps or self.length > LIMIT // 8:
            raise InputError(f"a series with gaps has at least one, and at most {LIMIT // 8:,} steps.")

    @classmethod
    def of(
        cls, series: Series, cutoff: int | None = None, season: int = 1, *, divided: bool = False
    ) -> Observed:
        """The source of a series; stores the series for later trainings.

        Args:
            cutoff: the index where the held-out part begins; by default the last fifth of the values is held out.
            divided: whether missing values between others divide the series; otherwise they are refused. What is
                missing before the first value and after the last one is always cut off.

        Raises:
            InputError: a value of the series is missing, or the series is too short to hold a fifth of it out.
        """
        series = series.trimmed() if divided else series
        if series.missing and not divided:
            raise InputError(
                f"the series {series.name!r} has {counted(series.missing, 'missing value')}, and training needs "
                "every value. Fill gaps with --gaps interpolate or --gaps last."
            )
        if cutoff is None and (count := len(series) - series.missing) < HELD_OUT:
            raise InputError(
                f"the series {series.name!r} has {counted(count, 'value')}, too few to hold a fifth of them out. "
                "Give a longer series."
            )
        series.store()
        at = default_cutoff_of(series.values) if cutoff is None else cutoff
        gaps = gaps_of(series.values) or msgspec.UNSET
        return cls(series.name, series.sha256, len(series), at, season, gaps)

    @property
    def key(self) -> str:
        """What follows the dot in the name of a model."""
        return self.name

    @property
    def process(self) -> None:
        """None: the law is unknown."""

    def series(self) -> Series:
        """The series.

        Raises:
            InputError: it is not on this machine.
        """
        return self.find() or stored(self.name, self.sha256)  # which is in memory, or raises

    def find(self) -> Series | None:
        """The series, stored or of the collection; None if this machine does not have it."""
        return find(self.name, self.sha256)

    @property
    def members(self) -> tuple[Observed, ...]:
        """This series, the only one; see `ObservedSet`."""
        return (self,)

    def presence(self, first: int = 0) -> NDArray[np.float64]:
        """[T - first]: from a position on, 0 where the series has a value, NaN where it has none."""
        return marked(first, self.length, () if self.gaps is msgspec.UNSET else self.gaps)

    @property
    def missing(self) -> int:
        """How many of its steps have no value."""
        return 0 if self.gaps is msgspec.UNSET else sum(count for _, count in self.gaps)

    def account(self, context_length: int, horizon: int) -> Account:
        """What becomes of its values in a training on them."""
        present = self.presence()
        inner = default_cutoff_of(present[: self.cutoff])
        return account(present, self.cutoff, inner, context_length, horizon)

    def values_before(self) -> int:
        """How many values lie before the cutoff."""
        return self.cutoff - int(np.isnan(self.presence()[: self.cutoff]).sum()) if self.missing else self.cutoff

    def account_in_set(self, context_length: int, horizon: int) -> Account:
        """The same where it is one of a set, whose last part that chooses the weights is `gaps.cutoff_in_set`."""
        present = self.presence()
        inner = cutoff_in_set(present[: self.cutoff], horizon)
        return account(present, self.cutoff, inner, context_length, horizon)

    def past(self) -> NDArray[np.float64]:
        """The values before the cutoff; NaN where one is missing.

        Raises:
            InputError: as `series`.
        """
        return self.series().values[: self.cutoff]

    def held_out(self, context_length: int) -> NDArray[np.float64]:
        """The values from the cutoff on, after the `context_length` values before it; NaN where one is missing.

        Raises:
            InputError: as `series`.
        """
        return self.series().values[self.cutoff - context_length :]

    def scaling(self, kind: Kind = "series") -> Scaling:
        """The scaling of a kind, fitted to the values before the cutoff.

        Raises:
            InputError: as `series`.
        """
        return Scaling.fit(self.past(), kind, self.season if kind == "season" else 1)


MOST_MEMBERS = 2000  # the manifest states the split and the score of each


class ObservedSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="observed_set"):
    """Windows cut from several measured series, for one model of all of them.

    Args:
        name: the name of the set.
        sha256: the SHA-256 of the set, see `digest_of`.
        labels: the name of each series in its file.
        members: the series, each with a cutoff of its own and a name that no other has.
        left_out: series of the file that are not in the set, by label, each with the reason.

    Raises:
        InputError: the name is not valid, the members are too few or too many, their names, labels or seasons do not
            fit, or the digest is not theirs.
    """

    name: str
    sha256: str
    labels: tuple[str, ...]
    members: tuple[Observed, ...]
    left_out: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or self.name in FAMILIES:
            raise InputError(
                f"a set's name must match {NAME.pattern} and not be that of a signal, got {self.name[:80]!r}."
            )
        if not 2 <= len(self.members) <= MOST_MEMBERS:
            raise InputError(f"a set has 2 to {MOST_MEMBERS:,} series, got {len(self.members):,}.")
        if len(self.labels) != len(self.members) or len({each.name for each in self.members}) < len(self.members):
            raise InputError("each series of a set needs one label and a name that no other has.")
        if len({each.season for each in self.members}) > 1:
            raise InputError("the series of a set have one season.")
        if self.sha256 != digest_of(self.labels, self.members):
            raise InputError(f"the SHA-256 {self.sha256[:12]!r} of the set is not that of its series.")

    @classmethod
    def of(
        cls, name: str, labels: Sequence[str], members: Sequence[Observed], left_out: dict[str, str] | None = None
    ) -> ObservedSet:
        """The set of series that `Observed.of` stored.

        Raises:
            InputError: as the class.
        """
        digest = digest_of(labels, members)
        return cls(name, digest, tuple(labels), tuple(members), left_out or {})

    @property
    def key(self) -> str:
        """What follows the dot in the name of a model."""
        return self.name

    @property
    def process(self) -> None:
        """None: the law is unknown."""

    @property
    def season(self) -> int:
        """The season of every member."""
        return self.members[0].season

    @property
    def length(self) -> int:
        """The number of steps of all members, missing values included."""
        return sum(member.length for member in self.members)

    @property
    def values(self) -> int:
        """The number of values of all members."""
        return self.length - sum(member.missing for member in self.members)

    def scaling(self, kind: Kind = "series") -> Scaling:
        """The mean of the values before the cutoffs, and the least deviation of one member's.

        The network reads each window in units of its own, so that the scale only bounds those of constant windows.

        Raises:
            InputError: a series is not on this machine.
        """
        pasts = [member.past() for member in self.members]
        least = min(Scaling.fit(past).scale for past in pasts)
        every = np.concatenate(pasts)
        return Scaling(float(every[~np.isnan(every)].mean()), least, kind, self.season if kind == "season" else 1)


def digest_of(labels: Sequence[str], members: Sequence[Observed]) -> str:
    """The SHA-256 of a set: of its labels and the SHA-256 of its series, in order, as JSON."""
    pairs = [[label, member.sha256] for label, member in zip(labels, members, strict=False)]
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()


Source = Simulated | Observed | ObservedSet
