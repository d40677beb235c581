"""Organizations: declared and changed by operators, read by whom they concern (hub v1, Referential)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.domain.changes import changed_fields
from gateway.domain.errors import InvalidRequestError, NotFoundError
from gateway.domain.identity import Caller, Role
from gateway.domain.journal import Entry
from gateway.domain.lists import OrganizationFilter, Page, Paged
from gateway.domain.referential import Organization
from gateway.services.access import operators_alone
from gateway.services.office import Office
from gateway.services.once import Once, Replay, only_once
from gateway.services.ports import Transaction
from gateway.services.precondition import Precondition


async def create_organization(
    office: Office, caller: Caller, new: Organization, once: Once | None = None
) -> Organization | Replay:
    """Declares an organization. For ADMIN.

    Raises ForbiddenError, InvalidRequestError when there is one of that name, and ConflictError when the idempotency
    key was used for another request.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> Organization:
        if not tx.organizations.create(new, now):
            raise InvalidRequestError(f"Organization {new.id} already exists")
        tx.journal.write(Entry.ORGANIZATION_CREATED, caller, now, detail={"organization": str(new.id)})
        return replace(new, created_at=now, updated_at=None)

    return await office.store.write(lambda tx: only_once(tx, caller, once, now, verb))


async def find_organizations(
    office: Office, caller: Caller, asked: OrganizationFilter, page: Page
) -> Paged[Organization]:
    """A page of the organizations that the caller may see: a recipient sees itself alone."""
    scoped = replace(asked, only=_only(caller))
    return await office.store.read(lambda tx: tx.directory.organizations(scoped, page))


async def read_organization(office: Office, caller: Caller, name: str) -> Organization:
    """The organization of that name. Raises NotFoundError, also for a recipient that asks for another one."""
    only = _only(caller)
    found = await office.store.read(lambda tx: tx.organizations.get(name))
    if found is None or only not in (None, name):
        raise NotFoundError("Organization")
    return found


async def change_organization(
    office: Office,
    caller: Caller,
    name: str,
    apply: Callable[[Organization], Organization],
    expected: Precondition | None = None,
) -> Organization:
    """Changes an organization to what `apply` makes of it; its name stays. For ADMIN.

    Raises ForbiddenError, NotFoundError, InvalidRequestError when the name would become another one, and ConflictError
    when the organization is not as `expected`.
    """
    operators_alone(caller)
    now = office.clock()

    def verb(tx: Transaction) -> Organization:
        known = tx.organizations.hold(name)
        if known is None:
            raise NotFoundError("Organization")
        if expected is not None:
            expected.check(known, "The organization", known.status)
        record = apply(known)
        if record.id != known.id:
            raise InvalidRequestError(
                f"type, companyRegister, branchCode: these are of {record.id}; the name of {known.id} stays as it is"
            )
        if record == known:
            return known
        tx.organizations.change(record, now)
        detail = {"organization": name, "fields": changed_fields(known, record)}
        tx.journal.write(Entry.ORGANIZATION_CHANGED, caller, now, detail=detail)
        return replace(record, updated_at=now)

    return await office.store.write(verb)


def _only(caller: Caller) -> str | None:
    """The one organization that the caller may see, or None for those who may see all."""
    return caller.organization if caller.role is Role.SI else None
