"""Processes of an onboarding file, filled up with what is known of them beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from gateway.cli.onboarding_models import OnboardingFile, ProcessRow, given
from gateway.config import Fault, Located, ProcessDefaults
from gateway.domain.referential import Process
from gateway.services.declaration import Declared

_PROCESS_FIELDS: Final = {
    "attachment_types_enabled": "attachment_types",
    "attachment_formats_enabled": "attachment_formats",
    "si_attachment_formats_enabled": "recipient_formats",
    "attachment_max_size_enabled": "attachment_max_size",
    "mandatory_status": "rules.mandatory",
    "final_statuses": "rules.final",
    "authorized_awaiting": "rules.awaiting",
    "transitions": "rules.strict",
    "extra_transitions": "rules.extra",
    "expire_undelivered_after": "expire_after",
}


def declared_processes(
    file: OnboardingFile, rows: Sequence[Located], known: Mapping[str, ProcessDefaults]
) -> tuple[tuple[Declared[Process], ...], list[Fault]]:
    """The processes, and what is wrong with one only once it is filled up; `rows` are those of the text."""
    declared: list[Declared[Process]] = []
    faults: list[Fault] = []
    for row, node in zip(file.processes, rows, strict=True):
        base = known.get(row.code)
        own = {name: getattr(row, name) for name in row.model_fields_set if name in ProcessDefaults.model_fields}
        before = {name: getattr(base, name) for name in ProcessDefaults.model_fields} if base else {"name": row.code}
        try:
            whole = ProcessDefaults.model_validate(before | own, by_name=True)
        except ValidationError as error:
            message = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
            faults.append(node.fault("", message))
            continue
        declared.append(Declared(_process(row, whole, base), given(row, _PROCESS_FIELDS, "code"), node))
    return tuple(declared), faults


def _process(row: ProcessRow, whole: ProcessDefaults, base: ProcessDefaults | None) -> Process:
    """The filled-up process; its expiry stays open where nobody says, for the settings to decide."""
    after = whole.expire_undelivered_after
    process = whole.process(default_expiry=after or timedelta(days=1), osl=row.osl)
    name = row.name or (base.name if base else "")
    return replace(process, name=name, expire_after=after, is_activated=row.is_activated)
