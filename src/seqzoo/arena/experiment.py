"""What an experiment is: the one protocol that the command line, the pages and the report go by.

An experiment is a class in a module, or a package, of `experiments`, and a line in its list `EXPERIMENTS`. Its module
imports nothing heavy outside functions: it is read whenever `seqzoo` starts.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, TypeVar, get_args, get_origin, get_type_hints

from .committed import HERE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .report.findings import Finding


class Option(NamedTuple):
    """Marks a field of an experiment's settings that the command takes as an option of that name."""

    help: str


class Argument(NamedTuple):
    """The same for a list of words without a name."""

    help: str


class Setting(NamedTuple):
    """A field of settings: its name, its type, what it is on the command line, its default or dataclasses.MISSING."""

    name: str
    kind: Any
    mark: Option | Argument
    default: Any


class CommittedResults(NamedTuple):
    """Results that come with an experiment.

    Args:
        name: of the folder, below `home`.
        heading: of the section in docs/arena.md.
        options: those of the command that made them.
        label: for people, where an experiment has several.
    """

    name: str
    heading: str
    options: str
    label: str = ""
    home: Path = HERE

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.home / self.name


class Demonstration(NamedTuple):
    """An experiment made small enough to watch, a minute or two: `total` measurements, `about` says what is small."""

    settings: Any
    total: int
    about: str


