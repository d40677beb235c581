"""What is a disagreement about a dual run: each is planted here, and named with its delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from gateway.domain.fates import Acknowledgement, Fate
from gateway.domain.identity import Mode
from gateway.domain.rehearsals import Compared, Likeness, Rehearsal
from gateway.domain.rehearsals import Comparison as Result
from tools.simulate.comparison import Comparison
from tools.simulate.habits import drawn
from tools.simulate.ledger import Deposited, DepositorLedger, Said, What
from tools.simulate.rehearsed import disagreements
from tools.simulate.subscribers import Run, Subscriber

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
END = BEGIN + 48 * HOUR
ARCHIVE = "N-000001-EtatCivil-1.zip"
FETCHED = Said(BEGIN + 2 * HOUR, "SFTP", "rennes", What.FETCHED, ARCHIVE)
RENAMED = Said(BEGIN + 3 * HOUR, "SFTP", "rennes", What.RENAMED, ARCHIVE)
ANSWERED = Said(BEGIN + 4 * HOUR, "SFTP", "rennes", What.ANSWERED, "N-000001", status="DONE")
READ = Said(BEGIN + 2 * HOUR, "API", "client", What.FETCHED, "c-1")
DONE = Said(BEGIN + 5 * HOUR, "API", "client", What.POSTED, "c-1", status="DONE")
OWNER, OTHER = (FETCHED, RENAMED, ANSWERED), (READ, DONE)


def comparison(*said: Said) -> Comparison:
    subscriber = Subscriber("SI-1", "EtatCivil", "s-1", drawn(Random(1), 365), Mode.SFTP)
    subscriber.ledger.note(*said)
    subscriber.runs.append(Run("r-1", Mode.API, BEGIN, END))
    counted = Acknowledgement(9, RENAMED.at, "ACCEPTED", "SFTP", "rennes", 1, "rename")
    served = [(one.door, one.actor) for one in said if one.what is What.FETCHED]
    fate = Fate("d-1", "c-1", ARCHIVE, None, 1, BEGIN + HOUR, [counted], served)
    cases = [Deposited("c-1", "f-1", "N-000001", "s-1", BEGIN + HOUR)]
    statuses = {"c-1": "DONE"} if ANSWERED in said else {"c-1": "SI_RECEIVED"}
    heard = DepositorLedger(statuses={"c-1": ["SENT", *statuses.values()]})
    return Comparison(subscriber, {"d-1": fate}, set(), statuses, cases, heard)


def told(likeness: Likeness, *differences: str, of: str = "d-1") -> Result:
    run = Rehearsal("r-1", "s-1", Mode.API, 1, "operator", BEGIN, END, END)
    return Result(run, Mode.SFTP, (Compared(of, "c-1", ARCHIVE, likeness, differences),))


def found(about: Comparison, result: Result) -> list[str]:
    return list(disagreements(about, about.subscriber.runs[0], result))


def test_both_did_the_same() -> None:
    about = comparison(*OWNER, *OTHER)
    assert found(about, told(Likeness.EQUAL)) == []
    assert list(about.faults()) == []


def test_equal_and_one_of_them_knows_nothing_of_it() -> None:
    assert found(comparison(*OWNER), told(Likeness.EQUAL))[0].endswith("EQUAL: API knows nothing of it")
    assert "SFTP knows nothing of it" in found(comparison(READ), told(Likeness.EQUAL))[0]


def test_equal_and_only_the_rehearsal_came_to_an_end() -> None:
    (fault,) = found(comparison(FETCHED, RENAMED, READ, DONE), told(Likeness.EQUAL))
    assert fault.endswith("the system that rehearsed said DONE, and SFTP did not")


def test_fetched_by_one_only_and_the_other_has_it_whole() -> None:
    only = told(Likeness.DIFFERENT, "fetched by SFTP only")
    assert found(comparison(*OWNER), only) == []
    (fault,) = found(comparison(*OWNER, READ), only)
    assert fault.endswith("API has it whole")


def test_fetched_by_neither_and_somebody_has_it() -> None:
    neither = told(Likeness.PENDING, "fetched by neither")
    assert found(comparison(), neither) == []
    assert len(found(comparison(FETCHED, READ), neither)) == 2


def test_a_delivery_that_the_journal_does_not_know() -> None:
    assert "d-2" in found(comparison(), told(Likeness.EQUAL, of="d-2"))[0]


def test_what_was_rehearsed_counts_for_nothing() -> None:
    """An acknowledgement that only the rehearsing system made is one that nobody made."""
    about = comparison(FETCHED, READ, DONE)
    faults = list(about.faults())
    assert any("acknowledged by rennes (rename), who knows nothing of it" in one for one in faults)
    assert not any("said DONE" in one for one in faults)
    rehearsed = Said(RENAMED.at, "API", "client", What.DISMISSED, "d-1")
    about = comparison(FETCHED, READ, rehearsed)
    about.fates["d-1"].acknowledgements[:] = [Acknowledgement(9, RENAMED.at, "ACCEPTED", "API", "client", 1, "dismiss")]
    assert any("acknowledged by client (dismiss), who knows nothing of it" in one for one in about.faults())
