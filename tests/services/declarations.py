"""Declarations for tests: a depositor, two towns, a process, and their credentials. Origins are names of rows."""

from __future__ import annotations

from gateway.domain.identity import Mode, OrganizationId, Role
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.services.declaration import Declaration, Declared, DeclaredAccount, DeclaredClient, Served

OSL = "OSL-10000000000018-00000"
TOWN = "SI-21990000100011-99001"
OTHER = "SI-21990000200019-99002"
PROCESS = "EtatCivil"


def organization(name: str, title: str = "Made up") -> Declared[Organization]:
    return Declared(Organization(OrganizationId.parse(name), title), frozenset({"name"}), name)


def process(code: str = PROCESS, osl: str | None = OSL, **values: object) -> Declared[Process]:
    record = Process(code, "Made up", osl=osl, **values)  # type: ignore[arg-type]  # fields of a process
    return Declared(record, frozenset({"osl", *values}), f"process {code}")


def subscription(subscriber: str = TOWN, mode: Mode = Mode.SFTP, **values: object) -> Declared[Subscription]:
    record = Subscription("", subscriber, PROCESS, access_mode=mode, **values)  # type: ignore[arg-type]  # its fields
    return Declared(record, frozenset({"access_mode", *values}), f"subscription {subscriber}")


def client(
    name: str = "depot", owner: str = OSL, role: Role = Role.OSL, secret: str | None = "right", **values: object
) -> DeclaredClient:
    record = ApiClient(name, owner, role, **values)  # type: ignore[arg-type]  # fields of a client
    return DeclaredClient(record, frozenset({"role", *values}), f"client {name}", secret)


def account(
    name: str = "town",
    password: str | None = "right",
    serves: tuple[tuple[str, str], ...] | None = ((TOWN, PROCESS),),
    **values: object,
) -> DeclaredAccount:
    record = SftpAccount("", TOWN, name, **values)  # type: ignore[arg-type]  # fields of an account
    served = None if serves is None else tuple(Served(*each, f"served {each[1]}") for each in serves)
    return DeclaredAccount(record, frozenset(values), f"account {name}", password, served)


def whole() -> Declaration:
    """Everything at once."""
    return Declaration(
        (organization(OSL), organization(TOWN), organization(OTHER)),
        (process(),),
        (subscription(TOWN), subscription(OTHER, Mode.API)),
        (client(),),
        (account(),),
    )
