"""YAML with positions: every value knows the line and column (or the environment variable) it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from gateway.config.faults import ConfigurationError, Fault

Scalar = str | int | float | bool | None

MAX_DEPTH: Final = 32
_MOST_FAULTS: Final = 100  # each names its whole path, which whoever wrote the text made as long as they liked
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# A leading zero makes a code ("00000"), not a number; 18 digits fit every integer that we store.
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FLOAT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}\Z")
_UNPRINTABLE: Final = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Located:
    """A value of a document: a scalar, a list or a mapping of such values, and where it was written.

    Lines and columns count from 1. `key_line` and `key_column` are those of the key that names the value in its
    mapping (those of the value itself elsewhere). `source` is the name of the document, or of the environment
    variable when `line` is 0.
    """

    value: Scalar | list[Located] | dict[str, Located]
    source: str
    line: int = 0
    column: int = 0
    key_line: int = 0
    key_column: int = 0

    def plain(self) -> object:
        """The value alone: str, int, float, bool, None, lists and string-keyed dicts of them."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, key: str | int) -> Located | None:
        """The value under a key, or at a position of a list; None if there is none."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return self.value[key]
        return None

    def fault(self, path: str, message: str, *, at_key: bool = False) -> Fault:
        """A fault at this value, or at the key that names it."""
        line, column = (self.key_line, self.key_column) if at_key else (self.line, self.column)
        return Fault(path, line, column, message, self.source)


def load(text: str, source_name: str) -> Located:
    """Read one YAML document; an empty one is an empty mapping.

    Scalars follow YAML 1.2's core rules, so `no`, `on` and `2027-06-30` are text, and so is `00000`; keys are always
    text. `source_name` is what faults call the document: a file name, never a path of the host. Raises
    ConfigurationError listing syntax faults, duplicate keys, aliases, tags and excessive depth.
    """
    bad = _UNPRINTABLE.search(text.removeprefix("\ufeff"))
    if bad is not None:
        before = text.removeprefix("\ufeff")[: bad.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigurationError([Fault("", line, column, f"character {ord(bad[0]):#06x} is not text", source_name)])
    builder = _Builder(text, source_name)
    try:
        root = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = " ".join(part for part in (error.context, error.problem) if part)
        builder.faults.append(Fault("", line, column, f"not valid YAML: {problem}", source_name))
        raise ConfigurationError(builder.faults) from None
    if builder.faults:
        raise ConfigurationError(builder.faults)
    return root


def scalar(text: str) -> Scalar:
    """What an unquoted scalar means."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


class _Builder:
    """Turns the parser's events into Located values, collecting what is refused."""

    def __init__(self, text: str, source: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._source = source
        self.faults: list[Fault] = []

    def document(self) -> Located:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Located({}, self._source, 1, 1, 1, 1)
        root = self._node(next(self._events), (), None)
        next(self._events)  # the end of the document
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            self._refuse(more, (), "a second document is not expected here: remove the `---`")
            return root
        if root.value is None:
            root.value = {}
        return root

    def _node(self, event: yaml.Event, path: tuple[str | int, ...], key: yaml.Event | None) -> Located:
        if len(path) > MAX_DEPTH:
            fault = Fault(dotted(path[:3]) + "…", *_place(event), "nested too deeply", self._source)
            raise ConfigurationError([*self.faults, fault])
        found = Located(None, self._source, *_place(event), *_place(key or event))
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, "aliases (*name) are not supported: write the value again")
            return found
        if getattr(event, "anchor", None) is not None:
            self._refuse(event, path, "anchors (&name) are not supported")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, path, "tags (!name) are not supported: write a plain value")
        if isinstance(event, yaml.MappingStartEvent):
            found.value = self._mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            items: list[Located] = []
            while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(following, (*path, len(items)), None))
            found.value = items
        elif isinstance(event, yaml.ScalarEvent):
            found.value = scalar(event.value) if event.implicit[0] else self._text(event, path)
        return found

    def _mapping(self, path: tuple[str | int, ...]) -> dict[str, Located]:
        entries: dict[str, Located] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                key = self._text(event, path)
            else:
                self._refuse(event, path, "a key must be a single word")
                self._node(event, (*path, "?"), None)
                key = "?"
            value = self._node(next(self._events), (*path, key), event)
            if isinstance(event, yaml.ScalarEvent) and key in entries:
                first = entries[key].key_line
                self._refuse(event, (*path, key), f"the key is given twice, first on line {first}")
            entries.setdefault(key, value)
        return entries

    def _text(self, event: yaml.ScalarEvent, path: tuple[str | int, ...]) -> str:
        text: str = event.value
        if _UNPRINTABLE.search(text):  # written as an escape in double quotes
            self._refuse(event, path, "control characters are not allowed in text")
            return ""
        return text

    def _refuse(self, event: yaml.Event, path: tuple[str | int, ...], message: str) -> None:
        self.faults.append(Fault(dotted(path), *_place(event), message, self._source))
        if len(self.faults) >= _MOST_FAULTS:
            raise ConfigurationError(self.faults)


def _place(event: yaml.Event) -> tuple[int, int]:
    """Line and column of an event, from 1."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def dotted(path: tuple[str | int, ...]) -> str:
    """`("subscriptions", 3, "process")` as `subscriptions[3].process`; positions count from 0."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return written
