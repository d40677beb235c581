"""The end of what was rotated away, for many clients and accounts at once: all of them or none.

Who changes over is seen by what each secret and key was last used for: the subscriber whose new one nobody has come in
by would be shut out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.domain.authorized_keys import parse
from gateway.domain.identity import Caller, Door
from gateway.domain.journal import Entry
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.domain.sightings import mark_of
from gateway.services.access import operators_alone
from gateway.services.bulk import Outcome, RefusedRowsError, RowFault, in_one
from gateway.services.clients import MOST_SECRETS
from gateway.services.office import Office
from gateway.services.ports import Transaction
from gateway.services.rotating import CLIENT, KEY, Found, Rotated, Rotation, find, has_key, missing, same_key

_Uses = Mapping[str, datetime]
UNUSED: Final = "nobody has come in by its new one yet, and could no more: let the subscriber change over"
"""What is wrong with a row that `unused_too` would end all the same."""


async def retire(
    office: Office, caller: Caller, rows: Sequence[Rotation], *, unused_too: bool = False, dry_run: bool = False
) -> list[Rotated]:
    """Ends what was rotated away: a client's older secret, and every key of an account but the row's.

    One that has nothing older is left alone; an account without a key in its row lost its old password when it got the
    new one. A row whose new secret or key nobody has ever come in by is a fault, since its subscriber could not come in
    any more; not with `unused_too`. One transaction, as `rotate`, and raising the same.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> list[Rotated]:
        found = find(tx, rows, hold=True)
        faults = missing(rows, found)
        faults += [
            RowFault(position, KEY, "the account does not have this key: rotate it first")
            for position, (row, of) in enumerate(zip(rows, found, strict=True))
            if isinstance(of, SftpAccount) and row.public_key is not None and not has_key(of, row.public_key)
        ]
        uses = [_uses(tx, of) for of in found]
        if not unused_too:
            faults += [
                RowFault(position, CLIENT if row.client_id else KEY, UNUSED)
                for position, (row, of, used) in enumerate(zip(rows, found, uses, strict=True))
                if _ending_marks(row, of) and _new_mark(row, of) not in used
            ]
        if faults:
            raise RefusedRowsError(sorted(faults, key=lambda fault: fault.row))
        return [
            _retire(tx, caller, row, of, used, now)
            for row, of, used in zip(rows, found, uses, strict=True)
            if of is not None
        ]

    return await in_one(office, verb, dry_run=dry_run)


def _retire(tx: Transaction, caller: Caller, row: Rotation, of: Found, uses: _Uses, now: datetime) -> Rotated:
    ends = _ending_marks(row, of)
    told = _last_used(uses, ends, _new_mark(row, of))
    for mark in ends:
        tx.sightings.forget(_door(of), _name(of), mark)
    if isinstance(of, ApiClient):
        if len(of.secret_hashes) < MOST_SECRETS:
            return Rotated(of.client_id, of.organization, Outcome.UNCHANGED, "no older secret")
        tx.clients.change(replace(of, secret_hashes=of.secret_hashes[1:]), now)
        tx.journal.write(
            Entry.CREDENTIAL_ENDED, caller, now, detail={"client": of.client_id, "of": of.organization, "secret": "old"}
        )
        return Rotated(of.client_id, of.organization, Outcome.CHANGED, f"its older secret ends{told}")
    if row.public_key is None:
        return Rotated(of.username, of.organization, Outcome.UNCHANGED, "its old password has ended already")
    kept = tuple(key for key in of.public_keys if same_key(key, row.public_key))
    ended = len(of.public_keys) - len(kept)
    if not ended:
        return Rotated(of.username, of.organization, Outcome.UNCHANGED, "no older key")
    tx.accounts.change(replace(of, public_keys=kept, version=of.version + 1), now)
    detail = {"account": of.username, "of": of.organization, "keys": ended}
    tx.journal.write(Entry.CREDENTIAL_ENDED, caller, now, detail=detail)
    return Rotated(
        of.username, of.organization, Outcome.CHANGED, f"{ended} older key{'s' if ended > 1 else ''} end{told}"
    )


def _uses(tx: Transaction, of: Found | None) -> _Uses:
    return {} if of is None else tx.sightings.uses(_door(of), _name(of))


def _door(of: Found) -> Door:
    return Door.API if isinstance(of, ApiClient) else Door.SFTP


def _name(of: Found) -> str:
    return of.client_id if isinstance(of, ApiClient) else of.username


def _new_mark(row: Rotation, of: Found | None) -> str:
    """The mark of what stays."""
    if isinstance(of, ApiClient):
        return mark_of(of.secret_hashes[-1]) if of.secret_hashes else ""
    return _key_mark(row.public_key or "")


def _ending_marks(row: Rotation, of: Found | None) -> list[str]:
    """The marks of what would end; none where there is nothing older."""
    if isinstance(of, ApiClient):
        return [mark_of(one) for one in of.secret_hashes[:1]] if len(of.secret_hashes) >= MOST_SECRETS else []
    if of is None or row.public_key is None or not has_key(of, row.public_key):
        return []
    return [_key_mark(key) for key in of.public_keys if not same_key(key, row.public_key)]


def _key_mark(line: str) -> str:
    try:
        return mark_of(base64.b64decode(parse(line).key.split()[1]))
    except (ValueError, IndexError):
        return mark_of(line)


def _last_used(uses: _Uses, ends: Sequence[str], new: str) -> str:
    """What was last used when, so that whoever has not changed over yet is seen."""
    old = max((uses[mark] for mark in ends if mark in uses), default=None)
    said = [f"the new one was {_when(uses.get(new))}"] if ends else []
    return "".join(f"; {text}" for text in ([f"last used {old:%Y-%m-%d %H:%M} UTC"] if old else []) + said)


def _when(used: datetime | None) -> str:
    return "never used" if used is None else f"last used {used:%Y-%m-%d %H:%M} UTC"
