"""What differs between two states of one object."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any, ClassVar, Protocol, TypeVar


class _Record(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=_Record)


def changed_fields(known: T, record: T) -> list[str]:
    """The names of the fields that differ, in their order; those that do not count for equality are left out."""
    return [
        each.name for each in fields(record) if each.compare and getattr(known, each.name) != getattr(record, each.name)
    ]
