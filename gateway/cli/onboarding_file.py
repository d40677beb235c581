"""An onboarding file (YAML, or CSV as its short form) becomes a declaration; faults know their line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from gateway.cli.onboarding_csv import read_csv
from gateway.cli.onboarding_duplicates import identifiers_given_twice, rows_of
from gateway.cli.onboarding_models import (
    ApiCredential,
    OnboardingFile,
    OrganizationRow,
    SftpCredential,
    SubscriptionRow,
    given,
)
from gateway.cli.onboarding_processes import declared_processes
from gateway.config import ConfigurationError, Fault, Located, ProcessDefaults, read_document, validate
from gateway.domain.identity import OrganizationId
from gateway.domain.referential import ApiClient, Contact, Organization, SftpAccount, Subscription
from gateway.services.declaration import (
    Declaration,
    Declared,
    DeclaredAccount,
    DeclaredClient,
    RowFault,
    Served,
)

_SUBSCRIPTION_FIELDS: Final = {"activate_date_time": "activate_at", "end_date_time": "end_at"}
_KEYS: Final = {"organization": "subscriber", "activate_at": "activateDateTime", "end_at": "endDateTime"}
"""How the file calls what the records call otherwise."""
_STEP: Final = re.compile(r"(\w+)\[(\d+)\]\Z")


def read_onboarding(path: Path, known: Mapping[str, ProcessDefaults]) -> Declaration:
    """The declaration in a file; `known` are the processes known beforehand, by code.

    Every row's origin is its `Located`, for `placed`. Raises ConfigurationError with every fault of the text.
    """
    document = read_csv(path) if path.suffix.lower() == ".csv" else read_document(path)
    return declaration_of(document, known)


def declaration_of(document: Located, known: Mapping[str, ProcessDefaults]) -> Declaration:
    """The declaration in a document that is already read; raises as `read_onboarding` does."""
    faults = list(identifiers_given_twice(document))
    try:
        file = validate(OnboardingFile, document)
    except ConfigurationError as error:
        raise ConfigurationError([*faults, *error.faults]) from None
    processes, more = declared_processes(file, rows_of(document, "processes"), known)
    faults += more
    if faults:
        raise ConfigurationError(faults)
    credentials = list(zip(file.credentials, rows_of(document, "credentials"), strict=True))
    return Declaration(
        tuple(map(_organization, file.organizations, rows_of(document, "organizations"))),
        processes,
        tuple(map(_subscription, file.subscriptions, rows_of(document, "subscriptions"))),
        tuple(_client(row.api, _below(node, "api")) for row, node in credentials if row.api),
        tuple(_account(row.sftp, _below(node, "sftp")) for row, node in credentials if row.sftp),
    )


def placed(faults: Iterable[RowFault]) -> ConfigurationError:
    """The faults that the service found, each at the value it is about, or else at its row."""
    return ConfigurationError(_placed(fault) for fault in faults)


def _placed(fault: RowFault) -> Fault:
    origin = fault.origin
    assert isinstance(origin, Located), "the origin of every row of a file"
    node: Located = origin
    path = ""
    field, position = fault.field, None
    if found := _STEP.match(fault.field):
        field, position = found[1], int(found[2])
    for name in (field, to_camel(field), _KEYS.get(field, "")):
        below = node.child(name) if name and isinstance(node.value, dict) else None
        if below is not None:
            node, path = below, name
            break
    inner = node.child(position) if position is not None else None
    if inner is not None:
        node, path = inner, f"{path}[{position}]"
    return node.fault(path, fault.message)


def _below(node: Located, key: str | int) -> Located:
    return node.child(key) or node


def _organization(row: OrganizationRow, node: Located) -> Declared[Organization]:
    identity = ("type", "company_register", "branch_code")
    record = Organization(OrganizationId(row.type, row.company_register, row.branch_code), **_values(row, *identity))
    return Declared(record, given(row, {}, *identity), node)


def _values(row: BaseModel, *without: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields if name not in without}


def _subscription(row: SubscriptionRow, node: Located) -> Declared[Subscription]:
    values = _values(row, "subscriber", "push")
    if row.local_administrator is not None:
        values["local_administrator"] = Contact(**_values(row.local_administrator))
    record = Subscription(
        id="",
        organization=row.subscriber,
        push=row.push.target() if row.push else None,
        **{_SUBSCRIPTION_FIELDS.get(name, name): values[name] for name in values},
    )
    return Declared(record, given(row, _SUBSCRIPTION_FIELDS, "subscriber", "process"), node)


def _client(row: ApiCredential, node: Located) -> DeclaredClient:
    record = ApiClient(
        row.client_id, row.organization, row.role, row.process, enabled=row.enabled, rights=frozenset(row.rights)
    )
    fields = given(row, {}, "client_id", "organization", "client_secret")
    return DeclaredClient(record, fields, node, row.client_secret.get_secret_value() if row.client_secret else None)


def _account(row: SftpCredential, node: Located) -> DeclaredAccount:
    serves: tuple[Served, ...] | None = None
    if row.processes is not None:
        at = _below(node, "processes")
        serves = tuple(Served(row.organization, code, _below(at, n)) for n, code in enumerate(row.processes))
    elif row.subscriptions is not None:
        at = _below(node, "subscriptions")
        serves = tuple(Served(one.subscriber, one.process, _below(at, n)) for n, one in enumerate(row.subscriptions))
    record = SftpAccount(
        id="",
        organization=row.organization,
        username=row.username,
        public_keys=row.public_keys,
        authorities=row.authorities,
        flat=row.flat,
        acknowledge_on=frozenset(row.acknowledge_on),
        allow_unread=row.allow_unread,
        networks=row.networks,
        legacy_algorithms_until=row.legacy_algorithms_until,
        password_until=row.password_until,
        enabled=row.enabled,
    )
    fields = given(row, {}, "username", "organization", "password", "password_hash", "processes", "subscriptions")
    password, imported = (each.get_secret_value() if each else None for each in (row.password, row.password_hash))
    return DeclaredAccount(record, fields, node, password, serves, imported)
