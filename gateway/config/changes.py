"""What of a changed configuration a running gateway takes up at once, and what waits for its next start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from gateway.config.settings import Settings

LIVE: Final = frozenset(
    {
        "tokens",
        "limits.attachment_max_size",
        "limits.attachment_max_entries",
        "limits.attachment_max_expanded",
        "limits.attachment_max_ratio",
        "limits.attachment_max_nesting",
        "limits.json_max_size",
        "limits.answer_max_size",
        "limits.answer_max_expanded",
        "limits.answer_max_entries",
        "limits.answer_max_ratio",
        "rates.per_client",
        "rates.per_organization",
        "rates.token_requests",
        "penalties",
        "moves.two_people",
        "moves.every",
        "antivirus",
        "expiry",
        "outbox.every",
        "outbox.first_delay",
        "outbox.ceiling",
        "outbox.max_attempts",
        "outbox.timeout",
        "outbox.batch",
        "answers",
        "retention",
        "shutdown",
        "log",
        "processes_file",
    }
)
"""Keys, and sections with every key of theirs, that change without a restart. What is not named here does not."""


@dataclass(frozen=True, slots=True)
class Changed:
    """`settings`: the running ones with every live change in them. `applied`, `restart`: the keys that differ."""

    settings: Settings
    applied: tuple[str, ...]
    restart: tuple[str, ...]


def changes(running: Settings, wanted: Settings) -> Changed:
    """Compares; names keys only, since a value may be a secret."""
    differing = tuple(_differing(running, wanted, ""))
    applied = tuple(key for key in differing if _is_live(key))
    merged = running
    for key in applied:
        merged = _taken(merged, wanted, key.split("."))
    return Changed(merged, applied, tuple(key for key in differing if not _is_live(key)))


def _is_live(key: str) -> bool:
    return key in LIVE or key.partition(".")[0] in LIVE


def _differing(running: BaseModel, wanted: BaseModel, prefix: str) -> Iterator[str]:
    for name, field in type(running).model_fields.items():
        before, after, key = getattr(running, name), getattr(wanted, name), f"{prefix}{field.alias or name}"
        if isinstance(before, BaseModel):
            yield from _differing(before, after, f"{key}.")
        elif before != after:
            yield key


def _taken(running: Any, wanted: Any, names: list[str]) -> Any:
    """The running settings with one value of the wanted ones; live keys are spelt as their fields are."""
    name, *below = names
    value = getattr(wanted, name)
    if below:
        value = _taken(getattr(running, name), value, below)
    return running.model_copy(update={name: value})
