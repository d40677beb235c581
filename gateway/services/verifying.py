"""Whether a certificate or an exported journal is as the gateway, or who else is trusted, signed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from gateway.domain import certificates, journal_export
from gateway.domain.certificates import BALANCE, Wrong
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.seals import Check
from gateway.services.access import operators_alone
from gateway.services.office import Office


class Kind(StrEnum):
    """What was given to be verified."""

    CERTIFICATE = "certificate"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `wrong`: the first that is; None: everything is as it was signed.

    `line` of it counts the lines of the text from 1; `seq` is the number of a line of the journal. `balance`: of a
    certificate that holds, its sum. `seals`: of a journal, how many were looked at; `lines`: how many of its lines.
    """

    kind: Kind
    lines: int
    seals: int | None = None
    line: int | None = None
    seq: int | None = None
    wrong: str | None = None
    balance: Mapping[str, Any] | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return self.wrong is None

    @property
    def clean(self) -> bool | None:
        """Whether a certificate that holds says that nothing was lost or counted twice; None when it says nothing."""
        if self.balance is None:
            return None
        return not any(self.balance.get(name) for name in ("lost", "countedTwice", "disagreements"))


def verify(office: Office, caller: Caller, lines: Iterable[str], public_key: str | None = None) -> Verdict:
    """Checks the lines of a certificate or of an exported journal; blocks. By default the gateway's own key is trusted.

    For ADMIN. Raises ForbiddenError, and InvalidRequestError for what is no public key.
    """
    operators_alone(caller)
    check = checking(office, public_key)
    left = iter(lines)
    first = next(left, "")
    whole = chain([first] if first else [], left)
    if first.startswith(('{"line"', '{"seal"')):
        return _journal(whole, check)
    return _certificate(whole, check)


def checking(office: Office, public_key: str | None = None) -> Check:
    """How signatures under a key given as PEM, or under the gateway's own, are checked. Raises InvalidRequestError."""
    assert office.signer is not None, "an office that verifies has a key"
    try:
        return office.signer.check(public_key)
    except ValueError as error:
        raise InvalidRequestError(f"@query.publicKey: {error}") from None


def _certificate(lines: Iterable[str], check: Check) -> Verdict:
    count, said = 0, dict[str, Any]()
    for one in certificates.read(lines, check):
        if isinstance(one, Wrong):
            return Verdict(Kind.CERTIFICATE, count, line=one.line, wrong=one.reason)
        count, said = count + 1, dict(one)
    return Verdict(Kind.CERTIFICATE, count, balance=said[BALANCE])


def _journal(lines: Iterable[str], check: Check) -> Verdict:
    try:
        found = journal_export.read(lines, check, 1)
    except journal_export.JournalExportError as error:
        return Verdict(Kind.JOURNAL, 0, 0, line=error.line, wrong="is not as an exported journal has it")
    if not found.faults:
        return Verdict(Kind.JOURNAL, found.lines, found.seals)
    fault = found.faults[0]
    return Verdict(Kind.JOURNAL, found.lines, found.seals, seq=fault.seq, wrong=fault.reason)
