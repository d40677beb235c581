"""Bodies of requests, as strict as the hub's interface file."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.bodies import CaseChange, EventBody, EventChange, FolderBody, FolderChange, parse
from gateway.domain.dossiers import ActionType
from gateway.domain.errors import InvalidRequestError
from tests.api.visitor import folder_body


def faults(model: Any, body: object) -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(InvalidRequestError) as caught:
        parse(model, raw)
    return list(caught.value.faults)


def test_a_folder_is_read_with_its_cases_and_attachments() -> None:
    body = parse(FolderBody, json.dumps(folder_body(closeDateTime="2026-01-01T00:00:00.9999+02:00")).encode())
    assert body.process_code == "EtatCivil"
    assert body.cases[0].recipient.branch_code == "35238"
    assert body.attachments[1].recipients == ["EC-0001-01"]
    assert body.close_date_time == datetime(2025, 12, 31, 22, 0, 0, 999_000, tzinfo=UTC)


def test_unknown_and_read_only_fields_are_ignored() -> None:
    found = parse(FolderBody, json.dumps(folder_body(id=7, globalStatus=[], createDateTime=None, more={})).encode())
    assert not hasattr(found, "id")
    event = parse(EventBody, b'{"actionType": "COM_ADD", "status": 5, "transmitter": null, "id": {}}')
    assert event.action_type is ActionType.COM_ADD


def test_null_is_the_same_as_absent_where_the_hub_says_so() -> None:
    event = parse(EventBody, b'{"actionType": "COM_ADD", "message": null, "notification": null, "attachments": null}')
    assert (event.message, event.notification, event.attachments) == (None, None, None)
    body = folder_body(closeDateTime=None)
    body["applicant"]["email"] = None
    assert parse(FolderBody, json.dumps(body).encode()).applicant.email is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("processCode",), "p" * 31),
        (("processCode",), ""),
        (("externalId",), 12),
        (("externalId",), "a\nb"),
        (("closeDateTime",), "2026-01-01"),
        (("closeDateTime",), "2026-01-01T00:00:00"),
        (("closeDateTime",), "tomorrow"),
        (("closeDateTime",), 1767222000),
        (("closeDateTime",), "0001-01-01T00:00:00+14:00"),
        (("applicant",), []),
        (("applicant", "firstName"), "f" * 256),
        (("applicant", "firstName"), "nul\0"),
        (("applicant", "lastName"), None),
        (("applicant", "email"), "not an address"),
        (("applicant", "email"), "a@" + "b" * 319),
        (("cases",), []),
        (("cases",), {}),
        (("cases", 0, "externalId"), "e" * 101),
        (("cases", 0, "partnerAttributes"), "p" * 1025),
        (("cases", 0, "recipient", "type"), "t" * 21),
        (("cases", 0, "recipient", "companyRegister"), 21350238800019),
        (("cases", 0, "recipient", "companyRegister"), "2135023880001\u0669"),
        (("cases", 0, "recipient", "branchCode"), "b" * 11),
        (("attachments",), []),
        (("attachments", 1, "fileName"), "f" * 256),
        (("attachments", 1, "type"), "t" * 101),
        (("attachments", 1, "size"), "12"),
        (("attachments", 1, "size"), 1.5),
        (("attachments", 1, "size"), True),
        (("attachments", 1, "size"), -1),
        (("attachments", 1, "size"), 0),
        (("attachments", 1, "mimeType"), 1),
        (("attachments", 1, "recipients"), []),
        (("attachments", 1, "recipients"), "EC-0001-01"),
        (("attachments", 1, "recipients", 0), 5),
    ],
)
def test_a_wrong_value_is_named_by_its_place(path: tuple[str | int, ...], value: object) -> None:
    body = folder_body()
    inner: Any = body
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    place = "@body" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    assert [fault.partition(": ")[0] for fault in faults(FolderBody, body)] == [place]


@pytest.mark.parametrize("name", ["processCode", "externalId", "applicant", "cases", "attachments"])
def test_a_missing_field_is_named(name: str) -> None:
    body = folder_body()
    del body[name]
    assert faults(FolderBody, body) == [f'@body: Object has missing required properties (["{name}"])']


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"nul", b'{"status": "x"}}', b'{"status": "\xff"}', b'{"status": "\\ud800"}', b"[" * 5000]
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    (fault,) = faults(CaseChange, raw)
    assert fault.startswith("@body: Malformed JSON")


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_what_is_no_object_is_refused(body: object) -> None:
    (fault,) = faults(CaseChange, body)
    assert fault.startswith("@body: Instance type")


def test_changes_have_the_hubs_lengths() -> None:
    assert parse(FolderChange, b'{"globalStatus": "HUBEE_COMPLETED"}').close_date_time is None
    assert faults(FolderChange, {"globalStatus": "x" * 51})
    assert faults(EventChange, {"status": "x" * 13})
    assert faults(CaseChange, {})


def test_an_unknown_kind_of_event_is_told_the_known_ones() -> None:
    (fault,) = faults(EventBody, {"actionType": "DANCE"})
    assert fault.startswith("@body.actionType: Instance value not found in enum")
    assert all(action in fault for action in ActionType)


@given(st.text(max_size=1000))
def test_a_message_is_kept_as_it_is_or_refused(message: str) -> None:
    raw = json.dumps({"actionType": "COM_ADD", "message": message}).encode()
    forbidden = {chr(code) for code in range(32)} - set("\t\n\r") | {"\ufffe", "\uffff"}
    if forbidden & set(message):
        assert faults(EventBody, raw) == ["@body.message: String holds a control character"]
    else:
        assert parse(EventBody, raw).message == message


def test_no_fault_repeats_what_was_sent() -> None:
    body = folder_body()
    body["applicant"] = {"firstName": "Secret" * 60, "lastName": 7771, "email": "hidden"}
    text = " ".join(faults(FolderBody, body))
    assert not any(word in text for word in ("Secret", "7771", "hidden"))
