"""What the verbs on whole files have in common."""

from __future__ import annotations

from gateway.domain.identity import OrganizationId
from gateway.domain.referential import Organization
from gateway.services.bulk import RowFault, in_one, repeated
from gateway.services.ports import Transaction
from tests.services.people import START
from tests.services.town import Town

NEW = OrganizationId("SI", "21990000100011", "99001")


def test_a_row_that_names_what_another_names_is_told_with_the_first() -> None:
    assert repeated(["a", "b", "a", "a"], "name") == [
        RowFault(2, "name", "is in row 1 of the file already"),
        RowFault(3, "name", "is in row 1 of the file already"),
    ]


async def test_a_dry_run_answers_the_same_and_leaves_nothing(town: Town) -> None:
    def verb(tx: Transaction) -> bool:
        tx.organizations.add(Organization(NEW, "New"), START)
        return tx.organizations.get(str(NEW)) is not None

    async def there() -> bool:
        return await town.store.read(lambda tx: tx.organizations.get(str(NEW))) is not None

    assert await in_one(town.office, verb, dry_run=True)
    assert not await there()
    assert await in_one(town.office, verb, dry_run=False)
    assert await there()
