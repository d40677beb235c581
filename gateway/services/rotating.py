"""New credentials for many clients and accounts at once: all of them or none; `retiring` ends the old ones.

An API client gets a second secret beside its first. An SFTP account gets the public key of the file beside those that
it has, or else a new password, which takes the old one's place: an account has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from gateway.domain.authorized_keys import ended_at, parse
from gateway.domain.identity import Caller
from gateway.domain.journal import Entry
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.services.access import operators_alone
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault, repeated
from gateway.services.clients import MOST_SECRETS
from gateway.services.credentials import Progress, Settled, Wanted, settle
from gateway.services.declaration_checks import check_public_key
from gateway.services.office import Office
from gateway.services.ports import Transaction

CLIENT, ACCOUNT, KEY = "client_id", "username", "public_key"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A credential as a file names it: a client by `client_id`, or an account by `username`, with its next key."""

    client_id: str | None = None
    username: str | None = None
    public_key: str | None = None

    @property
    def name(self) -> str:
        """By what it is known among others."""
        return f"api:{self.client_id}" if self.client_id else f"sftp:{self.username}"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What becomes of one credential; `secret` is the one that was made, None with a dry run or where there is none."""

    name: str
    organization: str
    outcome: Outcome
    what: str
    secret: str | None = field(default=None, repr=False)


Keep = Callable[[Sequence[Rotated]], None]
Found = ApiClient | SftpAccount
_TWO: Final = "has two secrets already: end the old one first, with gateway bulk retire"
_BY_KEY: Final = "logs in by key alone: give its next one"


async def rotate(
    office: Office,
    caller: Caller,
    rows: Sequence[Rotation],
    *,
    retire_at: datetime | None = None,
    keep: Keep | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> list[Rotated]:
    """Gives each row its next credential, in one transaction, with a journal line each.

    `retire_at`: when the keys that an account has end by themselves; None: when `retire` ends them. `keep` is handed
    everything, secrets included, before anything is changed: what was never kept could not be told again. For
    operators. Raises ForbiddenError, and RefusedRowsError with everything that is wrong.
    """
    operators_alone(caller)
    found = await office.store.read(lambda tx: find(tx, rows))
    faults = _faults(rows, found)
    if faults:
        raise RefusedRowsError(faults)
    wanted = [Wanted(row.name, None, (), generate=True) for row in rows if row.public_key is None]
    settled = await settle(office, wanted, dry_run=dry_run, progress=progress)
    told = [
        _told(row, of, settled.get(row.name), retire_at) for row, of in zip(rows, found, strict=True) if of is not None
    ]
    if dry_run:
        return told
    if keep is not None:
        keep(told)
    now = office.clock()

    def verb(tx: Transaction) -> None:
        present = find(tx, rows, hold=True)
        later = _faults(rows, present)
        later += [
            RowFault(
                position, CLIENT if rows[position].client_id else ACCOUNT, "was changed by somebody else meanwhile"
            )
            for position, (before, after) in enumerate(zip(found, present, strict=True))
            if before != after
        ]
        if later:
            raise RefusedRowsError(later)
        for row, of in zip(rows, present, strict=True):
            _rotate(tx, caller, row, of, settled.get(row.name), retire_at, now)

    await office.store.write(verb)
    return told


def find(tx: Transaction, rows: Sequence[Rotation], *, hold: bool = False) -> list[Found | None]:
    """What each row names; clients are held in one order, so that two files never wait for each other."""
    clients: Mapping[str, ApiClient | None] = {
        name: tx.clients.hold(name) if hold else tx.clients.get(name)
        for name in sorted({row.client_id for row in rows if row.client_id})
    }
    return [clients[row.client_id] if row.client_id else tx.accounts.by_username(row.username or "") for row in rows]


def missing(rows: Sequence[Rotation], found: Sequence[Found | None]) -> list[RowFault]:
    """A fault for each row that names nothing, what another one names, or what nobody logs in by."""
    faults = repeated([row.name for row in rows], "")
    for position, (row, of) in enumerate(zip(rows, found, strict=True)):
        column = CLIENT if row.client_id else ACCOUNT
        if of is None:
            faults.append(
                RowFault(position, column, f"there is no {'client' if row.client_id else 'account'} of that name")
            )
        elif isinstance(of, SftpAccount) and of.pushed:
            faults.append(RowFault(position, column, "stands for a subscriber's own server: nobody logs in by it"))
    return faults


def _faults(rows: Sequence[Rotation], found: Sequence[Found | None]) -> list[RowFault]:
    faults = missing(rows, found)
    for position, (row, of) in enumerate(zip(rows, found, strict=True)):
        if isinstance(of, ApiClient) and len(of.secret_hashes) >= MOST_SECRETS:
            faults.append(RowFault(position, CLIENT, _TWO))
        elif isinstance(of, SftpAccount) and row.public_key is None and of.password_hash is None:
            faults.append(RowFault(position, KEY, _BY_KEY))
        elif isinstance(of, SftpAccount) and row.public_key is not None:
            try:
                check_public_key(parse(row.public_key).key, legacy=of.legacy_algorithms_until is not None)
            except ValueError as error:
                faults.append(RowFault(position, KEY, str(error)))
    return sorted(faults, key=lambda fault: fault.row)


def _told(row: Rotation, of: Found, settled: Settled | None, retire_at: datetime | None) -> Rotated:
    secret = settled.generated if settled else None
    if isinstance(of, ApiClient):
        return Rotated(of.client_id, of.organization, Outcome.CHANGED, "a second secret", secret)
    if row.public_key is None:
        return Rotated(of.username, of.organization, Outcome.CHANGED, "a new password instead of the old one", secret)
    outcome = Outcome.CHANGED if _keys(of, row.public_key, retire_at) != of.public_keys else Outcome.UNCHANGED
    return Rotated(of.username, of.organization, outcome, f"a key beside {len(of.public_keys)}")


def _rotate(
    tx: Transaction,
    caller: Caller,
    row: Rotation,
    of: Found | None,
    settled: Settled | None,
    retire_at: datetime | None,
    now: datetime,
) -> None:
    assert of is not None, "its absence is a fault"
    hashed = settled.hash if settled else None
    if isinstance(of, ApiClient):
        assert hashed, "a secret was made"
        hashes = (*of.secret_hashes, hashed)
        tx.clients.change(replace(of, secret_hashes=hashes), now)
        detail: dict[str, object] = {"client": of.client_id, "of": of.organization, "secrets": len(hashes)}
        tx.journal.write(Entry.CREDENTIAL_ADDED, caller, now, detail=detail)
        return
    detail = {"account": of.username, "of": of.organization}
    if row.public_key is None:
        assert hashed, "a password was made"
        changed = replace(of, password_hash=hashed, imported_hash=None, password_until=None)
        detail["password"] = True
    else:
        keys = _keys(of, row.public_key, retire_at)
        changed = replace(of, public_keys=keys)
        detail["keys"] = len(keys)
    if changed != of:
        tx.accounts.change(replace(changed, version=of.version + 1), now)
        tx.journal.write(Entry.CREDENTIAL_ADDED, caller, now, detail=detail)


def _keys(of: SftpAccount, key: str, retire_at: datetime | None) -> tuple[str, ...]:
    """The keys of an account with its next one, which it may have already, and the others' end."""
    keys = of.public_keys if retire_at is None else tuple(_ending(each, key, retire_at) for each in of.public_keys)
    return keys if has_key(of, key) else (*keys, key)


def has_key(account: SftpAccount, key: str) -> bool:
    """Whether it is one of the account's."""
    return any(same_key(each, key) for each in account.public_keys)


def same_key(one: str, other: str) -> bool:
    """Whether two lines are of one key, whatever their options and comments."""
    return _bare(one) == _bare(other)


def _bare(line: str) -> tuple[str, ...]:
    try:
        return tuple(parse(line).key.split()[:2])
    except ValueError:
        return (line,)


def _ending(line: str, but: str, when: datetime) -> str:
    return line if same_key(line, but) else ended_at(line, when)
