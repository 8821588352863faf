"""Requests that nobody wrote: mutations of valid ones, and whatever our OpenAPI description allows or forbids."""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from typing import Any

import httpx
import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from support.asking import infer, measured

SOAK = bool(os.environ.get("SEQZOO_SOAK"))
MUTATIONS, PER_OPERATION = (10_000, 250) if SOAK else (100, 2)
QUIET = settings(max_examples=MUTATIONS, suppress_health_check=list(HealthCheck), deadline=None)

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([2**63, -(2**63), 1e39, -0.0, "FP32", "context", "forecast", [1, 20, 1], 20, "\x00", "²"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def places(facts: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in nested JSON."""
    inside = facts.items() if isinstance(facts, dict) else enumerate(facts) if isinstance(facts, list) else ()
    return [path, *(deeper for key, value in inside for deeper in places(value, (*path, key)))]


def changed(facts: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same with one value replaced."""
    if not path:
        return value
    copy = dict(facts) if isinstance(facts, dict) else list(facts)
    copy[path[0]] = changed(copy[path[0]], path[1:], value)
    return copy


VALID = infer(2, id="a", parameters={"binary_data_output": False}, outputs=[{"name": "forecast", "parameters": {}}])
BINARY = json.dumps(
    {"inputs": [{"name": "context", "shape": [1, 20, 1], "datatype": "FP32", "parameters": {"binary_data_size": 80}}]}
).encode()
RAW = np.full(20, 0.1, np.float32).tobytes()


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, dict[str, str]]:
    """A body and headers, near a valid request."""
    headers: dict[str, str] = {}
    if draw(st.booleans()):
        facts: Any = VALID
        for _ in range(draw(st.integers(1, 3))):
            facts = changed(facts, draw(st.sampled_from(places(facts))), draw(ODD))
        body = json.dumps(facts).encode()
    else:
        body = BINARY + RAW
        lengths = st.sampled_from([len(BINARY), 0, len(body), len(body) + 1]) | st.integers(-5, 10**11)
        headers["Inference-Header-Content-Length"] = str(draw(lengths))
    if draw(st.integers(0, 3)) == 0:
        flipped = bytearray(body)
        for _ in range(draw(st.integers(1, 8))):
            flipped[draw(st.integers(0, len(flipped) - 1))] = draw(st.integers(0, 255))
        body = bytes(flipped)
    if draw(st.integers(0, 9)) == 0:
        headers["Content-Encoding"] = draw(st.sampled_from(["gzip", "deflate", "identity", "br", ""]))
    if draw(st.integers(0, 9)) == 0:
        body = body[: draw(st.integers(0, len(body)))]
    return body, headers


def check_form(status: int, text: str) -> None:
    """No failure of the server, and no error of another form."""
    assert status < 500, text[:300]
    if status >= 300:
        facts = json.loads(text)
        assert list(facts) == ["error"] and isinstance(facts["error"], str) and facts["error"]


def test_mutations_of_valid_requests_are_answered_or_refused_in_words(server):
    seen: Counter[int] = Counter()
    with httpx.Client(base_url=server.address, timeout=60, verify=False) as client:

        # What Hypothesis draws changes with any constant of the code: that one in 100 is accepted is not certain.
        @QUIET
        @given(mutated())
        @example((json.dumps(VALID).encode(), {}))
        @example((BINARY, {}))
        def send(sent: tuple[bytes, dict[str, str]]) -> None:
            body, headers = sent
            answer = client.post("/v2/models/lstm.sine/infer", content=body, headers=headers)
            seen[answer.status_code] += 1
            if answer.status_code == 200 and "inference-header-content-length" not in answer.headers:
                assert np.isfinite(answer.json()["outputs"][0]["data"]).all()
            else:
                check_form(answer.status_code, answer.text)

        send()
    assert sum(seen.values()) >= MUTATIONS // 2 and seen[400] and seen[200] >= (2 if SOAK else 1)
    measured("mutations", sent=sum(seen.values()), accepted=seen[200], failures=0)


def takes_anything(operation: Any) -> bool:
    """Whether it has no wrong input, for which Hypothesis would look hundreds of times."""
    schemas = [dict(parameter.definition["schema"]) for parameter in operation.iter_parameters()]
    for schema in schemas:
        schema.pop("title"), schema.pop("description", None)
    return not operation.body and all(schema == {"type": "string"} for schema in schemas)


def test_what_our_openapi_description_allows_or_forbids_is_answered_or_refused_in_words(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis  # takes a second: not in every process that collects these tests

    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    sent: Counter[str] = Counter()
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/verify"):  # seconds each; its inputs are tested one by one
            continue
        for mode in modes[: 1 if takes_anything(operation) else 2]:

            @settings(QUIET, max_examples=PER_OPERATION)
            @given(operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                answer = case.call(timeout=60)
                sent[case.operation.label] += 1
                check_form(answer.status_code, answer.text)

            send()
    assert len(sent) >= 10 and sum(sent.values()) >= (2500 if SOAK else 30)
    measured("openapi", sent=sum(sent.values()), operations=len(sent), failures=0)
