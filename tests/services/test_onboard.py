from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from gateway.domain.errors import ConflictError
from gateway.domain.identity import Mode, Role
from gateway.domain.journal import Entry, Line
from gateway.domain.referential import ApiClient, Contact, SftpAccount, Subscription
from gateway.domain.statuses import Status, StatusRules
from gateway.services.declaration import (
    Declaration,
    DeclarationError,
    Declared,
    DeclaredAccount,
    Kind,
    Outcome,
    Report,
)
from gateway.services.office import Office, gateway_caller
from gateway.services.onboard import onboard
from gateway.services.webhook_keys import webhook_key
from tests.services.declarations import (
    OSL,
    OTHER,
    PROCESS,
    TOWN,
    account,
    client,
    organization,
    process,
    subscription,
    whole,
)

HOOK = "https://town.example.org/hook"
R = TypeVar("R")


async def declare(office: Office, declaration: Declaration, *, dry_run: bool = False) -> Report:
    return await onboard(office, gateway_caller(office, "import"), declaration, dry_run=dry_run)


async def login(office: Office, name: str = "town") -> SftpAccount | None:
    return await office.store.read(lambda tx: tx.accounts.by_username(name))


async def known_client(office: Office, name: str = "depot") -> ApiClient | None:
    return await office.store.read(lambda tx: tx.clients.get(name))


async def known(office: Office, subscriber: str = TOWN) -> Subscription:
    found = await office.store.read(lambda tx: tx.subscriptions.find(subscriber, PROCESS))
    assert found is not None
    return found


async def lines(office: Office) -> list[Line]:
    found = await office.store.read(lambda tx: tx.journal.after(0))
    return [line for line in found if line.entry == Entry.IMPORTED]


def outcomes(report: Report) -> dict[Kind, dict[str, int]]:
    return {kind: {key.value: count for key, count in each.items() if count} for kind, each in report.counts.items()}


def rows(*accounts: DeclaredAccount) -> Declaration:
    return Declaration(accounts=accounts)


async def test_everything_is_created_at_once_and_the_journal_says_how_much(office: Office) -> None:
    report = await declare(office, whole())
    assert outcomes(report) == {
        Kind.ORGANIZATION: {"created": 3},
        Kind.PROCESS: {"created": 1},
        Kind.SUBSCRIPTION: {"created": 2},
        Kind.API_CLIENT: {"created": 1},
        Kind.SFTP_ACCOUNT: {"created": 1},
    }
    found = await login(office)
    assert found is not None
    assert office.secrets.verify(found.password_hash or "", "right")
    assert found.processes == (PROCESS,)
    (line,) = await lines(office)
    assert line.detail["organizations"] == {"created": 3, "updated": 0, "unchanged": 0}
    assert "right" not in str(line)


async def test_a_second_run_changes_nothing_and_says_so(office: Office) -> None:
    await declare(office, whole())
    before = await login(office), await known_client(office), await known(office)
    report = await declare(office, whole())
    assert not report.changed
    assert sum(each[Outcome.UNCHANGED] for each in report.counts.values()) == 8
    assert (await login(office), await known_client(office), await known(office)) == before
    assert len(await lines(office)) == 1


async def test_a_dry_run_tells_the_same_and_changes_nothing(office: Office) -> None:
    wanted = replace(whole(), clients=(client(secret=None),), subscriptions=(subscription(webhook=HOOK),))
    report = await declare(office, wanted, dry_run=True)
    assert report.changed
    assert report.dry_run
    assert await login(office) is None
    assert await known_client(office) is None
    assert await lines(office) == []
    assert report.credentials == ()
    assert report.webhooks == ()
    assert report.withheld == (f"webhook signing secret of {TOWN} → {PROCESS}", "secret of API client depot")


async def test_one_fault_keeps_everything_out(office: Office) -> None:
    with pytest.raises(DeclarationError) as raised:
        await declare(office, replace(whole(), accounts=(account(), account("x", serves=((TOWN, "NOPE"),)))))
    assert [(fault.origin, fault.field) for fault in raised.value.rows] == [("served NOPE", "")]
    assert await known_client(office) is None


