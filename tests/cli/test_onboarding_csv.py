from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.onboarding_csv import load_csv
from gateway.cli.onboarding_file import declaration_of
from gateway.config import ConfigurationError, Fault
from gateway.domain.deliveries import Gesture
from gateway.domain.identity import Mode, Right, Role, Transport
from gateway.domain.pushing import PushTarget
from gateway.domain.referential import Contact
from gateway.services.declaration import Declaration

OPERATOR = "ADMIN-00000000000000-00000"
A, B = "SI-21990000100011-99001", "SI-21990000200019-99002"
HEADER = "subscriber;name;process;accessMode;username;networks;flat;client_id"


def declared(*lines: str) -> Declaration:
    return declaration_of(load_csv("\n".join(lines), "o.csv"), {})


def refused(*lines: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        declared(*lines)
    return [str(fault) for fault in raised.value.faults]


def test_a_row_is_a_subscription_with_its_subscriber_and_credentials() -> None:
    found = declared(
        HEADER,
        f"{A};Mairie A;EtatCivil;SFTP;shared;192.0.2.0/24 198.51.100.0/24;;",
        f"{B};Mairie B;EtatCivil;SFTP;shared;;;",
        "",
        f"{B};;CERTDC;API;;;;b-certdc",
    )
    assert [(str(row.record.id), row.record.name) for row in found.organizations] == [(A, "Mairie A"), (B, "Mairie B")]
    assert [(row.record.organization, row.record.process, row.record.access_mode) for row in found.subscriptions] == [
        (A, "EtatCivil", Mode.SFTP),
        (B, "EtatCivil", Mode.SFTP),
        (B, "CERTDC", Mode.API),
    ]
    (account,) = found.accounts
    assert account.record.networks == ("192.0.2.0/24", "198.51.100.0/24")
    assert [(each.organization, each.process) for each in account.serves or ()] == [(A, "EtatCivil"), (B, "EtatCivil")]
    assert account.password is None
    (client,) = found.clients
    assert (client.record.client_id, client.record.process, client.secret) == ("b-certdc", "CERTDC", None)


def test_an_operators_client_has_a_row_of_its_own_with_its_rights() -> None:
    found = declared(
        "subscriber;process;name;client_id;client_secret;rights",
        f"{OPERATOR};;Équipe migration;planner;;plan",
        f"{OPERATOR};;;decider;sesame;approve  apply",
        f"{OPERATOR};;;watcher;;",
        f"{A};EtatCivil;;town;;",
    )
    assert [(row.record.client_id, row.record.role, row.record.rights) for row in found.clients] == [
        ("planner", Role.ADMIN, {Right.PLAN}),
        ("decider", Role.ADMIN, {Right.APPROVE, Right.APPLY}),
        ("watcher", Role.ADMIN, frozenset()),
        ("town", Role.SI, frozenset()),
    ]
    assert {(row.record.organization, row.record.process) for row in found.clients[:3]} == {(OPERATOR, None)}
    assert [str(row.record.id) for row in found.organizations] == [OPERATOR]
    assert [row.record.organization for row in found.subscriptions] == [A]


def test_what_a_row_may_say_of_a_subscription_and_its_account() -> None:
    found = declared(
        "subscriber;process;username;acknowledge_on;legacy_algorithms_until;public_key;activateDateTime;endDateTime;"
        "notificationFrequency;datapassId;localAdministrator",
        f'{A};EtatCivil;town;rename read;2027-06-30;"ssh-ed25519 AAAA one\nssh-ed25519 BBBB two";'
        "2027-01-04T00:01:00+01:00;2028-01-01T00:00:00+01:00;daily;14632;zoe@example.org",
    )
    (account,), (subscription,) = found.accounts, found.subscriptions
    assert account.record.acknowledge_on == {Gesture.RENAME, Gesture.READ}
    assert account.record.legacy_algorithms_until == date(2027, 6, 30)
    assert account.record.public_keys == ("ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two")
    assert subscription.record.activate_at == datetime.fromisoformat("2027-01-03T23:01:00+00:00")
    assert subscription.record.end_at is not None
    assert subscription.record.notification_frequency == "daily"
    assert (subscription.record.datapass_id, subscription.record.local_administrator) == (
        14632,
        Contact("zoe@example.org"),
    )
    (fault,) = refused("subscriber;process;username;acknowledge_on", f"{A};EtatCivil;town;rename wave")
    assert fault.startswith("o.csv:2:4: credentials[0].sftp.acknowledge_on[1]: must be ")


def test_a_row_may_name_authorities_and_the_subscribers_own_server() -> None:
    found = declared(
        "subscriber;process;accessMode;transport;push.host;push.port;push.username;push.hostKey;push.directory;"
        "push.answers;push.acknowledgeOn",
        f'{A};EtatCivil;SFTP;push;sftp.example.org;2022;hub;"ssh-ed25519 AAAA one\nssh-rsa BBBB two";in;'
        "out;read answer",
    )
    (subscription,) = found.subscriptions
    assert (subscription.record.transport, subscription.record.push) == (
        Transport.PUSH,
        PushTarget(
            "sftp.example.org",
            "hub",
            ("ssh-ed25519 AAAA one", "ssh-rsa BBBB two"),
            port=2022,
            directory="in",
            answers="out",
            acknowledge_on=frozenset({Gesture.READ, Gesture.ANSWER}),
        ),
    )
    found = declared(
        "subscriber;process;username;authorities", f'{A};EtatCivil;town;"ssh-ed25519 AAAA one\nssh-rsa BBBB two"'
    )
    (account,) = found.accounts
    assert account.record.authorities == ("ssh-ed25519 AAAA one", "ssh-rsa BBBB two")
    (fault,) = refused(
        "subscriber;process;push.host;push.username;push.hostKey;push.port", f"{A};EtatCivil;h;u;k;seventy"
    )
    assert fault.startswith("o.csv:2:6: subscriptions[0].push.port: must be ")


def test_a_row_may_bring_the_hash_of_a_password() -> None:
    found = declared("subscriber;process;username;passwordHash;password_until", f"{A};EtatCivil;town;$6$s$x;2027-06-30")
    (account,) = found.accounts
    assert (account.password_hash, account.record.password_until) == ("$6$s$x", date(2027, 6, 30))


def test_commas_quotes_and_a_byte_order_mark_do() -> None:
    found = declared("subscriber,process,name", f'{A},EtatCivil,"Mairie, A"')
    assert found.organizations[0].record.name == "Mairie, A"


def test_faults_name_the_line_and_the_cell() -> None:
    assert refused(HEADER, f"{A};;EtatCivil;FAX;;;;", "SI-1;;EtatCivil;;u;;maybe;") == [
        "o.csv:2:4: subscriptions[0].accessMode: must be 'SFTP', 'API' or 'PORTAIL'",
        "o.csv:3:1: credentials[0].sftp.organization: "
        "an organization is named TYPE-siret-branch, for example SI-21350238800019-35238",
        "o.csv:3:1: credentials[0].sftp.subscriptions[0].subscriber: "
        "an organization is named TYPE-siret-branch, for example SI-21350238800019-35238",
        "o.csv:3:1: subscriptions[1].subscriber: "
        "an organization is named TYPE-siret-branch, for example SI-21350238800019-35238",
        "o.csv:3:7: credentials[0].sftp.flat: must be true or false",
    ]


def test_a_quoted_cell_may_span_lines() -> None:
    text = ("subscriber,name,process,accessMode", f'{A},"Mairie\nA",EtatCivil,SFTP', f"{A},,CERTDC,FAX")
    assert [fault.split(": ")[0] for fault in refused(*text)] == ["o.csv:4:4"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "o.csv:1:1: the first line must name the columns"),
        (("subscriber,proces",), "o.csv:1:2: unknown column"),
        (("subscriber,process,process",), "o.csv:1:3: process: this column is given twice"),
        (("subscriber",), "o.csv:1:1: process: this column is missing"),
        (("subscriber,process", f"{A},X,Y"), "o.csv:2:3: this row has more cells than the header"),
        (("subscriber,process,password", f"{A},X,secret"), "o.csv:2:3: username: is missing in this row"),
        (("subscriber,process,client_secret", f"{A},X,secret"), "o.csv:2:3: client_id: is missing in this row"),
        (
            ("subscriber,process,username,password", f"{A},X,u,one", f"{A},Y,u,two"),
            "o.csv:3:4: password: differs from the first row for it, on line 2",
        ),
        (
            ("subscriber,process,name,email", f"{A},X,Mairie", f"{A},Y,Mairie,a@example.org"),
            "o.csv:3:4: email: is not in the first row for it, on line 2",
        ),
        (("subscriber,process", '"open'), "not valid CSV"),
        (("subscriber,process,client_id,rights", f"{A},X,u,plan"), "o.csv:2:4: rights: is for an operator's client"),
        (
            ("subscriber,process,client_id,rights", f"{OPERATOR},,u,plan appprove"),
            "o.csv:2:4: credentials[0].api.rights[1]: must be",
        ),
        (("subscriber,process,rights", f"{OPERATOR},,plan"), "o.csv:2:1: client_id: is missing in this row"),
        (
            ("subscriber,process,client_id", f"{OPERATOR},X,u"),
            "o.csv:2:2: process: goes with a subscriber, not with an ADMIN organization",
        ),
    ],
)
def test_the_form_is_refused_with_its_place(lines: tuple[str, ...], said: str) -> None:
    assert any(said in fault for fault in refused(*lines)), refused(*lines)


@given(st.text(alphabet='ab;,"\n\r SI-0123456789', max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, f"{HEADER}\n{text}"):
        assert all(fault.line > 0 for fault in faults_of(whole))


def faults_of(text: str) -> tuple[Fault, ...]:
    """What is wrong with it; anything else that is raised fails the test."""
    try:
        declaration_of(load_csv(text, "o.csv"), {})
    except ConfigurationError as error:
        return error.faults
    return ()
