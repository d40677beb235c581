from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.onboarding_file import declaration_of, placed, read_onboarding
from gateway.config import ConfigurationError, Fault, load, load_processes
from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode, Right, Role
from gateway.domain.referential import Contact
from gateway.services.declaration import RowFault
from tests.cli.onboarding import OSL, TOWN, WHOLE, declared, refused


def test_a_whole_file_becomes_records() -> None:
    found = declared(WHOLE)
    assert [str(row.record.id) for row in found.organizations] == [OSL, TOWN]
    assert found.organizations[1].given == {"name", "email"}
    (process,) = found.processes
    assert (process.record.code, process.record.osl) == ("EtatCivil", OSL)
    assert process.given == {"osl"}
    (subscription,) = found.subscriptions
    assert (subscription.record.organization, subscription.record.access_mode) == (TOWN, Mode.SFTP)
    assert subscription.given == {"access_mode", "status"}
    (client,) = found.clients
    assert (client.record.client_id, client.record.role, client.secret) == ("depot", Role.OSL, "not so secret")
    assert "not so secret" not in client.record.secret_hashes
    (account,) = found.accounts
    assert account.record.acknowledge_on == {Gesture.RENAME, Gesture.DELETE, Gesture.ANSWER, Gesture.READ}
    assert account.record.legacy_algorithms_until == date(2027, 6, 30)
    assert [(each.organization, each.process) for each in account.serves or ()] == [(TOWN, "EtatCivil")]
    assert account.given == {"acknowledge_on", "networks", "legacy_algorithms_until"}


def test_an_operators_client_may_be_given_rights_over_moves() -> None:
    row = "{organization: ADMIN-00000000000000-00000, role: ADMIN, client_id: anne, rights: [plan]}"
    text = f"credentials:\n  - api: {row}\n"
    (client,) = declared(text).clients
    assert client.record.rights == {Right.PLAN}
    assert client.given == {"role", "rights"}
    (fault,) = refused(text.replace("plan", "all"))
    assert "credentials[0].api.rights[0]: must be 'plan', 'approve' or 'apply'" in fault


def test_an_account_may_list_subscriptions_of_several_organizations() -> None:
    text = f"""\
credentials:
  - sftp: {{organization: {TOWN}, username: shared, subscriptions: [{{subscriber: {TOWN}, process: A}},
           {{subscriber: SI-21990000200019-99002, process: B}}]}}
"""
    (account,) = declared(text).accounts
    assert [(each.organization, each.process) for each in account.serves or ()] == [
        (TOWN, "A"),
        ("SI-21990000200019-99002", "B"),
    ]


def test_an_account_may_trust_an_authority() -> None:
    text = f"""\
credentials:
  - sftp: {{organization: {TOWN}, username: signed, authorities: ["ssh-ed25519 AAAA authority"]}}
"""
    (account,) = declared(text).accounts
    assert account.record.authorities == ("ssh-ed25519 AAAA authority",)
    assert account.given == {"authorities"}


def test_an_account_may_bring_the_hash_of_its_password_and_its_end() -> None:
    text = f"""\
credentials:
  - sftp: {{organization: {TOWN}, username: old, passwordHash: "$6$salt$x", password_until: 2027-06-30}}
"""
    (account,) = declared(text).accounts
    assert (account.password, account.password_hash) == (None, "$6$salt$x")
    assert account.record.password_until == date(2027, 6, 30)
    assert account.record.password_hash is None
    assert account.given == {"password_until"}
    (fault,) = refused(text.replace("username", "password: x, username"))
    assert "either password or passwordHash" in fault


def test_every_fault_has_its_line_and_column() -> None:
    text = """\
organizations:
  - {type: MAIRIE, companyRegister: 21990000100011, branchCode: "99001", name: A}
subscriptions:
  - subscriber: SI-2199-99001
    process: EtatCivil
    accesMode: SFTP
    status: active
credentials:
  - api: {organization: OSL-10000000000018-00000, role: OSL, client_id: "a b"}
  - {}
  - sftp: {organization: OSL-10000000000018-00000, username: x, processes: [A], subscriptions: []}
typo: 1
"""
    shown = "\n".join(refused(text))
    for expected in (
        "o.yaml:2:12: organizations[0].type: must be 'OSL', 'SI' or 'ADMIN'",
        "o.yaml:2:37: organizations[0].companyRegister: must be text: put it in quotes",
        "o.yaml:4:17: subscriptions[0].subscriber: an organization is named TYPE-siret-branch",
        "o.yaml:6:5: subscriptions[0].accesMode: unknown key; did you mean `accessMode`?",
        "o.yaml:7:13: subscriptions[0].status:",
        "o.yaml:9:73: credentials[0].api.client_id:",
        "o.yaml:10:5: credentials[1]: must be either",
        "o.yaml:11:11: credentials[2].sftp: give either processes",
        "o.yaml:12:1: typo: unknown key",
    ):
        assert expected in shown, shown


HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER"


def test_a_server_to_push_to_is_read_with_its_secrets_hidden() -> None:
    text = f"""\
subscriptions:
  - subscriber: {TOWN}
    process: A
    accessMode: SFTP
    transport: push
    push: {{host: h.example.org, username: hub, host_key: "{HOST_KEY}", path: in, password: sesame}}
  - subscriber: {TOWN}
    process: B
    push: {{host: h, port: 2222, username: hub, hostKey: ["{HOST_KEY}"], answers: out, acknowledgeOn: [answer]}}
"""
    first, second = declaration_of(load(text, "o.yaml"), KNOWN).subscriptions
    target = first.record.push
    assert target is not None
    assert (target.host, target.port, target.directory, target.password) == ("h.example.org", 22, "in", "sesame")
    assert target.host_keys == (HOST_KEY,)
    assert "push" in first.given
    assert "sesame" not in repr(first.record)
    target = second.record.push
    assert target is not None
    assert (target.port, target.directory, target.answers) == (2222, ".", "out")
    assert target.acknowledge_on == {Gesture.ANSWER}


def test_a_server_to_push_to_without_its_host_key_is_refused() -> None:
    text = f"""\
subscriptions:
  - {{subscriber: {TOWN}, process: A, accessMode: SFTP, push: {{host: h, username: hub, port: 0}}}}
"""
    shown = refused(text)
    assert any("hostKey" in fault for fault in shown)
    assert any("port" in fault for fault in shown)


def test_a_fault_of_the_service_is_placed_at_its_value() -> None:
    found = declared(WHOLE)
    row, account = found.subscriptions[0], found.accounts[0]
    served = account.serves[0] if account.serves else None
    assert served is not None
    faults = [
        RowFault(row.origin, "organization", "one"),
        RowFault(row.origin, "access_mode", "two"),
        RowFault(row.origin, "template", "three"),
        RowFault(account.origin, "networks[0]", "four"),
        RowFault(served.origin, "", "five"),
    ]
    assert [str(fault) for fault in placed(faults).faults] == [
        "o.yaml:7:5: three",
        "o.yaml:7:18: subscriber: one",
        "o.yaml:7:75: accessMode: two",
        f"o.yaml:10:{WHOLE.splitlines()[9].index('EtatCivil') + 1}: five",
        "o.yaml:11:71: networks[0]: four",
    ]


@pytest.mark.parametrize("suffix", [".yaml", ".csv"])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"absent{suffix}"
    with pytest.raises(ConfigurationError, match=f"absent{suffix}: cannot be read"):
        read_onboarding(path, {})
    path.write_bytes(b"a: b\n\xff\n")
    with pytest.raises(ConfigurationError, match=f"absent{suffix}:2:1: the text is not UTF-8"):
        read_onboarding(path, {})


def test_no_secret_is_in_a_fault() -> None:
    text = "credentials:\n  - api: {client_secret: hunter22, client_id: 5, role: hunter23}\n"
    shown = "\n".join(refused(text))
    assert "client_id" in shown
    assert "hunter" not in shown


KNOWN = load_processes(None)
KEYS = st.sampled_from(
    ["organizations", "subscriptions", "credentials", "processes", "api", "sftp", "type", "code", "subscriber", "x"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([OSL, TOWN, "SI", "A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def faults_of(text: str) -> tuple[Fault, ...]:
    """What is wrong with it; anything else that is raised fails the test."""
    try:
        declaration_of(load(text, "o.yaml"), KNOWN)
    except ConfigurationError as error:
        return error.faults
    return ()


@given(JUNK)
def test_junk_is_refused_and_never_a_surprise(junk: object) -> None:
    text = yaml.safe_dump(junk, allow_unicode=True)
    assert all(fault.line > 0 and fault.message for fault in faults_of(text))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert all(fault.message for fault in faults_of(text))


def test_a_subscription_may_say_what_the_hub_wants_of_it() -> None:
    person = "{email: zoe@example.org, firstName: Zoé, phoneNumber: '+33200000000'}"
    row = f"{{subscriber: {TOWN}, process: A, datapassId: 14632, localAdministrator: {person}}}"
    (subscription,) = declared(f"subscriptions:\n  - {row}\n").subscriptions
    assert subscription.record.datapass_id == 14632
    assert subscription.record.local_administrator == Contact("zoe@example.org", "Zoé", phone_number="+33200000000")
    assert subscription.given == {"datapass_id", "local_administrator"}
