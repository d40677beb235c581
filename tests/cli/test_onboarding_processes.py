from __future__ import annotations

from datetime import timedelta

from gateway.domain.statuses import Status
from tests.cli.onboarding import declared, refused


def test_what_is_left_out_is_taken_from_what_is_known() -> None:
    (row,) = declared("processes: [{code: CERTDC}]").processes
    assert row.record.name == "Certificat de décès électronique"
    assert row.record.rules.mandatory is Status.IN_PROGRESS
    assert row.record.attachment_types == ("DD_Certificatdedeces", "VA_CertificatdeDeces")
    assert row.given == frozenset()


def test_what_is_given_wins() -> None:
    text = "processes: [{code: CERTDC, mandatoryStatus: null, transitions: strict, expireUndeliveredAfter: 3d}]"
    (row,) = declared(text).processes
    assert row.record.rules.mandatory is None
    assert row.record.rules.strict
    assert row.record.rules.final == {Status.DONE}
    assert row.record.expire_after == timedelta(days=3)
    assert row.given == {"rules.mandatory", "rules.strict", "expire_after"}


def test_nobody_says_when_it_expires_so_the_settings_do() -> None:
    (row,) = declared("processes: [{code: CERTDC}]").processes
    assert row.record.expire_after is None


def test_an_unknown_process_is_nameless_until_it_says() -> None:
    known, unknown = declared("processes: [{code: EtatCivil}, {code: NEW}]").processes
    assert known.record.name
    assert unknown.record.name == ""


def test_what_contradicts_what_is_known_is_a_fault_of_its_row() -> None:
    text = "processes:\n  - {code: recensementCitoyen, attachmentTypesEnabled: [x]}\n"
    assert refused(text) == ["o.yaml:2:5: supportingTypes not among attachmentTypesEnabled: jf, ji"]
