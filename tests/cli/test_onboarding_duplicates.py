from __future__ import annotations

from gateway.cli.onboarding_duplicates import identifiers_given_twice, rows_of
from gateway.config import load
from tests.cli.onboarding import TOWN, refused

TWICE = f"""\
organizations:
  - {{type: SI, companyRegister: "21990000100011", branchCode: "99001", name: A}}
  - {{type: SI, companyRegister: "21990000100011", branchCode: "99001", name: B}}
processes:
  - {{code: A, name: a}}
  - {{code: A, name: a}}
subscriptions:
  - {{subscriber: {TOWN}, process: A}}
  - {{subscriber: {TOWN}, process: A}}
credentials:
  - api: {{client_id: c, organization: {TOWN}, role: SI}}
  - api: {{client_id: c, organization: {TOWN}, role: SI}}
  - sftp: {{username: u, organization: {TOWN}, processes: [A]}}
  - sftp: {{username: u, organization: {TOWN}, processes: [A]}}
"""


def test_every_row_that_repeats_another_is_told() -> None:
    assert refused(TWICE) == [
        f"o.yaml:3:5: {TOWN} is declared twice, first on line 2",
        "o.yaml:6:5: A is declared twice, first on line 5",
        f"o.yaml:9:5: {TOWN} to A is declared twice, first on line 8",
        "o.yaml:12:22: client_id c is declared twice, first on line 11",
        "o.yaml:14:22: username u is declared twice, first on line 13",
    ]


def test_one_name_may_be_a_client_and_an_account() -> None:
    text = "credentials:\n  - api: {client_id: x}\n  - sftp: {username: x}\n"
    assert list(identifiers_given_twice(load(text, "o.yaml"))) == []


def test_a_section_of_another_shape_has_no_rows() -> None:
    assert rows_of(load("organizations: text", "o.yaml"), "organizations") == []
    assert list(identifiers_given_twice(load("organizations: [1, [2], {type: 3}]", "o.yaml"))) == []
