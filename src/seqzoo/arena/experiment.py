"""The protocol of an experiment, which the command line, the pages and the report use.

An experiment is a class in a module or package of `experiments`, and one line in the list `EXPERIMENTS`. Its module
is imported whenever `seqzoo` starts, so it imports large libraries only inside functions.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, TypeVar, get_args, get_origin, get_type_hints

from .._extras import require
from .committed import HERE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .report.findings import Finding


class Option(NamedTuple):
    """Marks a field of an experiment's settings as an option of its command, with the field's name."""

    help: str


class Argument(NamedTuple):
    """Marks a field of an experiment's settings as the positional arguments of its command."""

    help: str


class Setting(NamedTuple):
    """A field of settings: name, type, mark for the command line, and default or dataclasses.MISSING."""

    name: str
    kind: Any
    mark: Option | Argument
    default: Any


class CommittedResults(NamedTuple):
    """Results that the package ships with an experiment.

    Args:
        name: the folder's name, below `home`.
        heading: the heading of the section in docs/arena.md.
        options: the options of the command that measured them.
        label: the name on pages, if an experiment has several results.
        home: the folder that holds the folder.
    """

    name: str
    heading: str
    options: str
    label: str = ""
    home: Path = HERE

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.home / self.name


class Demonstration(NamedTuple):
    """A small version of an experiment, of a minute or two: it has `total` measurements, and `about` describes it."""

    settings: Any
    total: int
    about: str


class ReportTable(NamedTuple):
    """A table for a terminal, with the failed rows and with lines below it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    failures: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()


class WrittenReport(NamedTuple):
    """A report that was written: `text` or `tables` for people, `facts` for JSON, and `files`, a line that names the
    files."""

    facts: Any
    files: str
    text: str = ""
    tables: Sequence[ReportTable] = ()


CaseT = TypeVar("CaseT")
CaseT_contra = TypeVar("CaseT_contra", contravariant=True)
MeasurementT = TypeVar("MeasurementT")
MeasurementT_contra = TypeVar("MeasurementT_contra", contravariant=True)


class ExperimentResults(Protocol[CaseT_contra, MeasurementT_contra]):
    """The measurements of an experiment so far: a msgspec.Struct in one JSON file, saved after every measurement."""

    @property
    def measured(self) -> int:
        """The number of measurements."""

    def holds(self, case: CaseT_contra) -> bool:
        """Whether the results hold a valid measurement of the case."""

    def enter(self, case: CaseT_contra, measurement: MeasurementT_contra) -> None:
        """Add a measurement; it replaces an older one of the same case."""

    def fail(self, case: CaseT_contra, reason: str) -> None:
        """Record that a case could not be measured.

        Raises:
            SeqzooError: the experiment ends at the first failure.
        """


ResultsT = TypeVar("ResultsT", bound=ExperimentResults[Any, Any])


class Experiment(Protocol[CaseT, MeasurementT, ResultsT]):
    """An experiment: cases, each measured in a process; results in a file; and a finding.

    Attributes:
        key: the name in addresses, and of the folder of its results if there is one.
        command: the command of `seqzoo`.
        title: the title on pages.
        help: the help of the command, in Markdown.
        notice: a sentence on what to notice in the finding; pages explain a word in braces.
        file: the name of the results' file.
        settings: a frozen dataclass; `Annotated[TYPE, Option(HELP)]` makes a field an option of the command.
        figure_shows: a description of the figure in a few words.
        committed: results that the package ships.
        counted: the word for its measurements.
        parts: the word for the parts of its finding.
        out: the default folder of results; None stands for a folder of the command and the signal in the home folder.
        is_long: whether the command reports each measurement, and continues where it was stopped.
        reports_unfinished: whether the command reports before all cases are measured.
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
        """The cases to measure; each can be pickled.

        Raises:
            SeqzooError: the settings are invalid.
        """

    @abstractmethod
    def measure(self, case: CaseT) -> MeasurementT:
        """The measurement of one case, which can be pickled. Runs in a worker process.

        Raises:
            SeqzooError: the case cannot be measured.
        """

    @abstractmethod
    def begin(self, folder: Path, settings: Any) -> ResultsT:
        """The results to which measurements of these settings are added: those in the folder, or new ones.

        Raises:
            InputError: the folder holds results of other settings, or results that cannot be read.
        """

    @abstractmethod
    def read(self, folder: Path) -> ResultsT:
        """The results in a folder.

        Raises:
            InputError: the file is missing or cannot be read.
            IntegrityError: the file is a link, not a regular file, or too large.
        """

    @abstractmethod
    def summarise(self, results: ResultsT, part: str, chosen: Collection[str]) -> Finding:
        """The finding from the results, also while some are missing.

        Args:
            results: the results.
            part: the part to show; the first one if this does not exist.
            chosen: the models to show; all if none of these exists.
        """

    @abstractmethod
    def figure(self, results: ResultsT) -> Figure:
        """The results as a picture.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """

    @abstractmethod
    def markdown(self, results: ResultsT, *, level: int = 2) -> str:
        """The results as Markdown, with headings from `level` on."""

    @abstractmethod
    def demonstrate(self, signal: str, part: str, models: Sequence[str]) -> Demonstration:
        """A small version of the experiment; without `models`, it chooses the models."""

    def check_installed(self, *, measuring: bool) -> None:
        """Raises MissingExtraError unless the packages for measuring, or only for reporting, are installed."""
        require(["matplotlib"], "plotting", "plot")

    def save(self, results: ResultsT, folder: Path) -> None:
        """Write the results into a folder, atomically.

        Raises:
            OSError: the folder cannot be written to.
        """
        from . import result_files

        result_files.write(folder / self.file, results)

    def finish(self, results: ResultsT, settings: Any, say: Callable[[str], None]) -> bool:
        """Whether the results changed, after measuring in this process what needs all cases."""
        return False

    def label(self, case: CaseT) -> str:
        """The case in a few words."""
        return str(case)

    def tell(self, measurement: MeasurementT) -> str:
        """The measurement in a few words."""
        return "measured"

    def report(self, results: ResultsT, folder: Path, *, finished: bool) -> WrittenReport:
        """The report, after writing its picture and text into a folder.

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
    """The fields of an experiment's settings that its command takes."""
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
