"""What a login costs: the same, whatever is wrong with it. Counted, not timed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import bcrypt
import pytest
from argon2 import PasswordHasher

from gateway.domain.authorized_keys import PARIS
from gateway.domain.errors import UnauthorizedError
from gateway.domain.identity import Role
from gateway.domain.referential import ApiClient
from gateway.services import authenticate
from gateway.store.passwords import Secrets
from tests.services.people import BREST
from tests.services.town import Town

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
SHA512 = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
CHEAP = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass
class Work:
    """What was done since it was last cleared."""

    reads: int = 0
    writes: int = 0
    verified: list[str] = field(default_factory=list)
    hashed: int = 0

    def taken(self) -> tuple[int, int, int, int]:
        """Reads, verifications, new hashes and writes, and none of them from now on."""
        found = self.reads, len(self.verified), self.hashed, self.writes
        self.reads = self.writes = self.hashed = 0
        self.verified.clear()
        return found


@pytest.fixture
async def work(town: Town, monkeypatch: pytest.MonkeyPatch) -> Work:
    """Counts; secrets are real ones."""
    work = Work()
    secrets = Secrets(b"a master key of thirty-two bytes", CHEAP)
    read, glance, write = town.store.read, town.store.glance, town.store.write
    verify, make = secrets.verify, secrets.hash

    async def reading(query: Any) -> Any:
        work.reads += 1
        return await read(query)

    async def glancing(query: Any) -> Any:
        before = work.reads
        found = await glance(query)
        work.reads = before + 1  # whichever way it took
        return found

    async def writing(verb: Any) -> Any:
        work.writes += 1
        return await write(verb)

    def verifying(hashed: str, secret: str) -> bool:
        work.verified.append(hashed)
        return verify(hashed, secret)

    def hashing(secret: str) -> str:
        work.hashed += 1
        return make(secret)

    await town.change_account("rennes", password_hash=secrets.hash("secret"))
    monkeypatch.setattr(town.store, "read", reading)
    monkeypatch.setattr(town.store, "glance", glancing)
    monkeypatch.setattr(town.store, "write", writing)
    monkeypatch.setattr(secrets, "verify", verifying)
    monkeypatch.setattr(secrets, "hash", hashing)
    object.__setattr__(town.office, "secrets", secrets)
    return work


async def login(town: Town, name: str = "rennes", password: str = "secret", address: str = HERE) -> bool:
    return await authenticate.password_login(town.office, name, password, address) is not None


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("rennes", {}),
        ("nobody", {}),
        ("", {}),
        ("a name that cannot be / one", {}),
        ("rennes", {"enabled": False}),
        ("rennes", {"password_hash": None}),
        ("rennes", {"networks": (f"{ELSEWHERE}/32",)}),
        ("rennes", {"password_until": date(2026, 1, 1)}),
        ("rennes", {"password_hash": SHA512}),
        ("rennes", {"password_hash": bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()}),
        ("rennes", {"password_hash": "damaged"}),
    ],
)
async def test_whatever_is_wrong_costs_the_same(town: Town, work: Work, name: str, changes: dict[str, Any]) -> None:
    await town.change_account("rennes", **changes)
    work.taken()
    for _ in range(2):
        assert not await login(town, name, "wrong")
        assert work.taken() == (1, 1, 0, 1)


@pytest.mark.parametrize(
    "changes", [{"enabled": False}, {"networks": (f"{ELSEWHERE}/32",)}, {"password_until": date(1970, 1, 1)}]
)
async def test_the_right_password_costs_the_same_where_it_opens_nothing(
    town: Town, work: Work, changes: dict[str, Any]
) -> None:
    assert await login(town)
    await town.change_account("rennes", **changes)
    work.taken()
    assert not await login(town)
    assert work.verified == ["nobody"], "its hash is not looked at"
    assert work.taken() == (1, 1, 0, 1)


async def test_nothing_is_verified_or_written_for_who_waits(town: Town, work: Work) -> None:
    for name in ("rennes", "nobody"):
        for _ in range(town.office.policy.penalties.after):
            assert not await login(town, name, "wrong")
        work.taken()
        for password in ("wrong", "secret"):
            assert not await login(town, name, password)
            assert work.taken() == (1, 0, 0, 0)
        assert await authenticate.key_login(town.office, name, HERE) is None
        assert work.taken() == (1, 0, 0, 0)


@pytest.mark.parametrize("guesses", [0, 7, 58, 59, 60])
async def test_no_sequence_of_guesses_tells_an_account_from_a_name(
    town: Town, work: Work, guesses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was guessed before from an address, a name costs there what another costs, and leads to the same."""

    def verifying(hashed: str, secret: str) -> bool:  # there are many, and what each costs is shown above
        work.verified.append(hashed)
        return secret == "mine"

    monkeypatch.setattr(town.office.secrets, "verify", verifying)
    await town.change_account("rennes-2", password_hash=town.office.secrets.hash("mine"))
    found = {}
    for address, name in ((HERE, "rennes"), (ELSEWHERE, "nobody")):
        for number in range(guesses):
            for _ in range(1 + 6 * (number % 20 == 0)):
                await login(town, f"guess-{number}", "wrong", address)
        seen = []
        for guess in (name, name, "another name", *[name] * 6):
            work.taken()
            assert not await login(town, guess, "wrong", address)
            seen.append(work.taken())
        work.taken()
        mine = await login(town, "rennes-2", "mine", address)
        town.clock.pass_by(timedelta(hours=1))  # over all waits, and over what is remembered of that login
        found[name] = (seen, mine, work.taken())
    assert found["rennes"] == found["nobody"]


