"""The body of an inference request and of its answer, in the Open Inference Protocol (V2) over REST.

With the binary tensor extension, a body is a JSON header followed by the tensors as raw little-endian numbers.
Tensors are FP32, or FP64 for a model with a scaling, since near 1.7e9 neighbouring numbers of FP32 are 128 apart.
The HTTP header `Inference-Header-Content-Length` states the length of the JSON header. This module checks every
request before an engine computes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from .._arrays import FloatArray
from ..data.windows import channels_message, single
from ..errors import InputError
from ..forecasters.protocol import Forecaster, has_bundle

INPUT, OUTPUT, VERSION = "context", "forecast", "1"
MAX_ROWS = 100_000
# Parameters that do not change an answer: its urgency, and how a client stores arrays.
HINTS = frozenset(("priority", "timeout", "headers"))
_LENGTH = re.compile(r"[0-9]{1,10}", re.ASCII)


class Infer(NamedTuple):
    """A valid request: its context [B, L, D], finite in float32, its id, and whether the answer is binary."""

    context: FloatArray
    id: str | None
    binary: bool


class Datatype(NamedTuple):
    """The type of a model's tensors: its name in the protocol, and that of its little-endian bytes in NumPy."""

    name: str
    raw: str


FP32, FP64 = Datatype("FP32", "<f4"), Datatype("FP64", "<f8")


def datatype_of(model: Forecaster) -> Datatype:
    """FP64 for a model with a scaling, otherwise FP32. Raises ManifestError."""
    return FP64 if has_bundle(model) and not model.manifest.contract.scaling.is_identity else FP32


def metadata(name: str, model: Forecaster) -> dict[str, Any]:
    """The answer to `GET /v2/models/{name}`."""
    datatype = datatype_of(model).name
    return {
        "name": name,
        "versions": [VERSION],
        "platform": f"seqzoo_{model.engine}",
        "inputs": [{"name": INPUT, "datatype": datatype, "shape": _shape(model)}],
        "outputs": [{"name": OUTPUT, "datatype": datatype, "shape": [-1, model.horizon]}],
    }


def _shape(model: Forecaster) -> list[int]:
    return [-1, model.context_length, len(model.channels)]


def parse(
    body: bytes,
    header_length: str | None,
    context_length: int,
    datatype: Datatype = FP32,
    channels: Sequence[str] = ("value",),
) -> Infer:
    """The inference request in a body.

    Args:
        header_length: the HTTP header `Inference-Header-Content-Length`; None if there is none.
        datatype: that of the model. Another one is refused: values in FP32 may be rounded to one number near 1.7e9.
        channels: the names of the D channels that the model reads.

    Raises:
        InputError: the body is not a valid request for this model; the message says why.
    """
    header, binary = _split(body, header_length)
    request = _object(header)
    tensor = _only_input(request)
    rows = _rows(tensor.get("shape"), context_length, channels)
    stated = tensor.get("datatype")
    if stated != datatype.name:
        raise InputError(f"the datatype of {INPUT!r} must be {datatype.name!r}, got {_shown(stated)}.")
    values = _values(tensor, binary, rows * context_length * len(channels), datatype)
    context = values.reshape(rows, context_length, len(channels))
    if not (finite := np.isfinite(single(context))).all():
        row, step, at = np.argwhere(~finite)[0]
        which = "value" if len(channels) == 1 else channels[at]
        raise InputError(
            f"every value must be finite in float32 (at most 3.4e38): {which} {step + 1} of window {row + 1} is not."
        )
    identity = request.get("id")
    if identity is not None and not isinstance(identity, str):
        raise InputError(f"id must be a string, got {_shown(identity)}.")
    return Infer(context, identity, _wants_binary(request))


def render(
    name: str, infer: Infer, forecast: FloatArray, outside: str | None = None, datatype: Datatype = FP32
) -> tuple[bytes, int | None]:
    """The body of the answer, and the length of its JSON header if raw tensors follow it, else None.

    Args:
        outside: a sentence on values outside the training range; it becomes a parameter of the answer.
    """
    forecast = forecast.astype(datatype.raw, copy=False)
    output: dict[str, Any] = {"name": OUTPUT, "datatype": datatype.name, "shape": list(forecast.shape)}
    answer: dict[str, Any] = {"model_name": name, "model_version": VERSION}
    if infer.id is not None:
        answer["id"] = infer.id
    if outside is not None:
        answer["parameters"] = {"outside_training": outside}
    answer["outputs"] = [output]
    if not infer.binary:
        output["data"] = forecast.ravel()
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), None
    raw = forecast.tobytes()
    output["parameters"] = {"binary_data_size": len(raw)}
    header = orjson.dumps(answer)
    return header + raw, len(header)


