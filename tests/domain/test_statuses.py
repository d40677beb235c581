"""The transition table, cell by cell, the steps that it inserts, and the status of folders."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import InvalidRequestError
from gateway.domain.identity import Role
from gateway.domain.statuses import FINAL, RANK, Status, StatusRules, Step, allowed, folder_status, steps

WIDEST = StatusRules(mandatory=None, awaiting=True)

# Written as the process sheets write it: before → after.
RECIPIENT = """
HUBEE_NOTIFIED: SENT SI_RECEIVED IN_PROGRESS ADD_AWAITING REFUSED SI_INTG_ERROR
SENT: SI_RECEIVED IN_PROGRESS ADD_AWAITING REFUSED SI_INTG_ERROR DONE
SI_RECEIVED: IN_PROGRESS ADD_AWAITING REFUSED SI_INTG_ERROR DONE
IN_PROGRESS: ADD_AWAITING REFUSED SI_INTG_ERROR DONE
ADD_AWAITING: IN_PROGRESS REFUSED SI_INTG_ERROR DONE
"""
DEPOSITOR = """
HUBEE_RECEIVED: HUBEE_COMPLETED
HUBEE_COMPLETED: HUBEE_NOTIFIED
HUBEE_NOTIFIED: HUBEE_NOTIFIED
SENT: HUBEE_NOTIFIED
SI_INTG_ERROR: HUBEE_NOTIFIED
SI_RECEIVED: CLOSED HUBEE_NOTIFIED
IN_PROGRESS: CLOSED HUBEE_NOTIFIED
ADD_AWAITING: CLOSED HUBEE_NOTIFIED
DONE: CLOSED HUBEE_NOTIFIED
REFUSED: CLOSED HUBEE_NOTIFIED
CLOSED: HUBEE_NOTIFIED
ARCHIVED: HUBEE_NOTIFIED
"""
GATEWAY = """
HUBEE_COMPLETED: HUBEE_NOTIFIED
CLOSED: ARCHIVED
"""


def cells(text: str) -> dict[Status, set[Status]]:
    rows = (line.split(":") for line in text.strip().splitlines())
    return {Status(before): {Status(after) for after in afters.split()} for before, afters in rows}


@pytest.mark.parametrize(
    ("role", "table"), [(Role.SI, RECIPIENT), (Role.OSL, DEPOSITOR), (Role.ADMIN, GATEWAY), (Role.DATAPASS, "")]
)
@pytest.mark.parametrize("before", Status)
def test_every_cell_of_the_table(role: Role, table: str, before: Status) -> None:
    assert allowed(WIDEST, role, before) == cells(table).get(before, set())


@pytest.mark.parametrize("before", Status)
def test_without_complements_nobody_waits_for_them(before: Status) -> None:
    rules = StatusRules(awaiting=False)
    assert allowed(rules, Role.SI, before) == cells(RECIPIENT).get(before, set()) - {Status.ADD_AWAITING}


@pytest.mark.parametrize("end", sorted(FINAL))
@pytest.mark.parametrize("before", Status)
def test_a_final_status_that_the_process_does_not_have_is_forbidden(before: Status, end: Status) -> None:
    rules = StatusRules(final=frozenset({end}), awaiting=True)
    assert allowed(rules, Role.SI, before) == cells(RECIPIENT).get(before, set()) - (FINAL - {end})


def test_extra_changes_widen_the_recipients_part_of_the_table_alone() -> None:
    rules = StatusRules(awaiting=True, extra={Status.SI_INTG_ERROR: frozenset({Status.SI_RECEIVED})})
    assert allowed(rules, Role.SI, Status.SI_INTG_ERROR) == {Status.SI_RECEIVED}
    assert allowed(rules, Role.OSL, Status.SI_INTG_ERROR) == {Status.HUBEE_NOTIFIED}
    assert allowed(rules, Role.SI, Status.SENT) == cells(RECIPIENT)[Status.SENT]


def test_extra_changes_give_no_final_status_that_the_process_does_not_have() -> None:
    rules = StatusRules(
        final=frozenset({Status.DONE}),
        extra={Status.HUBEE_NOTIFIED: frozenset({Status.DONE, Status.REFUSED, Status.ADD_AWAITING})},
    )
    found = allowed(rules, Role.SI, Status.HUBEE_NOTIFIED)
    assert Status.DONE in found
    assert not found & {Status.REFUSED, Status.ADD_AWAITING}


RECEIVED_FIRST = StatusRules(mandatory=Status.SI_RECEIVED, awaiting=True)
PROGRESS_FIRST = StatusRules(mandatory=Status.IN_PROGRESS, final=frozenset({Status.DONE}), awaiting=True)


@pytest.mark.parametrize(
    ("rules", "before", "wanted", "way"),
    [
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "SENT", "SENT"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "SI_RECEIVED", "SI_RECEIVED"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "IN_PROGRESS", "+SI_RECEIVED IN_PROGRESS"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "ADD_AWAITING", "+SI_RECEIVED ADD_AWAITING"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "REFUSED", "+SI_RECEIVED REFUSED"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "DONE", "+SI_RECEIVED DONE"),
        (RECEIVED_FIRST, "HUBEE_NOTIFIED", "SI_INTG_ERROR", "SI_INTG_ERROR"),
        (RECEIVED_FIRST, "SENT", "DONE", "+SI_RECEIVED DONE"),
        (RECEIVED_FIRST, "SENT", "SI_INTG_ERROR", "SI_INTG_ERROR"),
        (RECEIVED_FIRST, "SI_RECEIVED", "DONE", "DONE"),
        (RECEIVED_FIRST, "IN_PROGRESS", "DONE", "DONE"),
        (RECEIVED_FIRST, "ADD_AWAITING", "IN_PROGRESS", "IN_PROGRESS"),
        (PROGRESS_FIRST, "HUBEE_NOTIFIED", "SI_RECEIVED", "SI_RECEIVED"),
        (PROGRESS_FIRST, "HUBEE_NOTIFIED", "IN_PROGRESS", "IN_PROGRESS"),
        (PROGRESS_FIRST, "HUBEE_NOTIFIED", "DONE", "+IN_PROGRESS DONE"),
        (PROGRESS_FIRST, "SENT", "DONE", "+IN_PROGRESS DONE"),
        (PROGRESS_FIRST, "SI_RECEIVED", "DONE", "+IN_PROGRESS DONE"),
        (PROGRESS_FIRST, "SI_RECEIVED", "ADD_AWAITING", "+IN_PROGRESS ADD_AWAITING"),
        (PROGRESS_FIRST, "ADD_AWAITING", "DONE", "DONE"),
        (PROGRESS_FIRST, "SENT", "SI_INTG_ERROR", "SI_INTG_ERROR"),
    ],
)
def test_a_mandatory_status_that_was_skipped_is_inserted(
    rules: StatusRules, before: str, wanted: str, way: str
) -> None:
    expected = tuple(Step(Status(word.removeprefix("+")), word.startswith("+")) for word in way.split())
    assert steps(rules, Role.SI, Status(before), Status(wanted)) == expected


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("status", Status)
def test_the_present_status_needs_no_step(role: Role, status: Status) -> None:
    assert steps(WIDEST, role, status, status) == ()


@pytest.mark.parametrize(
    ("role", "before", "wanted", "names"),
    [
        (Role.SI, "DONE", "REFUSED", "none"),
        (Role.SI, "CLOSED", "DONE", "none"),
        (Role.SI, "SI_INTG_ERROR", "DONE", "none"),
        (Role.SI, "IN_PROGRESS", "SI_RECEIVED", "DONE, REFUSED, SI_INTG_ERROR"),
        (Role.SI, "IN_PROGRESS", "CLOSED", "DONE, REFUSED, SI_INTG_ERROR"),
        (Role.SI, "SENT", "ADD_AWAITING", "DONE, IN_PROGRESS, REFUSED, SI_INTG_ERROR, SI_RECEIVED"),
        (Role.OSL, "SENT", "CLOSED", "HUBEE_NOTIFIED"),
        (Role.OSL, "IN_PROGRESS", "DONE", "CLOSED, HUBEE_NOTIFIED"),
        (Role.OSL, "HUBEE_RECEIVED", "HUBEE_NOTIFIED", "HUBEE_COMPLETED"),
        (Role.ADMIN, "DONE", "ARCHIVED", "none"),
    ],
)
def test_a_forbidden_change_names_what_is_allowed(role: Role, before: str, wanted: str, names: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        steps(StatusRules(), role, Status(before), Status(wanted))
    assert refused.value.message == f"Status {wanted} is not allowed from {before}; allowed: {names}"


def test_a_process_without_mandatory_status_inserts_nothing() -> None:
    assert steps(WIDEST, Role.SI, Status.SENT, Status.DONE) == (Step(Status.DONE),)
    with pytest.raises(InvalidRequestError, match="not allowed from HUBEE_NOTIFIED"):
        steps(WIDEST, Role.SI, Status.HUBEE_NOTIFIED, Status.DONE)


RULES = st.builds(
    StatusRules,
    mandatory=st.sampled_from([None, Status.SI_RECEIVED, Status.IN_PROGRESS]),
    final=st.sampled_from([FINAL, frozenset({Status.DONE}), frozenset({Status.REFUSED})]),
    awaiting=st.booleans(),
)


@given(RULES, st.sampled_from(Role), st.sampled_from(Status), st.sampled_from(Status))
def test_every_way_ends_where_it_should_by_steps_that_are_allowed(
    rules: StatusRules, role: Role, before: Status, wanted: Status
) -> None:
    try:
        way = steps(rules, role, before, wanted)
    except InvalidRequestError:
        return
    assert not way or (way[-1].status is wanted and not way[-1].inserted)
    at = before
    for step in way:
        assert step.status in allowed(rules, role, at)
        at = step.status


CASES = st.lists(st.sampled_from(Status), min_size=1, max_size=5)


@given(CASES, st.randoms(use_true_random=False))
def test_a_folders_status_depends_neither_on_order_nor_on_repetition(cases: list[Status], random: Random) -> None:
    mixed = [*cases, *cases]
    random.shuffle(mixed)
    assert folder_status(mixed) is folder_status(cases)


@given(CASES)
def test_a_folder_is_as_far_as_its_least_advanced_case(cases: list[Status]) -> None:
    assert RANK[folder_status(cases)] == min(RANK[case] for case in cases)


@given(st.lists(st.sampled_from([Status.DONE, Status.REFUSED]), min_size=1, max_size=5))
def test_a_folder_whose_cases_are_all_final_is_refused_only_if_all_are(cases: list[Status]) -> None:
    assert folder_status(cases) is (Status.DONE if Status.DONE in cases else Status.REFUSED)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations_with_replacement(Status, 2)))
def test_a_folder_closes_with_its_last_case(one: Status, other: Status) -> None:
    least = min(one, other, key=lambda status: RANK[status])
    assert (folder_status([one, other]) is Status.CLOSED) is (least is Status.CLOSED)


def test_what_could_not_be_taken_in_counts_as_sent() -> None:
    assert folder_status([Status.SI_INTG_ERROR]) is Status.SENT
    assert folder_status([Status.SI_INTG_ERROR, Status.DONE]) is Status.SENT
    assert folder_status([Status.SI_INTG_ERROR, Status.HUBEE_NOTIFIED]) is Status.HUBEE_NOTIFIED