async def test_a_key_costs_one_read_whoever_it_is(town: Town, work: Work) -> None:
    assert await authenticate.key_login(town.office, "rennes", HERE) is not None
    assert await authenticate.key_login(town.office, "nobody", HERE) is None
    assert work.taken() == (2, 0, 0, 0)
    await town.change_account("rennes", networks=("198.51.100.0/24",))
    work.taken()
    assert await authenticate.key_login(town.office, "rennes", HERE) is None
    assert await authenticate.key_login(town.office, "rennes", f"::ffff:{ELSEWHERE}") is not None
    assert work.taken() == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("hashed", "password"),
    [(SHA512, "Hello world!"), (bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode(), "secret")],
    ids=["sha512", "bcrypt"],
)
async def test_an_imported_hash_is_made_anew_at_the_first_login(
    town: Town, work: Work, hashed: str, password: str
) -> None:
    await town.change_account("rennes", password_hash=hashed)
    lines = len(await town.lines())
    work.taken()
    before = await authenticate.password_login(town.office, "rennes", password, HERE)
    assert before is not None
    assert work.taken() == (1, 1, 1, 1)
    after = await town.store.read(lambda tx: tx.accounts.by_username("rennes"))
    assert after is not None
    assert (after, after.version) == (before, town.accounts["rennes"].version), "nothing else has changed"
    assert after.password_hash is not None
    assert after.password_hash.startswith("$argon2id$")
    assert len(await town.lines()) == lines
    work.taken()
    assert await login(town, password=password)
    assert work.taken() == (1, 0, 0, 0), "known from the moment before"
    town.clock.pass_by(timedelta(hours=1))
    assert await login(town, password=password)
    assert work.taken() == (1, 1, 0, 0)


async def test_a_session_outlives_the_new_hash(town: Town, work: Work) -> None:
    await town.change_account("rennes", password_hash=SHA512)
    by_key = await authenticate.key_login(town.office, "rennes", HERE)
    assert by_key is not None
    assert await login(town, password="Hello world!")
    assert await authenticate.still(town.office, by_key)


async def test_two_logins_at_once_make_one_new_hash(town: Town, work: Work) -> None:
    await town.change_account("rennes", password_hash=SHA512)
    account = await town.store.read(lambda tx: tx.accounts.by_username("rennes"))
    assert account is not None
    assert await town.store.write(lambda tx: tx.accounts.rehash(account.id, SHA512, "one"))
    assert not await town.store.write(lambda tx: tx.accounts.rehash(account.id, SHA512, "two"))


@pytest.mark.parametrize(
    ("at", "taken"),
    [(datetime(2026, 7, 1, 23, 59, 59, tzinfo=PARIS), True), (datetime(2026, 7, 2, tzinfo=PARIS), False)],
)
async def test_a_password_is_taken_until_the_end_of_its_day_in_paris(
    town: Town, work: Work, at: datetime, taken: bool
) -> None:
    await town.change_account("rennes", password_until=date(2026, 7, 1))
    town.clock.pass_by(at - town.clock())
    assert await login(town) is taken


async def test_a_client_of_the_api_costs_the_same_too(town: Town, work: Work) -> None:
    client = ApiClient("brest", BREST, Role.SI, None, (town.office.secrets.hash("secret"),))
    await town.store.write(lambda tx: tx.clients.add(client, town.clock()))
    for name in ("brest", "nobody"):
        for address, writes in ((None, 0), ("10.0.0.1", 0), ("8.8.8.8", 1)):
            work.taken()
            with pytest.raises(UnauthorizedError):
                await authenticate.grant_token(town.office, name, "wrong", "SI", address=address)
            assert work.taken() == (1, 1, 0, writes)
