from __future__ import annotations

import base64

from gateway.services.office import Office
from gateway.services.webhook_keys import signing_key, webhook_key


async def test_the_key_that_a_receiver_configures_is_the_one_that_signs(office: Office) -> None:
    key = webhook_key(office, "one")
    assert key.startswith("whsec_")
    assert base64.b64decode(key.removeprefix("whsec_")) == signing_key(office, "one")
    assert key != webhook_key(office, "other")
    assert key == webhook_key(office, "one", 1) != webhook_key(office, "one", 2)
