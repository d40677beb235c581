"""What differs between two states of one object."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from gateway.domain.changes import changed_fields
from gateway.domain.referential import Process

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_what_changed_is_told_by_name_without_the_dates_of_writing() -> None:
    known = Process("EtatCivil", "Demande d'acte", osl="OSL-13000918600011-00000")
    assert changed_fields(known, replace(known, updated_at=NOW)) == []
    assert changed_fields(known, replace(known, name="Acte", osl=None, updated_at=NOW)) == ["name", "osl"]
