"""The made-up world of the stories: one depositor, recipients with both kinds of access, one process."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Final

import paramiko
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.domain.identity import Mode, OrganizationId, Role
from gateway.domain.referential import ApiClient, Organization, Process, SftpAccount, Subscription
from gateway.services.ports import Transaction

OSL: Final = "OSL-13000918600011-00000"
RENNES: Final = "SI-21350238800019-35238"
NANTES: Final = "SI-21440109300013-44109"
BREST: Final = "SI-21290019700013-29019"
GATEWAY: Final = "ADMIN-00000000000000-00000"
PROCESS: Final = "EtatCivil"
OTHER_PROCESS: Final = "CERTDC"
XML_TYPE: Final = "ActeEtatCivil-XML"
PDF_TYPE: Final = "ActeEtatCivil-PDF"

RECIPIENTS: Final = {"rennes": RENNES, "nantes": NANTES, "brest": BREST}
"""Each recipient has an SFTP account and an API client of that name; `MODES` says which door is theirs."""
MODES: Final = {RENNES: Mode.SFTP, NANTES: Mode.SFTP, BREST: Mode.API}
DEPOSITOR: Final = "depot"
LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)


def subscription_id(organization: str, process: str = PROCESS) -> str:
    """The fixed id of a recipient's subscription."""
    digest = hashlib.sha256(f"{organization} {process}".encode()).hexdigest()
    return f"00000000-0000-7000-8000-{digest[:12]}"


def account_id(username: str) -> str:
    """The fixed id of an SFTP account."""
    return f"00000000-0000-7000-9000-{hashlib.sha256(username.encode()).hexdigest()[:12]}"


def token_of(client: str) -> str:
    """An access token that `declare` has already given to the client."""
    return f"token-of-{client}"


def key_of(username: str) -> paramiko.Ed25519Key:
    """The key pair of an SFTP account."""
    private = _private(username).private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    return paramiko.Ed25519Key.from_private_key(io.StringIO(private.decode()))


def private_key_text(username: str) -> str:
    """The private key as OpenSSH's client reads it from a file."""
    return _private(username).private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()).decode()


def declare(
    tx: Transaction, modes: dict[str, Mode] | None = None, webhook: str | None = None, after: timedelta | None = None
) -> None:
    """Everything the stories need. `webhook`: called for deliveries to Brest; `after`: when deliveries expire."""
    for name in (OSL, RENNES, NANTES, BREST):
        tx.organizations.add(Organization(OrganizationId.parse(name), f"Name of {name}"), LONG_AGO)
    tx.processes.add(
        Process(
            PROCESS,
            "Demande d'acte d'état civil",
            OSL,
            attachment_types=(XML_TYPE, PDF_TYPE),
            recipient_formats=("application/pdf",),
            expire_after=after,
        ),
        LONG_AGO,
    )
    tx.processes.add(Process(OTHER_PROCESS, "Certificat de décès", OSL), LONG_AGO)
    chosen = {**MODES, **(modes or {})}
    for organization in RECIPIENTS.values():
        for process in (PROCESS, OTHER_PROCESS):
            tx.subscriptions.add(
                Subscription(
                    subscription_id(organization, process),
                    organization,
                    process,
                    access_mode=chosen[organization],
                    webhook=webhook if organization == BREST else None,
                ),
                LONG_AGO,
            )
    for username, organization in RECIPIENTS.items():
        account = SftpAccount(
            account_id(username), organization, username, public_keys=(_public(username),), processes=(PROCESS,)
        )
        tx.accounts.add(account, LONG_AGO)
        tx.accounts.serve(account.id, {subscription_id(organization)})
        _client(tx, username, organization, Role.SI)
    _client(tx, DEPOSITOR, OSL, Role.OSL)


def _client(tx: Transaction, name: str, organization: str, role: Role) -> None:
    tx.clients.add(ApiClient(name, organization, role), LONG_AGO)
    until = datetime(2100, 1, 1, tzinfo=UTC)
    tx.clients.issue(hashlib.sha256(token_of(name).encode()).digest(), name, role, until)


def _private(username: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"key of {username}".encode()).digest())


def _public(username: str) -> str:
    return _private(username).public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
