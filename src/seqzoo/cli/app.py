"""The Typer application and the options that commands share."""

from __future__ import annotations

import functools
import glob
import inspect
import json
import re
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..data.numerals import number, shown
from ..errors import InputError

_SERIES_OPTIONS = ("--file", "-f", "--csv", "--data", "--series", "--input")  # that users try for their own numbers
_READS_FILES = ("predict", "forecast", "backtest")
_TABLES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl")
LARGEST = 2**63 - 1  # of a whole number: arrays and files hold no larger one
_EXTRA = re.compile(r"unexpected extra arguments?(?:\(s\))? \((.+)\)")  # in Click's message

if TYPE_CHECKING:
    from ..forecasters.familiarity import Outside


class _Commands(TyperGroup):
    @functools.cached_property
    def _prepared(self) -> set[Any]:
        """The commands that `get_command` has changed: one process may run a command several times."""
        return set()

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and turn Ctrl-C into `typer.Abort`; Typer itself would exit without a message."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None
        except Exception as error:
            _check_extra(ctx.invoked_subcommand, str(error))
            # Typer's NoSuchOption; which module it lives in differs between versions.
            option = getattr(error, "option_name", None) if type(error).__name__ == "NoSuchOption" else None
            if option not in _SERIES_OPTIONS:
                raise
            raise InputError(_own_series(ctx.invoked_subcommand, option)) from None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, which then reads numbers in ASCII digits only, and text, paths and flags without pydantic."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and command not in self._prepared:
            self._prepared.add(command)
            _spare_pydantic(command, ctx)
            for parameter in command.params:
                parameter.process_value = partial(_plain, parameter, parameter.process_value)  # type: ignore[method-assign]
        return command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The rest of the arguments, after the options before a command, read without pydantic."""
        _spare_pydantic(self, ctx)
        return super().parse_args(ctx, args)


def _plain(parameter: Any, process: Callable[[Any, Any], Any], ctx: Any, given: Any) -> Any:
    """The value that `process` reads. An empty text is refused, as is 1_0, which Python takes for ten."""
    words = given if isinstance(given, list | tuple) else [given]
    is_empty = any(isinstance(word, str) and not word.strip() for word in words)  # often an unset shell variable
    if is_empty and parameter.name != "numbers":  # which are counted where one is missing
        raise typer.BadParameter(f"it is empty: give a value{'' if parameter.required else ', or leave it out'}")
    value = _processed(process, ctx, given)
    several = isinstance(given, list | tuple) and isinstance(value, list | tuple) and len(given) == len(value)
    for word, read in zip(given, value, strict=True) if several else [(given, value)]:
        is_number = isinstance(read, int | float) and not isinstance(read, bool)
        if is_number and isinstance(word, str) and number(word) is None:
            raise typer.BadParameter(f"{shown(word)} is not a number in the digits 0 to 9")
        if isinstance(read, int) and abs(read) > LARGEST:
            raise typer.BadParameter(f"{shown(str(read))} is too large: at most {LARGEST}")
    return value


def _processed(process: Callable[[Any, Any], Any], ctx: Any, given: Any) -> Any:
    """The value that `process` reads; a refusal in the words of pydantic also says what was given."""
    try:
        return process(ctx, given)
    except typer.BadParameter as error:
        if error.message.startswith("Input should be"):
            kind = error.message.removeprefix("Input should be ").partition(",")[0]
            words = " ".join(given) if isinstance(given, list | tuple) else given
            error.message = f"it should be {kind}, got {shown(words)}"
        raise


def _check_extra(command: str | None, message: str) -> None:
    """Raises InputError if Click refuses an argument too many that names measurements, which take an option."""
    extra = _EXTRA.search(message)
    if extra is None or command not in (*_READS_FILES, "verify", "train") or _measurements(extra[1]) is None:
        return
    typed = shlex.quote(extra[1])
    raise InputError(f"{shown(extra[1])} stands where no argument belongs: give it with --series {typed}.")


def _own_series(command: str | None, option: str) -> str:
    """The error message for an option of a series that the command does not have."""
    if command in _READS_FILES:
        return f"there is no option {option}: `seqzoo {command}` reads a series with --file."
    if command == "train":
        return f"there is no option {option}: `seqzoo train gru --series FILE` trains on your own series."
    return (
        f"there is no option {option}: `seqzoo {command}` cannot use your own series. "
        "`seqzoo train` reads one with --series, `seqzoo forecast` and `seqzoo backtest` with --file."
    )


class _AsTyped:
    """Converts the text of a parameter by calling `kind`; replaces Typer's `RuntimeParam`."""

    def __init__(self, kind: type[str] | type[Path]) -> None:
        self.kind = kind

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if param.multiple or param.nargs == -1:
            return tuple(self.kind(one) for one in value or ())
        return None if value is None else self.kind(value)


