from __future__ import annotations

from gateway.services.credentials import Settled, Wanted, settle
from gateway.services.office import Office


async def test_a_secret_that_matches_keeps_its_hash(office: Office) -> None:
    hashes = (office.secrets.hash("old"), office.secrets.hash("right"))
    assert await settle(office, [Wanted("a", "right", hashes)], dry_run=False) == {"a": Settled()}


async def test_a_new_secret_is_hashed_and_a_missing_one_made(office: Office) -> None:
    wanted = [Wanted("given", "new", (office.secrets.hash("old"),)), Wanted("made", None, (), generate=True)]
    settled = await settle(office, wanted, dry_run=False)
    assert office.secrets.verify(settled["given"].hash or "", "new")
    assert settled["given"].generated is None
    made = settled["made"].generated
    assert made is not None
    assert office.secrets.verify(settled["made"].hash or "", made)


async def test_what_is_neither_given_nor_needed_is_left_alone(office: Office) -> None:
    assert await settle(office, [Wanted("a", None, ("hash",))], dry_run=False) == {}


async def test_a_dry_run_makes_nothing(office: Office) -> None:
    settled = await settle(office, [Wanted("a", None, (), generate=True)], dry_run=True)
    assert settled == {"a": Settled(hash="")}


async def test_progress_counts_to_the_end(office: Office) -> None:
    told: list[tuple[int, int]] = []
    wanted = [Wanted(str(number), "x", ()) for number in range(20)]
    await settle(office, wanted, dry_run=False, progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 20) for done in range(1, 21)]


def test_secrets_do_not_show() -> None:
    assert "word" not in repr(Wanted("a", "word", ("word",))) + repr(Settled("word", "word"))
