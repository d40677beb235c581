"""Secrets of declared clients and accounts: compared, generated and hashed outside of any transaction: it is slow."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets as random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.domain.referential import SftpAccount
from gateway.services.office import Office

SECRET_BYTES: Final = 32
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A credential as declared: `given` its secret, if any; `hashes` those that the store holds.

    `generate`: it needs a secret and none was given.
    """

    name: str
    given: str | None = field(repr=False)
    hashes: tuple[str, ...] = field(repr=False)
    generate: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be stored: the `hash` of a new secret, None to keep the present one; `generated` the secret made."""

    hash: str | None = field(default=None, repr=False)
    generated: str | None = field(default=None, repr=False)


async def settle(
    office: Office, wanted: Iterable[Wanted], *, dry_run: bool, progress: Progress | None = None
) -> dict[str, Settled]:
    """Settles every credential, as many at once as there are processors; `progress(done, all)` after each.

    A given secret that matches a stored hash keeps it. With `dry_run` nothing is generated, and a new hash is empty.
    """
    queue = [one for one in wanted if one.given is not None or one.generate]
    free = asyncio.Semaphore(os.cpu_count() or 2)
    done = 0

    async def one(credential: Wanted) -> tuple[str, Settled]:
        nonlocal done
        async with free:
            settled = await asyncio.to_thread(_settle, office, credential, dry_run)
        done += 1
        if progress is not None:
            progress(done, len(queue))
        return credential.name, settled

    return dict(await asyncio.gather(*map(one, queue)))


def imported(account: SftpAccount, password_hash: str) -> SftpAccount:
    """The account with the hash that an older platform had of its password.

    An import that brings the same hash again changes nothing, although a login has made the stored one anew since.
    """
    mark = hashlib.sha256(password_hash.encode()).hexdigest()
    return (
        account if account.imported_hash == mark else replace(account, password_hash=password_hash, imported_hash=mark)
    )


def _settle(office: Office, wanted: Wanted, dry_run: bool) -> Settled:
    if wanted.given is not None and any(office.secrets.verify(stored, wanted.given) for stored in wanted.hashes):
        return Settled()
    if dry_run:
        return Settled(hash="")
    generated = random.token_urlsafe(SECRET_BYTES) if wanted.given is None else None
    return Settled(office.secrets.hash(wanted.given or generated or ""), generated)
