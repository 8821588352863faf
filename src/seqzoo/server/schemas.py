"""The request bodies of the control API, and the form of its errors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from ..data.numerals import number
from .answers import UNION

MOST_VALUES = 100_000
MOST_STEPS = 1000
MOST_CHANNELS = 16


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorBody(_Strict):
    """The body of every error."""

    error: str


def _in_digits(given: Any) -> Any:
    """The value unchanged; pydantic itself would accept 1_0 in an address.

    Raises:
        ValueError: the text is not a number in ASCII digits.
    """
    if isinstance(given, str) and number(given) is None:
        raise ValueError("it must be a number in the digits 0 to 9")
    return given


# Behind limits in an annotation: what stands before them keeps them out of the OpenAPI description.
InDigits = BeforeValidator(_in_digits)
Values = Annotated[list[float], Field(min_length=1, max_length=MOST_VALUES, description="Oldest value first.")]


Row = Annotated[list[float], Field(min_length=1, max_length=MOST_CHANNELS)]
Rows = Annotated[list[Row], Field(min_length=1, max_length=MOST_VALUES, description="Oldest step first, [T, D].")]


def _is_wide(given: Any) -> str:
    """The tag of a list of steps, by its first one: only one kind is then validated."""
    first = given[0] if isinstance(given, list) and given else None
    return f"{UNION}rows" if isinstance(first, list) else f"{UNION}values"


def _is_row(given: Any) -> str:
    return f"{UNION}row" if isinstance(given, list) else f"{UNION}value"


Steps = Annotated[
    Annotated[Values, Tag(f"{UNION}values")] | Annotated[Rows, Tag(f"{UNION}rows")], Discriminator(_is_wide)
]
Step = Annotated[Annotated[float, Tag(f"{UNION}value")] | Annotated[Row, Tag(f"{UNION}row")], Discriminator(_is_row)]


class ForecastRequest(_Strict):
    """A series to forecast; the model reads its last L values, or rows of the channels that it reads at each step."""

    context: Steps
    known: Annotated[
        Rows | None, Field(description="Beyond a model's own horizon: the channels of the steps ahead, [H, D - 1].")
    ] = None
    horizon: Annotated[int, Field(ge=1, le=MOST_STEPS)] = 50
    level: Annotated[float | None, Field(gt=0, lt=1, description="Level of prediction intervals, as 0.9.")] = None


class TraceRequest(_Strict):
    """One window."""

    window: Steps


class ValueRequest(_Strict):
    """The next value of a stream, or the next row of the channels that the model reads at each step."""

    value: Step


class ValuesRequest(_Strict):
    """The next values of a stream."""

    values: Steps


class VerifyRequest(_Strict):
    """How to verify a bundle."""

    windows: Annotated[int, Field(ge=100, le=20_000)] = 2000


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": what}
    for status, what in {
        400: "The input cannot be used; the error gives the reason.",
        404: "No model, stream, file or signal has that name.",
        409: "The bundle cannot be used.",
        413: "The body is too large.",
        500: "The server failed; the error has the id of the traceback in the log.",
        503: "The server is busy; Retry-After says when to try again.",
    }.items()
}

Name = Annotated[str, Path(description="A model, as lstm.sine or bayes.sine.")]
