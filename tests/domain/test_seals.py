"""Seals: what they vouch for, and what their check names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.journal import Line
from gateway.domain.seals import GENESIS, Fault, Seal, Verification, canonical, line_digest, seal_digest

NOW = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


def line(seq: int, **values: object) -> Line:
    told = Line(seq, NOW, "case.status", "API", "client", "SI-1", None, None, None, None, 1, None, {"to": "DONE"}, None)
    return replace(told, **values)  # type: ignore[arg-type]  # each test names its own fields


def sign(message: bytes) -> bytes:
    return b"signed " + message


def check(message: bytes, signature: bytes) -> bool:
    return signature == sign(message)


def sealed(lines: Iterable[Line], first: int, last: int, previous: bytes = GENESIS, late: tuple[int, ...] = ()) -> Seal:
    known = sorted(lines, key=lambda one: one.seq)
    digests = b"".join(map(line_digest, known))
    there = {one.seq for one in known}
    missing = tuple(seq for seq in range(first, last + 1) if seq not in there)
    digest = seal_digest(first, last, missing, late, digests, previous, NOW)
    return Seal(first, last, missing, late, digests, previous, digest, "key", sign(digest), NOW)


def found(*parts: tuple[Seal, Sequence[Line]]) -> list[Fault]:
    verification = Verification(check)
    return [fault for seal, lines in parts for fault in verification.take(seal, lines)] + verification.end()


LINES = [line(1), line(2), line(3)]
FIRST = sealed(LINES, 1, 3)
MORE = [line(4), line(6)]
SECOND = sealed(MORE, 4, 6, FIRST.digest)
THIRD = sealed([line(5), line(7)], 7, 7, SECOND.digest, late=(5,))


def test_a_journal_as_it_was_sealed_has_no_fault() -> None:
    verification = Verification(check)
    assert verification.take(FIRST, LINES) == []
    assert verification.take(SECOND, MORE) == []
    assert verification.take(THIRD, [line(7), line(5)]) == []
    assert (verification.seals, verification.lines, verification.end()) == (3, 7, [])


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, detail={"to": "REFUSED"}),
        lambda one: replace(one, actor="somebody else"),
        lambda one: replace(one, at=NOW.replace(hour=10)),
        lambda one: replace(one, commitment="0" * 64),
        lambda one: replace(one, epoch=None),
    ],
)
def test_a_changed_line_is_named(change: Callable[[Line], Line]) -> None:
    assert found((FIRST, [LINES[0], change(LINES[1]), LINES[2]])) == [Fault(2, "was changed after it was sealed")]


def test_a_line_taken_out_is_named_and_the_others_are_not() -> None:
    assert found((FIRST, [LINES[0], LINES[2]])) == [Fault(2, "is missing")]


def test_a_line_put_in_is_named() -> None:
    (fault,) = found((FIRST, LINES), (SECOND, [*MORE, line(5)]))
    assert fault.seq == 5
    assert "was put in" in fault.reason


def test_a_line_that_committed_late_is_held_by_a_later_seal() -> None:
    assert found((FIRST, LINES), (SECOND, [*MORE, line(5)]), (THIRD, [line(7), line(5)])) == []


def test_a_seal_that_was_left_out_is_noticed() -> None:
    (fault,) = found((FIRST, LINES), (THIRD, [line(7), line(5)]))
    assert fault.seq is None
    assert "does not follow the one before it" in fault.reason


@pytest.mark.parametrize(
    "forged",
    [
        replace(FIRST, signature=b"forged"),
        replace(FIRST, digest=bytes(32), signature=sign(bytes(32))),
        replace(FIRST, sealed_at=NOW.replace(year=2027)),
    ],
)
def test_a_forged_seal_is_noticed(forged: Seal) -> None:
    (fault,) = found((forged, LINES))
    assert "is not signed by the gateway's key" in fault.reason


def test_missing_numbers_cannot_be_added_to_hide_a_line() -> None:
    hiding = replace(FIRST, missing=(2,), digests=FIRST.digests[:32] + FIRST.digests[64:])
    faults = found((hiding, [LINES[0], LINES[2]]))
    assert ["is not signed" in fault.reason for fault in faults] == [True]


def test_a_seal_without_a_digest_for_each_line_is_noticed() -> None:
    cut = sealed(LINES[:2], 1, 2)
    cut = replace(cut, last=3, digest=seal_digest(1, 3, (), (), cut.digests, GENESIS, NOW))
    (fault,) = found((replace(cut, signature=sign(cut.digest)), LINES))
    assert "does not hold a digest for each of its lines" in fault.reason


def test_the_text_that_is_hashed_is_one_and_the_same() -> None:
    assert canonical({"b": "é", "a": NOW}) == '{"a":"2026-03-02T09:00:00.000+00:00","b":"é"}'.encode()
    with pytest.raises(TypeError, match="nothing of type object"):
        canonical({"a": object()})
