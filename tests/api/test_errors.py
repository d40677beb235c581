"""Errors in the hub's shape."""

import json
from datetime import timedelta

import pytest
from aiohttp import web

from gateway.api.errors import Refusal, answer, error_response, internal_error
from gateway.domain.blob import BlobMissing, StorageUnavailable
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


def read(response: web.Response | None) -> tuple[int, list[tuple[int, str]]]:
    assert response is not None
    assert isinstance(response.body, bytes)
    assert response.headers["Content-Type"] == "application/json"
    return response.status, [(error["code"], error["message"]) for error in json.loads(response.body)["errors"]]


@pytest.mark.parametrize(
    ("error", "status", "errors"),
    [
        (InvalidRequestError("a", "b"), 400, [(400, "a"), (400, "b")]),
        (UnauthorizedError("Invalid Credentials"), 401, [(900901, "Invalid Credentials")]),
        (ForbiddenError(), 403, [(403, "Unauthorized user")]),
        (NotFoundError("Folder"), 404, [(404, "Folder is not found")]),
        (BlobMissing(), 404, [(404, "File is not found")]),
        (ConflictError("used"), 409, [(409, "used")]),
        (UnreadError("unread"), 409, [(409, "unread")]),
        (Refusal(413, "large"), 413, [(413, "large")]),
        (web.HTTPNotFound(), 404, [(404, "Resource is not found")]),
        (web.HTTPMethodNotAllowed("PUT", ["GET"]), 405, [(405, "Method not allowed")]),
        (web.HTTPBadRequest(), 400, [(400, "Bad Request")]),
    ],
)
def test_every_refusal_has_its_answer(error: Exception, status: int, errors: list[tuple[int, str]]) -> None:
    assert read(answer(error)) == (status, errors)


@pytest.mark.parametrize(("seconds", "header"), [(30.0, "30"), (0.2, "1"), (1.5, "2")])
def test_what_may_be_tried_again_says_when(seconds: float, header: str) -> None:
    response = answer(UnavailableError("busy", timedelta(seconds=seconds)))
    assert read(response) == (503, [(503, "busy")])
    assert response is not None
    assert response.headers["Retry-After"] == header
    away = answer(StorageUnavailable("full"))
    assert away is not None
    assert away.headers["Retry-After"] == "30"


def test_headers_that_belong_to_a_refusal_are_kept() -> None:
    refused = answer(Refusal(416, "beyond", {"Content-Range": "bytes */5"}))
    assert refused is not None
    assert refused.headers["Content-Range"] == "bytes */5"
    allowed = answer(web.HTTPMethodNotAllowed("PUT", ["GET", "DELETE"]))
    assert allowed is not None
    assert set(allowed.headers["Allow"].split(",")) == {"GET", "DELETE"}


class UnmappedError(DomainError):
    """A kind of refusal that this door has not heard of."""


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), UnmappedError("secret")])
def test_what_nobody_foresaw_has_no_answer_here(error: Exception) -> None:
    assert answer(error) is None


def test_an_internal_error_tells_its_id_alone() -> None:
    assert read(internal_error("0190")) == (500, [(500, "Internal server error, reference 0190")])


def test_any_text_can_be_answered() -> None:
    status, errors = read(error_response(400, "é\ud800"))
    assert status == 400
    assert errors[0][1].startswith("é")