class ReportTable(NamedTuple):
    """A table for a terminal, with what failed and with lines below it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    failures: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()


class WrittenReport(NamedTuple):
    """What was written of some results: `text` or `tables` for people, `facts` for machines; `files`, last line."""

    facts: Any
    files: str
    text: str = ""
    tables: Sequence[ReportTable] = ()


CaseT = TypeVar("CaseT")
CaseT_contra = TypeVar("CaseT_contra", contravariant=True)
MeasurementT = TypeVar("MeasurementT")
MeasurementT_contra = TypeVar("MeasurementT_contra", contravariant=True)


class ExperimentResults(Protocol[CaseT_contra, MeasurementT_contra]):
    """What an experiment has measured so far, a msgspec.Struct: one JSON file, whole after every measurement."""

    @property
    def measured(self) -> int:
        """How many measurements there are."""

    def holds(self, case: CaseT_contra) -> bool:
        """Whether a case is measured already and need not be again."""

    def enter(self, case: CaseT_contra, measurement: MeasurementT_contra) -> None:
        """Add a measurement, in place of an older one of the same case."""

    def fail(self, case: CaseT_contra, reason: str) -> None:
        """Enter that a case could not be measured.

        Raises:
            SeqzooError: where the experiment ends with the first of these.
        """


ResultsT = TypeVar("ResultsT", bound=ExperimentResults[Any, Any])


class Experiment(Protocol[CaseT, MeasurementT, ResultsT]):
    """A question put to models: cases, each measured in a process; results in a file; what they come to.

    Attributes:
        key: names it in addresses, and the folder of its results where there is one.
        command: of `seqzoo`.
        title: for people.
        help: of the command, in Markdown.
        notice: what to notice in the finding; a word in braces is explained where it is shown.
        file: of the results.
        settings: a frozen dataclass; `Annotated[TYPE, Option(HELP)]` makes a field an option of the command.
        figure_shows: in a few words.
        committed: results that come with it.
        counted: what the measurements are called.
        parts: what the parts of a finding are called.
        out: where results go unless another folder is given; None is a folder of the command and the signal at home.
        is_long: whether each measurement is told of, and the same command goes on where it was stopped.
        reports_unfinished: whether results are worth a report before all cases are measured.
    """

    key: str
    command: str
    title: str
    help: str
    notice: str
    file: str
    settings: type[Any]
    figure_shows: str
    committed: Sequence[CommittedResults] = ()
    counted: str = "measurements"
    parts: str = "Part"
    out: Path | None = Path("out")
    is_long: bool = True
    reports_unfinished: bool = False

    @abstractmethod
    def cases(self, settings: Any) -> Sequence[CaseT]:
        """What is to be measured; a case can be pickled.

        Raises:
            SeqzooError: settings that cannot be.
        """

    @abstractmethod
    def measure(self, case: CaseT) -> MeasurementT:
        """Measure one case; runs in a process. What it comes to can be pickled.

        Raises:
            SeqzooError: it cannot be measured.
        """

    @abstractmethod
    def begin(self, folder: Path, settings: Any) -> ResultsT:
        """The results that cases of these settings are entered into: those of the folder, or new ones.

        Raises:
            InputError: the folder holds results that these do not go with, or that cannot be read.
        """

    @abstractmethod
    def read(self, folder: Path) -> ResultsT:
        """The results of a folder.

        Raises:
            InputError: there are none, or they cannot be read.
            IntegrityError: the file is a link, no regular file, or huge.
        """

    @abstractmethod
    def summarise(self, results: ResultsT, part: str, chosen: Collection[str]) -> Finding:
        """What the results come to, also while they are in the making.

        Args:
            part: which of several; the first where there is no such part.
            chosen: models; all where none of these is there.
        """

    @abstractmethod
    def figure(self, results: ResultsT) -> Figure:
        """The results as a picture.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """

    @abstractmethod
    def markdown(self, results: ResultsT, *, level: int = 2) -> str:
        """The results as text, headings from this level on."""

    @abstractmethod
    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        """A small version of it; without models, of those that it chooses."""

    def check_installed(self, *, measuring: bool) -> None:
        """Raises MissingExtraError unless what is needed to measure, or only to report, is installed."""
        require(["matplotlib"], "plotting", "plot")

    def save(self, results: ResultsT, folder: Path) -> None:
        """Write the results, whole or not at all.

        Raises:
            OSError: the folder cannot be written to.
        """
        from . import result_files

        result_files.write(folder / self.file, results)

    def finish(self, results: ResultsT, settings: Any, say: Callable[[str], None]) -> bool:
        """What is measured in this process when all cases are; returns whether that changed the results."""
        return False

    def label(self, case: CaseT) -> str:
        """A case in a few words."""
        return str(case)

    def tell(self, measurement: MeasurementT) -> str:
        """A measurement in a few words."""
        return "measured"

    def report(self, results: ResultsT, folder: Path, *, finished: bool) -> WrittenReport:
        """Write picture and text into a folder.

        Raises:
            OSError: the folder cannot be written to.
            MissingExtraError: matplotlib is not installed.
        """
        from .. import _storage
        from ..evaluation import plots

        picture, text = folder / f"{self.key}.svg", self.markdown(results)
        plots.save(self.figure(results), picture)
        _storage.write_file(picture.with_suffix(".md"), text.encode())
        return WrittenReport(results, f"Picture: {picture}", text)


AnyExperiment = Experiment[Any, Any, Any]


def settings_of(experiment: AnyExperiment) -> Iterator[Setting]:
    """The fields of its settings."""
    kinds = get_type_hints(experiment.settings, include_extras=True)
    for field in dataclasses.fields(experiment.settings):
        if get_origin(kinds[field.name]) is Annotated:
            kind, mark, *_ = get_args(kinds[field.name])
            factory = field.default_factory
            yield Setting(field.name, kind, mark, field.default if factory is dataclasses.MISSING else factory())


def command_line(experiment: AnyExperiment, settings: Any) -> list[str]:
    """The words after `seqzoo` that run an experiment with these settings."""
    words, arguments = [experiment.command], list[str]()
    for setting in settings_of(experiment):
        given, flag = getattr(settings, setting.name), f"--{setting.name.replace('_', '-')}"
        if isinstance(setting.mark, Argument):
            arguments += map(str, given or ())
        elif isinstance(given, bool):
            words += [flag] * given
        elif isinstance(given, list | tuple):
            words += [word for one in given for word in (flag, str(one))]
        elif given is not None:
            words += [flag, str(given)]
    return [*words[:1], *arguments, *words[1:]]


def require(modules: Sequence[str], purpose: str, extra: str) -> None:
    """Raises MissingExtraError, which names the extra, unless all these can be imported; imports none."""
    import importlib.util

    from ..errors import MissingExtraError

    if not all(importlib.util.find_spec(name) for name in modules):
        raise MissingExtraError(purpose, extra)
