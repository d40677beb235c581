"""Every operation, asked with whatever its contract allows: never an internal error, never an undocumented answer."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api.contract import document
from tests.api.lasting import Ids, LastingDoor, dossier
from tests.api.visitor import RENNES

CLIENT_OF = {"OSL": "depot", "SI": "rennes", "ADMIN": "admin", "DATAPASS": "datapass"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
for binary in ("application/offset+octet-stream", "application/jsonl", "application/x-ndjson"):
    schemathesis.serializer.alias(binary, "application/octet-stream")
# `*/*` and downloads are compared by the tests of downloads; schemathesis reads JSON
SCHEMA = schemathesis.openapi.from_dict(document())
FOUND: list[Any] = [each.ok() for each in SCHEMA.get_all_operations() if isinstance(each, Ok)]
OPERATIONS = {each.label: each for each in FOUND}
VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# what takes nothing cannot be asked wrongly
TRIED = [
    pytest.param(label, mode, id=f"{label}-{'valid' if mode is VALID else 'invalid'}")
    for label, operation in OPERATIONS.items()
    for mode in (VALID, INVALID)
    if mode is VALID or operation.definition.raw.get("parameters") or "requestBody" in operation.definition.raw
]


@pytest.fixture(scope="session")
def known(lasting_door: LastingDoor) -> list[Ids]:
    """Ids of dossiers that are there."""
    visitor = lasting_door.visitor
    return [lasting_door.run(dossier(visitor, "depot", RENNES, "rennes")) for _ in range(2)]


@pytest.mark.parametrize(("label", "mode"), TRIED)
def test_every_answer_is_a_documented_one(
    label: str, mode: GenerationMode, lasting_door: LastingDoor, known: list[Ids]
) -> None:
    operation = OPERATIONS[label]
    security = operation.definition.raw.get("security", [{}])
    scopes = security[0]["oauth2"] if security else []
    tokens = [lasting_door.run(lasting_door.visitor.token(CLIENT_OF[scope])) for scope in scopes]
    base = lasting_door.visitor.url("")

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(data=st.data())
    def asked(data: st.DataObject) -> None:
        case: Any = data.draw(operation.as_strategy(generation_mode=mode))
        if data.draw(st.booleans()) and case.path_parameters:
            ids = data.draw(st.sampled_from(known))
            case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        headers = {"Authorization": f"Bearer {data.draw(st.sampled_from(tokens))}"} if tokens else {}
        if case.headers:
            case.headers.pop("Prefer", None)  # an inbox that stays empty would be waited for
        case.call_and_validate(base_url=base, headers=headers, checks=CHECKS)

    asked()
