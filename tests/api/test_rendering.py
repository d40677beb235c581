"""The hub's shapes, for what the other tests do not show."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from gateway.api import rendering
from gateway.domain.dossiers import (
    ActionType,
    Applicant,
    Attachment,
    Case,
    Event,
    EventStatus,
    Folder,
    Notification,
)
from gateway.domain.identity import Partner
from gateway.domain.statuses import Status
from gateway.services.cases import CaseView, EventView
from gateway.services.deposit import FolderView
from tests.api.visitor import OSL, RENNES, organization

AT = datetime(2024, 7, 4, 8, 54, 15, 438_000, tzinfo=UTC)
FOLDER = Folder("f", OSL, "EtatCivil", "n", Status.HUBEE_RECEIVED, AT)
CASE = Case("c", "f", OSL, RENNES, "s", "EtatCivil", "n-1", Status.HUBEE_RECEIVED, AT)
ATTACHMENT = Attachment("a", "f", None, "a.pdf", "t", 1, "application/pdf")
EVENT = Event("e", "c", RENNES, ActionType.COM_ADD, EventStatus.SENT, AT, AT)


def test_dates_have_milliseconds_and_an_offset() -> None:
    assert rendering.date_time(AT) == "2024-07-04T08:54:15.438+00:00"
    assert rendering.date_time(AT.replace(microsecond=0)) == "2024-07-04T08:54:15.000+00:00"
    assert rendering.date_time(None) is None


def test_what_is_erased_or_unknown_is_null() -> None:
    folder = rendering.folder(FolderView(FOLDER, (CASE,), (ATTACHMENT,), {}))
    assert folder["applicant"] is None
    assert folder["partnerInfo"] is None
    assert folder["closeDateTime"] is None
    assert folder["cases"][0]["partnerAttributes"] is None
    assert folder["attachments"][0]["recipients"] == []


def test_what_is_known_is_shown() -> None:
    known = replace(FOLDER, applicant=Applicant("A", "B"), partner=Partner("e", None, "1"), close_at=AT)
    folder = rendering.folder(FolderView(known, (), (ATTACHMENT,), {"a": ("n-1", "n-2")}))
    assert folder["applicant"] == {"firstName": "A", "lastName": "B", "email": None}
    assert folder["partnerInfo"] == {"editorName": "e", "applicationName": None, "softwareVersion": "1"}
    assert folder["attachments"][0]["recipients"] == ["n-1", "n-2"]


def test_a_case_shows_its_events_with_their_files() -> None:
    view = CaseView(replace(CASE, closed_at=AT), FOLDER, (ATTACHMENT,), (EventView(EVENT, (ATTACHMENT,)),))
    case = rendering.case(view)
    assert case["closeDateTime"] == rendering.date_time(AT)
    assert case["events"][0]["attachments"] == case["attachments"]
    assert case["events"][0]["notification"] is None


def test_a_notification_has_more_only_when_asked_for() -> None:
    found = [Notification("n", OSL, RENNES, "EtatCivil", None, "e", AT, "COM_ADD", "SENT")]
    (plain,) = rendering.notifications(found)
    (detailed,) = rendering.notifications(found, details=True)
    assert plain["recipient"] == organization(OSL)
    assert plain["caseId"] is None
    assert set(detailed) - set(plain) == {"eventActionType", "eventStatus"}
    assert (detailed["eventActionType"], detailed["eventStatus"]) == ("COM_ADD", "SENT")


def test_text_stays_as_it_is() -> None:
    text = rendering.json_text({"é": '"\n'})
    assert "é" in text
    assert json.loads(text) == {"é": '"\n'}
    response = rendering.json_response(text, 201)
    assert (response.status, response.body) == (201, text.encode())
    assert rendering.no_content().status == 204
