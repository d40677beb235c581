"""Rows of an onboarding file that name one object twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.config import Fault, Located

_IDENTIFIERS: Final[dict[str, tuple[str, ...]]] = {
    "organizations": ("type", "companyRegister", "branchCode"),
    "processes": ("code",),
    "subscriptions": ("subscriber", "process"),
    "credentials": (),  # under `api` or `sftp`
}


def rows_of(document: Located, section: str) -> list[Located]:
    """The rows of a section as they are in the text; none if it is no list."""
    node = document.child(section)
    return node.value if node is not None and isinstance(node.value, list) else []


def identifiers_given_twice(document: Located) -> Iterator[Fault]:
    """Rows that name the same object; looked for in the raw text so that they show beside all other faults."""
    for section, keys in _IDENTIFIERS.items():
        seen: dict[tuple[object, ...], int] = {}
        for node in rows_of(document, section):
            name, at = _identifier(node, keys)
            if name is None:
                continue
            if name in seen:
                yield at.fault("", f"{_spoken(name)} is declared twice, first on line {seen[name]}")
            seen.setdefault(name, at.line)


def _identifier(node: Located, keys: tuple[str, ...]) -> tuple[tuple[object, ...] | None, Located]:
    for inner, key in (("api", "client_id"), ("sftp", "username")):
        credential = node.child(inner) if not keys else None
        found = credential.child(key) if credential is not None else None
        if found is not None and isinstance(found.value, str):
            return (f"{key} {found.value}",), found
    values = [node.child(key) for key in keys]
    texts = [value.value for value in values if value is not None and isinstance(value.value, str)]
    return (tuple(texts) if keys and len(texts) == len(keys) else None), node


def _spoken(name: tuple[object, ...]) -> str:
    return "-".join(map(str, name)) if len(name) == 3 else " to ".join(map(str, name))
