"""Environment variables over a document: `GATEWAY__HTTP__PORT` stands for `http.port`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final, get_origin

import pydantic
from pydantic.fields import FieldInfo

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.located import Located, load, scalar

PREFIX: Final = "GATEWAY__"
_SEPARATOR: Final = "__"
_READ_AS_YAML: Final = (int, float, bool)


def variables(model: type[pydantic.BaseModel]) -> dict[str, tuple[tuple[str, ...], FieldInfo]]:
    """Every variable that a model understands: the path of the key it stands for, and its field."""
    return {
        PREFIX + _SEPARATOR.join(name.upper() for name in names): (keys, field)
        for names, keys, field in _leaves(model, (), ())
    }


def overlay(document: Located, model: type[pydantic.BaseModel], environ: Mapping[str, str]) -> list[Fault]:
    """Put the values of the environment into the document, in place of the file's.

    Returns the faults: a variable with the prefix that no key knows (with the one that was probably meant), and a
    mapping or list that is not valid YAML. Faults name the variable, never its value.
    """
    known = variables(model)
    faults: list[Fault] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        if variable not in known:
            names = [name.removeprefix(PREFIX) for name in known]
            near = difflib.get_close_matches(variable.removeprefix(PREFIX), names, n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
            faults.append(Fault("", 0, 0, f"unknown environment variable{hint}", variable))
            continue
        keys, field = known[variable]
        try:
            value = _value(field, environ[variable], variable)
        except ConfigurationError as error:
            message = f"not a valid YAML value: {error.faults[0].message}"
            faults.append(Fault(".".join(keys), 0, 0, message, variable))
            continue
        _put(document, keys, value, variable)
    return faults


def _leaves(
    model: type[pydantic.BaseModel], names: tuple[str, ...], keys: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], FieldInfo]]:
    """Each setting that is no section: its field names, its keys, its field."""
    for name, field in model.model_fields.items():
        deeper = ((*names, name), (*keys, field.alias or name))
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, pydantic.BaseModel):
            yield from _leaves(inner, *deeper)
        else:
            yield (*deeper, field)


def _value(field: FieldInfo, text: str, variable: str) -> Located:
    """What a variable's text means for this field: text stays text, numbers and booleans are read as in YAML."""
    if get_origin(field.annotation) in (dict, list, tuple):
        return _moved(load(text, variable), variable)
    return Located(scalar(text) if field.annotation in _READ_AS_YAML else text, variable)


def _moved(node: Located, variable: str) -> Located:
    """The same value, placed in the variable as a whole: a line of a variable helps nobody."""
    if isinstance(node.value, dict):
        return Located({key: _moved(child, variable) for key, child in node.value.items()}, variable)
    if isinstance(node.value, list):
        return Located([_moved(child, variable) for child in node.value], variable)
    return Located(node.value, variable)


def _put(document: Located, keys: tuple[str, ...], value: Located, variable: str) -> None:
    """Set a value; a section that the file spells as something else is left for validation to refuse."""
    at = document
    for key in keys[:-1]:
        if not isinstance(at.value, dict):
            return
        at = at.value.setdefault(key, Located({}, variable))
        if at.value is None:
            at.value = {}
    if isinstance(at.value, dict):
        at.value[keys[-1]] = value