_AS_TYPED = {str: _AsTyped(str), list[str]: _AsTyped(str), Path: _AsTyped(Path), list[Path]: _AsTyped(Path)}


def _spare_pydantic(command: Any, ctx: Any) -> None:
    """Convert the text and path parameters of a command without pydantic.

    Since 0.29, Typer converts every value with pydantic, whose import takes as long as that of NumPy. Text, paths and
    flags that are off need no validation. Numbers, and all parameters in other versions of Typer, are left unchanged.
    """
    for param in command.params:
        kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if getattr(param, "_runtime_param", 0) is None and kind in _AS_TYPED:
            param._runtime_param = _AS_TYPED[kind]
    asks_for_help = command.get_help_option(ctx)
    if asks_for_help is not None and asks_for_help.default is None:
        asks_for_help.default = False


app = typer.Typer(
    name="seqzoo",
    cls=_Commands,
    help="A zoo of small sequence models, each compared with the best possible forecaster.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def check_models(context: typer.Context, given: Any) -> Any:
    """The argument of a model, or of several. Raises InputError for measurements in place of one."""
    for name in [given] if isinstance(given, str) else given or ():
        if (what := _measurements(name)) is not None and not _is_meant(name):
            both = _both(context.info_name, shlex.quote(name))
            raise InputError(f"{shown(name)} is {what}, not a model. {both}. `seqzoo list` shows the models.")
    return given


def is_model(name: str) -> bool:
    """Whether a text is the name of a bundle or of a reference."""
    from ..bundles import shelf
    from ..forecasters.table import reference_of

    return reference_of(name) is not None or name in shelf.available()


def _is_meant(name: str) -> bool:
    """Whether a name in place of a model means one, whatever a file or folder here is called."""
    from ..zoo import _registry

    if "/" in name or "\\" in name or Path(name).suffix in _TABLES:
        return False
    return is_model(name) or _registry.has(name.partition(".")[0])


def _both(command: str | None, typed: str) -> str:
    """What to type to give a command a model and measurements, the latter quoted already."""
    if command in (*_READS_FILES, "verify"):
        return f"Give a model too: seqzoo {command} MODEL --series {typed}. Without one: seqzoo doctor {typed}"
    return f"To train one on it: seqzoo train gru --series {typed}"


def _measurements(given: str) -> str | None:
    """What a text names in place of a model: a series of the collection, a file, a pattern, a folder of tables."""
    if given.startswith("series:"):
        return "a series of the collection"
    from ..bundles.store import MANIFEST

    try:
        path = Path(given)
        if path.is_file():
            return None if (path.parent / MANIFEST).exists() else "a file"
        if path.is_dir():
            suffixes = {each.suffix for each in path.iterdir()}
            return None if (path / MANIFEST).exists() or suffixes.isdisjoint(_TABLES) else "a folder of tables"
        return "a pattern of files" if glob.has_magic(given) and not path.exists() else None
    except (OSError, ValueError):
        return None


Model = Annotated[
    str, typer.Argument(help="A name that `seqzoo list` shows, or the folder of a bundle.", callback=check_models)
]
EngineOption = Annotated[
    str,
    typer.Option("--engine", help="native, onnx, torchscript or numpy; light is native where it can be, else onnx."),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the fresh windows; random if not given.")]
Numbers = Annotated[
    list[str] | None, typer.Argument(help="The last values, oldest first; `-` reads standard input.")
]
File = Annotated[
    Path | None,
    typer.Option("--file", "-f", "--series", help="Numbers, CSV, Parquet or JSON lines; `-` is standard input."),
]
_TOLD = "How a file is read, where it is not clear"
_FILE_OPTIONS: dict[str, Any] = {
    name: Annotated[kind, typer.Option(f"--{name}", help=text, rich_help_panel=_TOLD)]
    for name, kind, text in (
        ("time", str | None, "The column of times; `none` for a table without."),
        ("value", str | None, "The column of values."),
        ("id", str | None, "The column that names the series of each row."),
        ("only", str | None, "The one series to read of several, by its name."),
        ("frequency", str | None, "The steps, as pandas writes them: 15min, h, D, B, W-SUN, MS, ME."),
        ("gaps", str | None, "Fill gaps: interpolate or last; or refuse. Else windows that hold one are left out."),
        ("decimal", str | None, "The decimal mark: `.` or `,`."),
        ("dates", str | None, "day-first, month-first or year-first."),
        ("zone", str | None, "The time zone of the clock, as Europe/Berlin."),
        ("missing", list[str] | None, "A word that stands for a missing value. Repeatable."),
        ("keep", list[str] | None, "A number such as -999 that is a value. Repeatable."),
    )
}


class FileOptions:
    """What the options of a command say of how its file is read: `gaps`, and the fields of `Choices`."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.gaps: str | None = given.pop("gaps")
        self.stated = {name: tuple(value) if isinstance(value, list) else value
                       for name, value in given.items() if value not in (None, [], ())}  # fmt: skip


def reads_a_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the options of how a file is read, which reach it as one argument `how`."""
    signature = inspect.signature(command, eval_str=True)
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "how"]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    added = [inspect.Parameter(name, kind, default=None, annotation=told) for name, told in _FILE_OPTIONS.items()]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(**{each.name: given.pop(each.name) for each in own}, how=FileOptions(given))

    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in [*own, *added]}
    return run


