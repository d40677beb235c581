"""Onboarding texts for tests."""

from __future__ import annotations

from gateway.cli.onboarding_file import declaration_of
from gateway.config import ConfigurationError, load, load_processes
from gateway.services.declaration import Declaration

OSL = "OSL-10000000000018-00000"
TOWN = "SI-21990000100011-99001"
WHOLE = """\
organizations:
  - {type: OSL, companyRegister: "10000000000018", branchCode: "00000", name: Service opérateur}
  - {type: SI, companyRegister: "21990000100011", branchCode: "99001", name: Mairie, email: demat@example.org}
processes:
  - {code: EtatCivil, osl: OSL-10000000000018-00000}
subscriptions:
  - {subscriber: SI-21990000100011-99001, process: EtatCivil, accessMode: SFTP, status: Actif}
credentials:
  - api: {organization: OSL-10000000000018-00000, role: OSL, client_id: depot, client_secret: "not so secret"}
  - sftp: {organization: SI-21990000100011-99001, username: town, password: "not so secret", processes: [EtatCivil],
           acknowledge_on: [rename, delete, answer, read], networks: ["192.0.2.0/24"],
           legacy_algorithms_until: 2027-06-30}
"""


def declared(text: str) -> Declaration:
    """The declaration in a text, beside the processes known beforehand."""
    return declaration_of(load(text, "o.yaml"), load_processes(None))


def refused(text: str) -> list[str]:
    """What is wrong with a text, fault by fault."""
    try:
        declared(text)
    except ConfigurationError as error:
        return [str(fault) for fault in error.faults]
    return []
