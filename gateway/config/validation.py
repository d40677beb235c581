"""From a located document to a pydantic model: each error is told at the place that caused it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.located import Located, dotted

Model = TypeVar("Model", bound=pydantic.BaseModel)

_KNOWN_SHOWN: Final = 16
_SUBJECT: Final = re.compile(r"^\w+ should ")
_MESSAGES: Final = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping (key: value)",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_attributes_type": "must be a mapping (key: value)",
    "model_type": "must be a mapping (key: value)",
    "tuple_type": "must be a list",
}


def validate(model: type[Model], document: Located) -> Model:
    """Build `model` from the document: strict types, as JSON has them (a list fills a tuple, a text a date or an enum).

    Keys are the fields' aliases. Raises ConfigurationError with one fault per error, placed at the value, at the key
    where the key itself is unknown, or at the surrounding mapping where something is missing.
    """
    try:
        return model.model_validate_json(json.dumps(document.plain()), by_alias=True, by_name=False)
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        # Not chained: pydantic's own text shows the input, which may be a secret.
        faults = [_fault(model, document, detail) for detail in details]
    raise ConfigurationError(faults)


def _fault(model: type[pydantic.BaseModel], document: Located, detail: ErrorDetails) -> Fault:
    location, kind = detail["loc"], detail["type"]
    node, path, rest = _walk(document, location)
    if kind == "extra_forbidden":
        return node.fault(dotted(path), _unknown(model, location), at_key=True)
    if kind == "missing":
        path = (*path, *rest[-1:])
    return node.fault(dotted(path), _message(detail), at_key="[key]" in rest)


def _walk(
    document: Located, location: Sequence[str | int]
) -> tuple[Located, tuple[str | int, ...], tuple[str | int, ...]]:
    """The deepest value that a location leads to, its path, and the steps that name no value of the document."""
    node, path, rest = document, list[str | int](), list[str | int]()
    for step in location:
        below = node.child(step)
        if below is None:  # a missing key, or pydantic's name for a member of a union
            rest.append(step)
            continue
        node = below
        path.append(step)
        rest.clear()
    return node, tuple(path), tuple(rest)


def _message(detail: ErrorDetails) -> str:
    kind, message = detail["type"], detail["msg"]
    if kind == "string_type":
        number = isinstance(detail["input"], (int, float)) and not isinstance(detail["input"], bool)
        return "must be text: put it in quotes" if number else "must be text"
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return _SUBJECT.sub("must ", message)


def _unknown(model: type[pydantic.BaseModel], location: Sequence[str | int]) -> str:
    """What to say of an unknown key: the known one that it looks like, else all known ones if they are few."""
    key = str(location[-1])
    known = sorted(_keys_at(model, location[:-1]))
    folded = {name.replace("_", "").lower(): name for name in known}
    near = difflib.get_close_matches(key.replace("_", "").replace("-", "").lower(), folded, n=1)
    if near:
        return f"unknown key; did you mean `{folded[near[0]]}`?"
    if known and len(known) <= _KNOWN_SHOWN:
        return f"unknown key; known here: {', '.join(known)}"
    return "unknown key"


def _keys_at(model: type[pydantic.BaseModel], location: Iterable[str | int]) -> set[str]:
    """The keys that the models at a location know."""
    models = {model}
    for step in location:
        fields = [field for each in models for name, field in fields_of(each).items() if name == step]
        if fields:
            models = {found for field in fields for found in _models_in(field.annotation)}
        else:  # a position, a key of a mapping, or the name of a member of a union, which narrows the choice
            models = {each for each in models if each.__name__ == step} or models
    return {name for each in models for name in fields_of(each)}


def fields_of(model: type[pydantic.BaseModel]) -> Mapping[str, FieldInfo]:
    """A model's fields by the key that names them in a document."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """Every model that an annotation mentions: inside lists, tuples, mappings, unions and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    arguments = get_args(annotation)
    for argument in arguments[:1] if get_origin(annotation) is Annotated else arguments:
        yield from _models_in(argument)