def as_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; {} for an empty body.

    Raises:
        InputError: the body is not a JSON object.
    """
    return _object(body) if body.strip() else {}


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    if header_length is None:
        return body, b""
    if not _LENGTH.fullmatch(header_length) or int(header_length) > len(body):
        raise InputError(
            f"Inference-Header-Content-Length must be a whole number from 0 to the body's {len(body)} bytes, "
            f"got {_shown(header_length)}."
        )
    return body[: int(header_length)], body[int(header_length) :]


def _object(header: bytes) -> dict[str, Any]:
    try:
        request = orjson.loads(header)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the body is not JSON: {error}.") from None
    if not isinstance(request, dict):
        raise InputError(f"the body must be a JSON object, got {_shown(request)}.")
    return request


def _only_input(request: dict[str, Any]) -> dict[str, Any]:
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(tensor, dict) for tensor in inputs):
        raise InputError(f"inputs must be a list of one tensor named {INPUT!r}.")
    names = [tensor.get("name") for tensor in inputs]
    if names != [INPUT]:
        raise InputError(f"inputs must be exactly one tensor named {INPUT!r}, got {_shown(names)}.")
    tensor: dict[str, Any] = inputs[0]
    return tensor


def _rows(shape: Any, length: int, channels: Sequence[str]) -> int:
    counts = isinstance(shape, list) and all(type(size) is int for size in shape)
    wide = len(channels)
    if not counts or len(shape) != 3 or shape[1:] != [length, wide] or not 1 <= shape[0] <= MAX_ROWS:
        expected = f"[B, {length}, {wide}] with B from 1 to {MAX_ROWS:,}"
        if wide > 1:
            raise InputError(channels_message(channels, f"shape {_shown(shape)}, expected {expected}"))
        raise InputError(f"the shape of {INPUT!r} must be {expected}, got {_shown(shape)}.")
    return int(shape[0])


def _values(tensor: dict[str, Any], binary: bytes, count: int, datatype: Datatype) -> FloatArray:
    """[count] numbers of the datatype, from the raw bytes or from JSON numbers."""
    parameters = _parameters(tensor, f"the parameters of {INPUT!r}", "binary_data_size", "content_type")
    if parameters.get("content_type", "np") != "np":
        raise InputError(f"the content_type of {INPUT!r} must be 'np', got {_shown(parameters['content_type'])}.")
    size = parameters.get("binary_data_size")
    if size is None:
        if binary:
            raise InputError(f"{len(binary)} bytes follow the JSON header, but no tensor has a binary_data_size.")
        return _numbers(tensor.get("data"), count, datatype)
    if "data" in tensor:
        raise InputError(f"{INPUT!r} has both data and binary_data_size; give one.")
    expected = np.dtype(datatype.raw).itemsize * count
    if type(size) is not int or size != len(binary) or size != expected:
        raise InputError(
            f"binary_data_size must be {expected} for the stated shape, and as many bytes must follow the JSON "
            f"header; it is {_shown(size)}, and {len(binary)} bytes follow."
        )
    values = np.frombuffer(binary, datatype.raw)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _numbers(data: Any, count: int, datatype: Datatype) -> FloatArray:
    if not isinstance(data, list):
        raise InputError(f"the data of {INPUT!r} must be a list of {count} numbers, got {_shown(data)}.")
    try:
        values = np.asarray(data)
    except (ValueError, OverflowError, RecursionError):
        values = np.empty(0, object)
    if values.dtype.kind not in "fiu" or _holds_a_boolean(data):
        raise InputError(f"the data of {INPUT!r} must be numbers, in lists of equal length.")
    if values.size != count:
        raise InputError(f"the data of {INPUT!r} holds {values.size} numbers; its shape needs {count}.")
    with np.errstate(over="ignore"):
        return values.ravel().astype(np.dtype(datatype.raw).newbyteorder("="))


def _holds_a_boolean(data: list[Any]) -> bool:
    """Whether nested lists hold true or false, which NumPy would read as 1 or 0 among numbers."""
    return any(_holds_a_boolean(item) if type(item) is list else type(item) is bool for item in data)


def _wants_binary(request: dict[str, Any]) -> bool:
    """Whether the answer is binary: as the requested output states, or else as the request states."""
    default = _flag(_parameters(request, "parameters", "binary_data_output", *HINTS), "binary_data_output")
    outputs = request.get("outputs")
    if outputs is None:
        return bool(default)
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        raise InputError("outputs must be a list of objects with a name.")
    names = [output.get("name") for output in outputs]
    if names not in ([], [OUTPUT]):
        raise InputError(f"the model has one output, {OUTPUT!r}; asked for {_shown(names)}.")
    what = f"the parameters of {OUTPUT!r}"
    chosen = [_flag(_parameters(output, what, "binary_data"), "binary_data") for output in outputs]
    return bool(default if chosen in ([], [None]) else chosen[0])


def _parameters(part: dict[str, Any], what: str, *known: str) -> dict[str, Any]:
    """The parameters of a part of the request, without those that are null.

    A parameter can ask for an extension of the protocol, such as `classification`, `sequence_id` or
    `shared_memory_region`. An unknown one is refused: an answer that ignored it would be wrong.

    Raises:
        InputError: a parameter that is not `known`.
    """
    parameters = part.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise InputError(f"{what} must be an object, got {_shown(parameters)}.")
    given = {name: value for name, value in (parameters or {}).items() if value is not None}
    for name in given:
        if name not in known:
            raise InputError(f"{what} may hold {', '.join(known)}, got {_shown(name)}, which is not supported.")
    return given


def _flag(parameters: dict[str, Any], name: str) -> bool | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, bool):
        raise InputError(f"{name} must be true or false, got {_shown(value)}.")
    return value


def _shown(value: Any) -> str:
    """A value in an error message: short, and in ASCII."""
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."