NEGATIVE_NUMBERS = {"ignore_unknown_options": True}  # -0.5 is a number, not an option
ModelFiles = Annotated[
    list[Path] | None,
    typer.Option("--models", help="A Python file that registers your own model. Repeatable."),
]
Plot = Annotated[Path | None, typer.Option("--plot", help="Write a picture: .png or .svg.")]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from .. import __version__

        typer.echo(f"seqzoo {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def load_models(files: list[Path] | None) -> None:
    """Run the model files of the user, which register models.

    Raises:
        InputError: a file cannot be run.
    """
    from ..zoo import _registry

    for file in files or []:
        _registry.load_file(file)


def emit(facts: Any) -> None:
    """Print `facts` as JSON on standard output; NaN and infinity become null."""
    import msgspec

    text = msgspec.json.encode(_encodable(msgspec.to_builtins(facts)))
    typer.echo(msgspec.json.format(text, indent=2).decode())


def check_out(out: Path | None, read: Path | None) -> None:
    """Check, before anything is computed, that a table can be written; nothing for None.

    Args:
        read: the file that the command reads.

    Raises:
        MissingExtraError: polars is not installed.
        InputError: the name ends in no known kind, it is the file that is read, or it cannot be written.
    """
    if out is None:
        return
    from .._extras import check_polars

    check_polars("--out")
    from .. import _storage
    from ..data.reading import writing

    writing.check_kind(out)
    _storage.check_file(out)
    if read is not None and out.exists() and read.exists() and out.samefile(read):
        raise InputError(f"--out {out} is the file that is read: give another name.")


def say_outside(outside: Outside | None) -> None:
    """Print on standard error which values lie outside the training range; nothing for None."""
    if outside is not None:
        typer.echo(outside.note, err=True)


def _encodable(facts: Any) -> Any:
    """The same facts, in which file names that are not Unicode have backslash escapes."""
    if isinstance(facts, str):
        return facts.encode("utf-8", "backslashreplace").decode()
    if isinstance(facts, list | tuple):
        return [_encodable(item) for item in facts]
    return {_encodable(key): _encodable(item) for key, item in facts.items()} if isinstance(facts, dict) else facts


def settings(pairs: list[str]) -> dict[str, Any]:
    """The settings in `key=value` pairs. A value is a JSON number, true, false or null, and otherwise text.

    Raises:
        InputError: a pair without "=", or a key given twice.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key or key in values:
            raise InputError(f"expected key=value with each key once, got {pair!r}.")
        try:
            values[key] = json.loads(value)
        except (ValueError, RecursionError):
            values[key] = value
    return values