async def test_secrets_left_out_are_made_once_and_verify(office: Office) -> None:
    wanted = replace(whole(), clients=(client(secret=None),), accounts=(account(password=None),))
    report = await declare(office, wanted)
    made = {(each.kind, each.name): each.secret for each in report.credentials}
    assert set(made) == {(Kind.API_CLIENT, "depot"), (Kind.SFTP_ACCOUNT, "town")}
    assert all(len(secret) == 43 for secret in made.values())  # 32 bytes in base64
    found = await known_client(office)
    assert found is not None
    assert office.secrets.verify(found.secret_hashes[0], made[Kind.API_CLIENT, "depot"])
    assert "secret" not in repr(report.credentials[0]).replace("secret_", "")
    again = await declare(office, wanted)
    assert not again.changed
    assert again.credentials == ()
    assert await known_client(office) == found


async def test_a_hash_of_an_older_platform_is_imported_once(office: Office) -> None:
    hashed = "$6$abcdefgh$" + "a" * 86
    row = replace(account(password=None), password_hash=hashed)
    report = await declare(office, replace(whole(), accounts=(row,)))
    assert report.credentials == ()
    first = await login(office)
    assert first is not None
    assert first.password_hash == hashed
    await office.store.write(lambda tx: tx.accounts.rehash(first.id, hashed, "made anew by a login"))
    report = await declare(office, replace(whole(), accounts=(row,)))
    assert outcomes(report)[Kind.SFTP_ACCOUNT] == {"unchanged": 1}
    assert (await login(office)) == replace(first, password_hash="made anew by a login")
    other = replace(row, password_hash="$6$abcdefgh$" + "b" * 86)
    report = await declare(office, replace(whole(), accounts=(other,)))
    assert [(change.name, change.fields) for change in report.changes] == [("town", ("password",))]
    changed = await login(office)
    assert changed is not None
    assert (changed.password_hash, changed.version) == (other.password_hash, first.version + 1)
    await declare(office, replace(whole(), accounts=(account(password="plain"),)))
    given = await login(office)
    assert given is not None
    assert given.imported_hash is None


async def test_an_account_with_keys_needs_no_password(office: Office) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"
    report = await declare(office, replace(whole(), accounts=(account(password=None, public_keys=(key,)),)))
    assert report.credentials == ()
    found = await login(office)
    assert found is not None
    assert found.password_hash is None


async def test_another_secret_replaces_the_first_and_ends_tokens(office: Office) -> None:
    await declare(office, whole())
    later = office.clock().replace(year=2030)
    await office.store.write(lambda tx: tx.clients.issue(b"digest", "depot", Role.OSL, later))
    report = await declare(office, Declaration(clients=(client(secret="other"),)))
    (change,) = report.changes
    assert (change.outcome, change.fields) == (Outcome.UPDATED, ("secret",))
    found = await known_client(office)
    assert found is not None
    assert [office.secrets.verify(found.secret_hashes[0], secret) for secret in ("right", "other")] == [False, True]
    assert await office.store.read(lambda tx: tx.clients.bearer(b"digest", office.clock())) is None


async def test_a_change_of_an_account_raises_its_version(office: Office) -> None:
    await declare(office, whole())
    await declare(office, rows(account(password=None, serves=None, allow_unread=True)))
    found = await login(office)
    assert found is not None
    assert (found.version, found.allow_unread) == (2, True)
    assert office.secrets.verify(found.password_hash or "", "right")
    await declare(office, rows(account(serves=((TOWN, PROCESS), (OTHER, PROCESS)))))
    again = await login(office)
    assert again is not None
    assert (again.version, again.allow_unread) == (3, True)  # what is left out stays
    assert len(await office.store.read(lambda tx: tx.accounts.subscriptions(found.id))) == 2


async def test_what_a_row_leaves_out_stays(office: Office) -> None:
    await declare(office, replace(whole(), subscriptions=(subscription(webhook=HOOK, email="a@example.org"),)))
    await declare(office, Declaration(subscriptions=(subscription(email="b@example.org"),)))
    found = await known(office)
    assert (found.webhook, found.email) == (HOOK, "b@example.org")


