"""Who takes part in the demo: made-up organizations, what they are entitled to, and their credentials."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

HEALTH: Final = "OSL-10000000000018-00000"
SERVICES: Final = "OSL-10000000000026-00000"
SFTP_TOWN: Final = "SI-21990000100011-99001"
API_TOWN: Final = "SI-21990000200019-99002"
SFTP_USER: Final = "saint-exemple"
NAMES: Final = {
    HEALTH: "Opérateur santé (démonstration)",
    SERVICES: "Opérateur services en ligne (démonstration)",
    SFTP_TOWN: "Mairie de Saint-Exemple-sur-Loire",
    API_TOWN: "Mairie de Villefictive",
}


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Client:
    """A credential of the API; its role is its scope."""

    client_id: str
    organization: str
    role: str
    process: str | None = None
    secret: str = field(default_factory=_secret, repr=False)


@dataclass(frozen=True, slots=True)
class World:
    """The credentials of one run; `key` is the file of the SFTP account's private key."""

    key: Path
    password: str = field(default_factory=_secret, repr=False)
    health: Client = field(default_factory=lambda: Client("demo-sante", HEALTH, "OSL"))
    services: Client = field(default_factory=lambda: Client("demo-services", SERVICES, "OSL"))
    town_deaths: Client = field(default_factory=lambda: Client("villefictive-certdc", API_TOWN, "SI", "CERTDC"))
    town_unions: Client = field(default_factory=lambda: Client("villefictive-pacs", API_TOWN, "SI", "depotDossierPACS"))

    @property
    def clients(self) -> tuple[Client, ...]:
        """Every API client."""
        return (self.health, self.services, self.town_deaths, self.town_unions)


def make_key(path: Path) -> str:
    """A new Ed25519 key in OpenSSH's form, readable by its owner alone; answers the public line."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def onboarding_file(world: World, public_key: str) -> str:
    """The file that `gateway import` is given."""
    organizations = "".join(
        f'  - {{type: {kind}, companyRegister: "{siret}", branchCode: "{branch}", name: "{NAMES[name]}"}}\n'
        for name in NAMES
        for kind, siret, branch in [name.split("-")]
    )
    subscriptions = "".join(
        f"  - {{subscriber: {subscriber}, process: {process}, accessMode: {mode}, status: Actif}}\n"
        for subscriber, process, mode in (
            (SFTP_TOWN, "CERTDC", "SFTP"),
            (SFTP_TOWN, "EtatCivil", "SFTP"),
            (SFTP_TOWN, "depotDossierPACS", "SFTP"),
            (API_TOWN, "CERTDC", "API"),
            (API_TOWN, "depotDossierPACS", "API"),
        )
    )
    clients = "".join(_client(client) for client in world.clients)
    return f"""\
organizations:
{organizations}processes:
  - {{code: CERTDC, osl: {HEALTH}}}
  - {{code: EtatCivil, osl: {SERVICES}}}
  - {{code: depotDossierPACS, osl: {SERVICES}}}
subscriptions:
{subscriptions}credentials:
  - sftp:
      organization: {SFTP_TOWN}
      username: {SFTP_USER}
      password: "{world.password}"
      public_keys: ["{public_key}"]
      processes: [CERTDC, EtatCivil, depotDossierPACS]
{clients}"""


def _client(client: Client) -> str:
    process = f", process: {client.process}" if client.process else ""
    return (
        f"  - api: {{organization: {client.organization}, role: {client.role}, client_id: {client.client_id}, "
        f'client_secret: "{client.secret}"{process}}}\n'
    )
