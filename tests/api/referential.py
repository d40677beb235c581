"""Calls to the referential and to the native operations, and bodies for them."""

from __future__ import annotations

from typing import Any

from gateway.api.problems import NATIVE_BASE
from gateway.api.routes import REFERENTIAL_BASE
from tests.api.visitor import RENNES, Answer, Visitor, organization

CONTACT = {
    "firstName": "Zoé",
    "lastName": "Ångström",
    "email": "Zoe.Angstrom@mairie.fr",
    "function": "Élue",
    "phoneNumber": "+33200000000",
    "mobileNumber": None,
}
NANTES = "SI-21440109300013-44109"


async def ask(
    visitor: Visitor, who: str, method: str, path: str, base: str = REFERENTIAL_BASE, **options: Any
) -> Answer:
    """Calls an operation below the base."""
    headers = {"Authorization": f"Bearer {await visitor.token(who)}", **options.pop("headers", {})}
    return await visitor.raw(method, base + path, headers=headers, **options)


async def ask_native(visitor: Visitor, who: str, path: str) -> Answer:
    """Reads from a native operation."""
    return await ask(visitor, who, "GET", path, NATIVE_BASE)


def subscription_body(**changes: Any) -> dict[str, Any]:
    """A subscription of Rennes to PACS, as Datapass would send it."""
    return {
        "datapassId": 14632,
        "processCode": "PACS",
        "subscriber": organization(RENNES),
        "accessMode": "API",
        "notificationFrequency": "unitaire",
        "localAdministrator": CONTACT,
        "delegationActor": CONTACT,
        **changes,
    }


def process_body(**changes: Any) -> dict[str, Any]:
    return {"code": "PACS", "name": "Pacte civil de solidarité", **changes}


def organization_body(**changes: Any) -> dict[str, Any]:
    return {**organization(NANTES), "name": "Nantes", **changes}


async def declared(visitor: Visitor, **changes: Any) -> None:
    """Declares the process PACS."""
    answer = await ask(visitor, "admin", "POST", "/processes", json=process_body(**changes))
    assert answer.status == 201, answer.body
