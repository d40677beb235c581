"""What is wrong with a body, one sentence per fault, each with its place, in the words the hub's clients know.

The value itself is never repeated: it may be personal data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_WANTED: Final = {
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "int_parsing_size": "integer",
    "bool_type": "boolean",
    "list_type": "array",
    "model_type": "object",
    "datetime_type": "string",
}

_DATE: Final = "String is not a valid date-time with offset, for example 2024-07-04T08:54:15.438+00:00"
_WORDS: Final[Mapping[str, str]] = {
    "string_too_long": "String is too long (length: {length}, maximum allowed: {max_length})",
    "string_too_short": "String is too short (length: {length}, required minimum: {min_length})",
    "too_short": "Array is too short: must have at least {min_length} elements but instance has {length} elements",
    "string_pattern_mismatch": "String does not match the pattern {pattern}",
    "datetime_parsing": _DATE,
    "datetime_from_date_parsing": _DATE,
    "datetime_object_invalid": _DATE,
    "timezone_aware": _DATE,
    "enum": "Instance value not found in enum (possible values: {expected})",
    "greater_than_equal": "Number is lower than the required minimum {ge}",
}


def sentences(errors: list[ErrorDetails]) -> tuple[str, ...]:
    """Every fault as `@body.path: what is wrong`."""
    return tuple(_sentence(error) for error in errors)


def _sentence(error: ErrorDetails) -> str:
    kind, context, place = error["type"], error.get("ctx", {}), error["loc"]
    if kind == "json_invalid":
        return f"@body: Malformed JSON: {context.get('error', 'cannot be read')}"
    if kind == "missing":
        return f"{_path(place[:-1])}: Object has missing required properties ({json.dumps([place[-1]])})"
    if kind in _WANTED:
        found = _kind(error["input"])
        return (
            f"{_path(place)}: Instance type ({found}) does not match any allowed primitive type "
            f"(allowed: {json.dumps([_WANTED[kind]])})"
        )
    words = _WORDS.get(kind, error["msg"].replace("{", "{{").replace("}", "}}"))
    value = error["input"]
    length = len(value) if isinstance(value, (str, list)) else 0
    return f"{_path(place)}: {words.format(**{**context, 'length': length})}"


def _path(place: tuple[int | str, ...]) -> str:
    return "@body" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")
