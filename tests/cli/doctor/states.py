"""Findings in the short form that tests compare."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.cli.doctor.findings import Finding


def states(found: Iterable[Finding]) -> dict[str, str]:
    """The state of each check."""
    return {one.check: str(one.state) for one in found}


def said(found: Iterable[Finding], check: str) -> str:
    """What was found by a check, and what to do."""
    return " / ".join(f"{one.found} -> {one.advice}" for one in found if one.check == check)
