"""Errors of the native operations."""

import json

from gateway.api.errors import answer, error_response
from gateway.api.problems import NATIVE_BASE, problem
from gateway.domain.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from gateway.domain.plans import MoveTextError, TextFault
from tests.api.visitor import Visitor


def told(error: Exception) -> dict[str, object]:
    response = answer(error)
    assert response is not None
    made = problem(response, error)
    assert made.content_type == "application/problem+json"
    assert isinstance(made.body, bytes)
    found: dict[str, object] = json.loads(made.body)
    assert found["status"] == made.status
    return found


def test_every_fault_is_listed() -> None:
    found = told(InvalidRequestError("a is wrong", "b is wrong"))
    assert (found["title"], found["detail"]) == ("Bad request", "a is wrong")
    assert found["errors"] == [{"detail": "a is wrong"}, {"detail": "b is wrong"}]


def test_faults_of_a_text_that_asks_for_a_move_have_their_place() -> None:
    found = told(MoveTextError(TextFault("to", 3, 1, "is wrong"), TextFault("", 0, 0, "and 7 more")))
    assert found["detail"] == "line 3, column 1: to: is wrong"
    assert found["errors"] == [
        {"detail": "line 3, column 1: to: is wrong", "path": "to", "line": 3, "column": 1},
        {"detail": "and 7 more", "path": "", "line": 0, "column": 0},
    ]


def test_what_is_another_ones_is_as_if_it_did_not_exist() -> None:
    assert told(ForbiddenError()) == told(NotFoundError("Case"))


def test_a_role_that_does_not_suffice_is_told_so() -> None:
    assert told(ForbiddenError("This operation is open to: ADMIN"))["status"] == 403


def test_a_conflict_names_the_present_state() -> None:
    assert told(ConflictError("too late", {"status": "DONE"}))["state"] == {"status": "DONE"}


def test_headers_of_the_answer_are_kept() -> None:
    made = problem(error_response(503, "later", headers={"Retry-After": "5"}))
    assert (made.status, made.headers["Retry-After"]) == (503, "5")


async def test_an_unknown_native_route_is_a_problem(visitor: Visitor) -> None:
    found = await visitor.raw("GET", NATIVE_BASE + "/nothing")
    assert (found.status, found.headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(found.body)["detail"] == "Resource is not found"
