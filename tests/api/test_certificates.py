"""Certificates over HTTP: made, verified by the gateway and by whoever has its key."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.certificates import Wrong, read
from gateway.domain.identity import Mode, Right, Transport
from gateway.domain.journal_export import line_text, seal_text
from gateway.domain.moves import Row, Selection, Spec, Wave
from gateway.services import moves, sealing
from gateway.services.waves import drive
from gateway.store.signing import Signer, verifies
from tests.api.natives import faults, native
from tests.api.serving import ATTACHMENT_MAX_SIZE
from tests.api.test_moves import DIGEST, OPERATOR, entitled
from tests.api.visitor import NOWHERE, RENNES, Answer, Visitor

LINES = {"Content-Type": "application/jsonl"}
OTHER = Signer(bytes(range(32)))


async def subscription(visitor: Visitor) -> str:
    """Rennes takes EtatCivil over SFTP, and one dossier waits for it."""
    known = await visitor.office.store.read(lambda tx: tx.subscriptions.find(RENNES, "EtatCivil"))
    assert known is not None
    changed = replace(known, access_mode=Mode.SFTP)
    await visitor.office.store.write(lambda tx: tx.subscriptions.change(changed, visitor.office.clock()))
    await visitor.deposit()
    return known.id


async def switched(visitor: Visitor) -> str:
    identifier = await subscription(visitor)
    await entitled(visitor, Right.APPLY)
    answer = await native(visitor, "admin", "POST", f"/subscriptions/{identifier}/switch", json={"accessMode": "API"})
    assert answer.status == 200
    return identifier


async def certificate(visitor: Visitor) -> bytes:
    answer = await native(visitor, "admin", "GET", f"/subscriptions/{await switched(visitor)}/certificate")
    assert answer.status == 200
    return answer.body


async def verified(visitor: Visitor, body: bytes, query: dict[str, str] | None = None, **headers: str) -> Answer:
    return await native(
        visitor, "admin", "POST", "/moves/verify", data=io.BytesIO(body), params=query or {}, headers=LINES | headers
    )


def said(body: bytes, public_key: str) -> list[Any]:
    """What it says, as whoever has the public key reads it."""
    found = list(read(body.decode().splitlines(keepends=True), lambda *one: verifies(public_key, *one)))
    assert not any(isinstance(one, Wrong) for one in found)
    return found


async def test_a_switch_is_certified_and_anybody_verifies_it(visitor: Visitor) -> None:
    identifier = await switched(visitor)
    answer = await native(visitor, "admin", "GET", f"/subscriptions/{identifier}/certificate?epoch=2")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/jsonl")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="switch.cert"'
    key = (await native(visitor, "admin", "GET", "/journal/key")).json
    assert key["algorithm"] == "Ed25519"
    told = said(answer.body, key["publicKey"])
    assert told[0]["certificate"]["about"] == {"subscription": identifier}
    assert told[0]["certificate"]["keyId"] == key["keyId"]
    assert told[1]["subscription"]["openBefore"] == 1
    assert (told[-1]["balance"]["lost"], told[-1]["balance"]["states"]) == (0, {"OPEN": 1})
    found = (await verified(visitor, answer.body)).json
    assert (found["kind"], found["holds"], found["clean"], found["wrong"]) == ("certificate", True, True, None)
    assert found["balance"] == told[-1]["balance"]


async def test_a_move_is_certified_whole(visitor: Visitor) -> None:
    office, now = visitor.office, visitor.office.clock()
    identifier = await subscription(visitor)
    rows = [Row(1, identifier, 1, Mode.SFTP, Transport.PULL, 1, 0)]
    await visitor.token("rennes")
    await moves.record(office, OPERATOR, Spec("ille", Selection(), Mode.API), [Wave(1, 1, now)], rows, DIGEST)
    early = await native(visitor, "admin", "GET", "/moves/ille/certificate")
    assert (early.status, faults(early)) == (
        409,
        ["The move ille has switched nothing: there is nothing to certify"],
    )
    await moves.approve(office, OPERATOR, "ille", DIGEST)
    await moves.apply(office, OPERATOR, "ille", DIGEST)
    assert await drive(office) == 1
    answer = await native(visitor, "admin", "GET", "/moves/ille/certificate")
    assert (answer.status, answer.headers["Content-Disposition"]) == (200, 'attachment; filename="move.cert"')
    told = said(answer.body, (await native(visitor, "admin", "GET", "/journal/key")).json["publicKey"])
    assert told[0]["certificate"]["about"] == {"move": "ille"}
    assert told[-1]["balance"]["subscriptions"] == 1


async def test_the_first_wrong_line_is_named(visitor: Visitor) -> None:
    body = await certificate(visitor)
    tampered = (await verified(visitor, body.replace(b'"lost":0', b'"lost":1'))).json
    assert (tampered["holds"], tampered["clean"], tampered["balance"]) == (False, None, None)
    assert tampered["wrong"] == {
        "line": body.count(b"\n"),
        "journalLine": None,
        "reason": "was changed, or was not signed by that key",
    }
    cut = (await verified(visitor, body[: body.rindex(b"\n", 0, -1) + 1])).json
    assert cut["wrong"]["reason"] == "is missing: the certificate was cut"
    for nonsense in (b"", b"\xff\xfe", b"{}", b'{"n":1}' * 9000):
        assert (await verified(visitor, nonsense)).json["wrong"]["line"] == 1


async def test_another_key_is_trusted_when_it_is_given(visitor: Visitor) -> None:
    body = await certificate(visitor)
    other = (await verified(visitor, body, {"publicKey": OTHER.public_key})).json
    assert (other["holds"], other["wrong"]["line"]) == (False, 1)
    own = (await native(visitor, "admin", "GET", "/journal/key")).json["publicKey"]
    assert (await verified(visitor, body, {"publicKey": own})).json["holds"]
    refused = await verified(visitor, body, {"publicKey": "a key"})
    assert refused.status == 400
    assert faults(refused)[0].startswith("@query.publicKey: not a public key in PEM")


async def test_an_exported_journal_is_verified_too(visitor: Visitor) -> None:
    office = visitor.office
    await visitor.deposit()
    await sealing.seal_new(office)
    text = "".join(
        [
            each
            async for part in sealing.parts(office, OPERATOR)
            for each in (*map(line_text, part.lines), seal_text(part.seal))
        ]
    )
    found = (await verified(visitor, text.encode())).json
    assert (found["kind"], found["holds"], found["seals"], found["balance"]) == ("journal", True, 1, None)
    wrong = (await verified(visitor, text.replace("folder.created", "folder.deleted").encode())).json["wrong"]
    assert (wrong["line"], wrong["reason"]) == (None, "was changed after it was sealed")
    assert wrong["journalLine"] >= 1


@pytest.mark.parametrize(
    ("query", "status"), [("?epoch=7", 409), ("?epoch=0", 400), ("?epoch=4294967296", 400), ("?era=1", 400)]
)
async def test_what_was_not_switched_so_is_not_certified(visitor: Visitor, query: str, status: int) -> None:
    path = f"/subscriptions/{await switched(visitor)}/certificate"
    assert (await native(visitor, "admin", "GET", path + query)).status == status


async def test_what_is_wrong_is_said_before_anything_is_sent(visitor: Visitor) -> None:
    never = await native(visitor, "admin", "GET", f"/subscriptions/{await subscription(visitor)}/certificate")
    assert (never.status, faults(never)) == (
        409,
        ["The subscription was never switched: there is nothing to certify"],
    )
    for path in (f"/subscriptions/{NOWHERE}/certificate", "/moves/nowhere/certificate"):
        assert (await native(visitor, "admin", "GET", path)).status == 404
    assert (await verified(visitor, b"{}", None, **{"Content-Type": "text/plain"})).status == 415
    assert (await verified(visitor, bytes(ATTACHMENT_MAX_SIZE + 1))).status == 413


async def test_only_operators_certify_and_verify(visitor: Visitor) -> None:
    path = f"/subscriptions/{await switched(visitor)}/certificate"
    for who in ("depot", "rennes", "datapass"):
        for each in (path, "/moves/ille/certificate", "/journal/key"):
            assert (await native(visitor, who, "GET", each)).status == 403
        assert (await native(visitor, who, "POST", "/moves/verify", data=b"", headers=LINES)).status == 403


async def test_a_name_given_twice_is_not_signed(visitor: Visitor) -> None:
    """Others would read the first of the two, which nobody has signed."""
    body = await certificate(visitor)
    forged = body.replace(b'"said":{"balance":', b'"said":{"balance":{"lost":9}},"said":{"balance":')
    assert forged != body
    answer = await verified(visitor, forged)
    assert (answer.status, answer.json["holds"]) == (200, False)
    assert answer.json["wrong"]["reason"] == "is no line of a certificate"


async def test_a_key_of_an_unheard_of_kind_is_told_so(visitor: Visitor) -> None:
    text = "-----BEGIN PUBLIC KEY-----\nMAwwBQYDKgMEAwMAAQI=\n-----END PUBLIC KEY-----\n"
    answer = await verified(visitor, await certificate(visitor), {"publicKey": text})
    assert answer.status == 400
    assert faults(answer)[0].startswith("@query.publicKey: not a public key in PEM")
