"""Who takes part."""

from __future__ import annotations

from gateway.domain.identity import Transport
from tools.simulate import world
from tools.simulate.balance import shared_faults
from tools.simulate.ledger import Said, What
from tools.simulate.volumes import START


def test_operators_serve_many_by_one_account_and_those_have_none_of_their_own() -> None:
    people = world.people(1, 400, 3, 365)
    shared = world.operators(1, people, 365, real=True)
    members = [one for operator in shared for one in operator.members]
    assert len(members) == len({one.subscription for one in members}) > 60
    assert all(10 <= len(operator.members) <= 40 for operator in shared)
    assert [operator.real for operator in shared] == [True] + [False] * (len(shared) - 1)
    assert any(world.accounts(one) == [] for one in members)
    assert {one.process for one in shared[0].members} == set(world.shared_account(shared[0]).processes)
    assert not any(one.real for one in members)


def test_some_have_servers_of_their_own_and_no_accounts() -> None:
    people = world.people(1, 400, 3, 365)
    pushed = [one for one in people if one.transport is Transport.PUSH]
    assert 10 < len(pushed) < 50
    assert not any(one.real for one in pushed)
    assert all(world.accounts(one) == [] for one in pushed)


def test_a_few_subscribers_have_an_operator_too() -> None:
    (operator,) = world.operators(1, world.people(1, 30, 3, 365), 365, real=False)
    assert len(operator.members) == 10


def test_what_an_operator_says_that_no_journal_knows_and_an_ambiguous_answer_that_was_taken() -> None:
    (operator,) = world.operators(1, world.people(1, 30, 3, 365), 365, real=False)
    known = Said(START, "SFTP", "operator-1", What.FETCHED, "N-1-EtatCivil-1.zip")
    operator.ledger.note(known)
    assert list(shared_faults(operator, {known.about})) == []
    assert len(list(shared_faults(operator, set()))) == 1
    operator.ledger.note(Said(START, "SFTP", "operator-1", What.ANSWERED, "N-1"))
    operator.numbers["N-1"] = 1
    assert list(shared_faults(operator, {known.about})) == []
    operator.numbers["N-1"] = 2
    (fault,) = shared_faults(operator, {known.about})
    assert "of which it has two cases" in fault
