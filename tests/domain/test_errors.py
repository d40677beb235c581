"""What errors tell: each door renders these and nothing else."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    UnreadError,
)


def test_an_invalid_request_lists_every_fault_and_its_message_is_the_first() -> None:
    error = InvalidRequestError("one", "two")
    assert error.faults == ("one", "two")
    assert error.message == str(error) == "one"


def test_a_missing_object_is_named_as_the_hub_names_it() -> None:
    error = NotFoundError("Binary meta-data")
    assert error.noun == "Binary meta-data"
    assert error.message == "Binary meta-data is not found"


def test_a_caller_without_rights_is_told_so_in_the_words_of_the_hub() -> None:
    assert ForbiddenError().message == "Unauthorized user"
    assert ForbiddenError("only within out/").message == "only within out/"


def test_what_may_be_repeated_says_when() -> None:
    assert UnavailableError("later", timedelta(seconds=7)).retry_after == timedelta(seconds=7)


def test_every_kind_is_a_domain_error_with_a_message_to_show() -> None:
    for error in (UnauthorizedError("who?"), ConflictError("used"), UnreadError("read it first")):
        assert isinstance(error, DomainError)
        assert error.message == str(error)