async def test_single_rules_of_a_process_change_alone(office: Office) -> None:
    rules = StatusRules(mandatory=Status.IN_PROGRESS, awaiting=True)
    await declare(office, replace(whole(), processes=(process(rules=rules),)))
    strict = process(rules=StatusRules(strict=True))
    await declare(office, Declaration(processes=(replace(strict, given=frozenset({"rules.strict"})),)))
    found = await office.store.read(lambda tx: tx.processes.get(PROCESS))
    assert found is not None
    assert found.rules == replace(rules, strict=True)


async def test_another_access_mode_is_a_switch(office: Office) -> None:
    await declare(office, whole())
    report = await declare(office, Declaration(subscriptions=(subscription(mode=Mode.API),)))
    assert [change.fields for change in report.changes] == [("access_mode",)]
    found = await known(office)
    assert (found.access_mode, found.epoch) == (Mode.API, 2)
    counts = (await lines(office))[-1]
    (switch,) = [
        line
        for line in await office.store.read(lambda tx: tx.journal.after(0))
        if line.entry == Entry.SUBSCRIPTION_SWITCHED
    ]
    assert (switch.subscription_id, switch.epoch) == (found.id, 2)
    assert (switch.detail["from"], switch.detail["to"]) == ("SFTP (pull)", "API")
    assert counts.detail["subscriptions"]["updated"] == 1


async def test_a_new_webhook_gets_its_signing_secret_once(office: Office) -> None:
    wanted = replace(whole(), subscriptions=(subscription(webhook=HOOK),))
    (made,) = (await declare(office, wanted)).webhooks
    found = await known(office)
    assert (made.subscriber, made.url, made.secret) == (TOWN, HOOK, webhook_key(office, found.id))
    assert (await declare(office, wanted)).webhooks == ()


async def test_an_import_that_was_overtaken_is_refused_whole(office: Office) -> None:
    """Between the look and the write, another import gives the same client another secret."""
    await declare(office, whole())
    original = await known_client(office)
    assert original is not None

    def overtake(done: int, _: int) -> None:
        if done == 1:
            other = replace(original, secret_hashes=("hash of theirs",))
            waiting.append(office.store.write(lambda tx: tx.clients.change(other, office.clock())))

    waiting: list[object] = []

    class Store:
        read = staticmethod(office.store.read)

        @staticmethod
        async def write(verb: object) -> object:
            for each in waiting:
                await each  # type: ignore[misc]  # a coroutine, by construction
            return await office.store.write(verb)  # type: ignore[arg-type]  # a verb

    slow = replace(office, store=Store())  # type: ignore[arg-type]  # as good as a store
    wanted = Declaration((organization("SI-21990000300017-99003"),), clients=(client(secret="mine"),))
    with pytest.raises(ConflictError, match="API client depot was changed by somebody else"):
        await onboard(slow, gateway_caller(office, "import"), wanted, dry_run=False, progress=overtake)
    assert await office.store.read(lambda tx: tx.organizations.get("SI-21990000300017-99003")) is None


async def test_rows_may_refer_to_what_the_store_holds(office: Office) -> None:
    await declare(office, Declaration((organization(OSL), organization(TOWN)), (process(),)))
    report = await declare(office, Declaration(subscriptions=(subscription(),), accounts=(account(),)))
    assert report.counts[Kind.SFTP_ACCOUNT][Outcome.CREATED] == 1


def test_rows_are_told_apart_by_value() -> None:
    assert Declared("x", frozenset()) == Declared("x", frozenset())


async def test_somebody_answers_for_every_subscription(office: Office) -> None:
    named = organization(TOWN)
    named = replace(named, record=replace(named.record, email="mairie@example.org"), given=frozenset({"name", "email"}))
    declaration = replace(whole(), organizations=(organization(OSL), named, organization(OTHER)))
    await declare(office, declaration)
    assert (await known(office)).local_administrator == Contact("mairie@example.org")
    assert (await known(office, OTHER)).local_administrator is None
    assert not (await declare(office, declaration)).changes
    zoe = Contact("zoe@example.org", "Zoé")
    for row, expected in ((subscription(local_administrator=zoe), zoe), (subscription(email="b@example.org"), zoe)):
        await declare(office, Declaration(subscriptions=(row,)))
        assert (await known(office)).local_administrator == expected
