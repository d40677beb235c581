"""What differs between two states of one object."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def changed_fields(known: T, record: T) -> list[str]:
    """The names of the fields that differ, in their order; those that do not count for equality are left out."""
    return [
        each.name for each in fields(record) if each.compare and getattr(known, each.name) != getattr(record, each.name)
    ]
