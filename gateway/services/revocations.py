"""Certificates that an authority's operator takes back before they end; for every account that trusts the authority."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from gateway.domain.authorized_keys import keys_of
from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.revocations import Presented, Revocation, entries, fingerprint_of
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.ports import Transaction

_NAMED: Final = 100


async def revoke(office: Office, caller: Caller, authority: str, lines: str) -> int:
    """Revokes certificates of an authority (its key or fingerprint): entries as `ssh-keygen -k` lists them.

    Nobody logs in with one from now on, on any node; sessions that began with one end within a minute. Tells how many
    entries are new. For operators. Raises ForbiddenError, InvalidRequestError when the list cannot be read, is empty,
    or no account trusts that authority.
    """
    found, now = _read(caller, authority, lines), office.clock()

    def verb(tx: Transaction) -> int:
        if found[0].authority not in _trusted(tx):
            raise InvalidRequestError("No account trusts that authority; give the key that stands in `authorities`")
        added = tx.revocations.add(found, now)
        if added:
            detail = {"authority": found[0].authority, "revoked": added}
            tx.journal.write(Entry.CERTIFICATES_REVOKED, caller, now, detail=detail, personal=_personal(found))
        return added

    return await office.store.write(verb)


async def restore(office: Office, caller: Caller, authority: str, lines: str) -> int:
    """Takes entries back, each as it was listed; tells how many there were. For operators, raises as `revoke` does."""
    found, now = _read(caller, authority, lines), office.clock()

    def verb(tx: Transaction) -> int:
        lifted = tx.revocations.lift(found)
        if lifted:
            detail = {"authority": found[0].authority, "restored": lifted}
            tx.journal.write(Entry.CERTIFICATES_RESTORED, caller, now, detail=detail, personal=_personal(found))
        return lifted

    return await office.store.write(verb)


async def find(office: Office, caller: Caller) -> list[Revocation]:
    """Everything that is revoked, by authority. For operators. Raises ForbiddenError."""
    operators_alone(caller)
    return await office.store.read(lambda tx: tx.revocations.all())


async def revoked(office: Office, presented: Presented) -> bool:
    """Whether a certificate is worth nothing any more."""
    return await office.store.glance(lambda tx: tx.revocations.fits(presented))


def _read(caller: Caller, authority: str, lines: str) -> list[Revocation]:
    operators_alone(caller)
    try:
        by = fingerprint_of(authority)
    except ValueError as error:
        raise InvalidRequestError(f"The authority is not understood: {error}") from None
    try:
        found = list(entries(by, lines))
    except ValueError as error:
        raise InvalidRequestError(f"The list is not understood: {error}") from None
    if not found:
        raise InvalidRequestError("The list is empty: nothing was changed")
    return found


def _trusted(tx: Transaction) -> set[str]:
    found: set[str] = set()
    for account in tx.accounts.trusting():
        signing = (line for line in keys_of(account.public_keys) if line.authority)
        for line in (*keys_of(account.authorities), *signing):
            with suppress(ValueError):
                found.add(fingerprint_of(line.key))
    return found


def _personal(found: Sequence[Revocation]) -> dict[str, object]:
    """What was listed, the first of it where it is long: ids are names of people."""
    return {"certificates": [str(one) for one in found[:_NAMED]]}
