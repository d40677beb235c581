"""What a balance sheet calls a disagreement: each is planted here, and named with its delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.domain.fates import Acknowledgement, Fate
from gateway.domain.identity import Mode
from tools.simulate.comparison import Comparison
from tools.simulate.habits import drawn
from tools.simulate.ledger import Deposited, DepositorLedger, Said, What
from tools.simulate.subscribers import Subscriber

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ARCHIVE = "N-000001-EtatCivil-1.zip"
FETCHED = Said(NOON, "SFTP", "rennes", What.FETCHED, ARCHIVE)
RENAMED = Said(LATER, "SFTP", "rennes", What.RENAMED, ARCHIVE)
ANSWERED = Said(LATER, "SFTP", "rennes", What.ANSWERED, "N-000001", status="DONE")
COUNTED = Acknowledgement(9, LATER, "ACCEPTED", "SFTP", "rennes", 1, "rename")


@dataclass
class Year:
    """One dossier that was fetched, taken in and answered; a test changes one thing about it."""

    said: list[Said] = field(default_factory=lambda: [FETCHED, RENAMED, ANSWERED])
    fate: Fate = field(
        default_factory=lambda: Fate("d-1", "c-1", ARCHIVE, None, 1, NOON, [COUNTED], [("SFTP", "rennes")])
    )
    kept: set[str] = field(default_factory=set)
    statuses: dict[str, str] = field(default_factory=lambda: {"c-1": "DONE"})
    heard: dict[str, list[str]] = field(default_factory=lambda: {"c-1": ["SENT", "SI_RECEIVED", "DONE"]})
    delivered: bool = True
    faults: list[str] = field(default_factory=list)

    def compared(self) -> list[str]:
        subscriber = Subscriber("SI-1", "EtatCivil", "s-1", drawn(Random(1), 365), Mode.SFTP)
        subscriber.ledger.note(*self.said)
        subscriber.ledger.faults += self.faults
        deposited = [Deposited("c-1", "f-1", "N-000001", "s-1", NOON)]
        ledger = DepositorLedger(statuses=self.heard)
        fates = {"d-1": self.fate} if self.delivered else {}
        return list(Comparison(subscriber, fates, self.kept, self.statuses, deposited, ledger).faults())


def only(year: Year) -> str:
    (found,) = year.compared()
    return found


def test_a_year_in_which_all_agree() -> None:
    assert Year().compared() == []


def test_a_delivery_that_was_never_made() -> None:
    year = Year(said=[], statuses={}, delivered=False)
    assert only(year) == "case c-1: deposited, and never delivered"


def test_a_delivery_that_counts_twice() -> None:
    year = Year()
    year.fate.acknowledgements.append(COUNTED)
    assert only(year) == f"delivery d-1 ({ARCHIVE}): counted twice"


def test_a_delivery_that_is_open_and_waits_nowhere() -> None:
    year = Year(said=[FETCHED], statuses={"c-1": "SENT"})
    year.fate.acknowledgements.clear()
    assert only(year) == f"delivery d-1 ({ARCHIVE}): lost: it waits nowhere"
    year.kept.add("d-1")
    assert year.compared() == []


def test_a_delivery_that_still_waits_though_it_was_taken_in() -> None:
    assert "it still waits, and the journal says ACCEPTED" in only(Year(kept={"d-1"}))


def test_a_delivery_that_waits_and_is_in_no_journal() -> None:
    assert only(Year(kept={"d-2"})) == "delivery d-2: waits, and the journal never heard of it"


def test_an_acknowledgement_that_no_client_made() -> None:
    assert "acknowledged by rennes (rename), who knows nothing of it" in only(Year(said=[FETCHED, ANSWERED]))


def test_a_reading_that_no_client_finished() -> None:
    assert "served whole to rennes, who did not have it whole" in only(Year(said=[RENAMED, ANSWERED]))


def test_a_reading_that_the_journal_does_not_know() -> None:
    year = Year()
    year.fate.served.clear()
    assert "was read whole, and the journal does not say so" in only(year)


def test_a_reading_of_what_had_expired_is_not_looked_for() -> None:
    year = Year()
    year.fate.served.clear()
    year.fate.ended_seq = 5
    assert year.compared() == []


def test_an_acknowledgement_that_was_taken_and_did_not_count() -> None:
    year = Year(said=[FETCHED, RENAMED], statuses={"c-1": "SENT"}, kept={"d-1"})
    year.fate.acknowledgements.clear()
    assert "renamed" in only(year)
    assert "was taken, and did not count" in only(year)


def test_one_that_was_refused_may_not_count() -> None:
    refused = Said(LATER, "SFTP", "rennes", What.RENAMED, ARCHIVE, taken=False)
    year = Year(said=[FETCHED, refused], statuses={"c-1": "SENT"}, kept={"d-1"})
    year.fate.acknowledgements.clear()
    assert year.compared() == []


def test_a_final_status_that_is_another_or_that_the_depositor_never_heard_of() -> None:
    assert "its subscriber said DONE, and it is SENT" in only(Year(statuses={"c-1": "SENT"}))
    assert "its depositor never heard of it" in only(Year(heard={"c-1": ["SENT"]}))


def test_what_a_client_saw_to_be_wrong() -> None:
    assert only(Year(faults=["other bytes"])) == "other bytes"
