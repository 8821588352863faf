"""JSON that every parser reads alike: without duplicate keys, deep nesting or very large numbers.

Of a duplicate key most parsers take the last value, some the first: two readers would see different facts.
"""

from __future__ import annotations

import json
from typing import Any

from .errors import InputError

DEEPEST = 32  # levels of lists and objects; parsers fail from some hundreds on
LARGEST = 2**53 - 1  # JavaScript rounds larger whole numbers, and other parsers refuse those beyond 64 bits


def check(raw: bytes | str) -> None:
    """Raises InputError for text that is not JSON, a duplicate key, nesting beyond DEEPEST, or a whole number beyond
    ±LARGEST."""
    try:
        facts = json.loads(raw, object_pairs_hook=_once, parse_int=_whole)
    except RecursionError:
        raise InputError(f"it is nested deeper than {DEEPEST} levels") from None
    except UnicodeDecodeError:
        raise InputError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"it is not JSON: {error}") from None
    _check_depth(facts, DEEPEST)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    facts = dict(pairs)
    if len(facts) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError(f"the key {twice[:80]!a} is given twice in one object")
    return facts


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:
        raise InputError(f"a whole number must lie within ±{LARGEST:,}, got one of {len(digits.lstrip('-'))} digits")
    return int(digits)


def _check_depth(facts: Any, left: int) -> None:
    if not isinstance(facts, list | dict):
        return
    if not left:
        raise InputError(f"it is nested deeper than {DEEPEST} levels")
    for item in facts.values() if isinstance(facts, dict) else facts:
        _check_depth(item, left - 1)
