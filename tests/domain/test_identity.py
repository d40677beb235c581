"""Names of organizations, doors and the modes they own, and whose reading is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.identity import Caller, Door, Mode, OrganizationId, Role

NAMES = st.builds(
    OrganizationId,
    st.sampled_from(["OSL", "SI", "ADMIN"]),
    st.text("0123456789", min_size=14, max_size=14),
    st.from_regex("[0-9A-Za-z]{1,10}", fullmatch=True),
)


@given(NAMES)
def test_a_name_is_read_back_as_it_is_spelt(name: OrganizationId) -> None:
    assert OrganizationId.parse(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SI",
        "SI-21350238800019",
        "SI-21350238800019-",
        "SI-2135023880001-35238",
        "SI-213502388000190-35238",
        "SI-2135023880001X-35238",
        "SI-２1350238800019-35238",
        "si-21350238800019-35238",
        "XX-21350238800019-35238",
        " SI-21350238800019-35238",
        "SI-21350238800019-35238\n",
        "SI-21350238800019-35238-1",
        "SI-21350238800019-12345678901",
        "SI-21350238800019-352é8",
    ],
)
def test_what_is_no_name_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="TYPE-siret-branch, for example"):
        OrganizationId.parse(text)


@pytest.mark.parametrize(
    ("door", "mode"),
    [
        (Door.SFTP, Mode.SFTP),
        (Door.PUSH, Mode.SFTP),
        (Door.API, Mode.API),
        (Door.PORTAL, Mode.PORTAIL),
        (Door.GATEWAY, None),
    ],
)
def test_every_door_owns_the_subscriptions_of_its_mode(door: Door, mode: Mode | None) -> None:
    assert door.mode is mode


def test_reading_is_counted_for_the_account_and_else_for_the_credential() -> None:
    client = Caller("SI-21350238800019-35238", Role.SI, Door.API, "client")
    account = Caller("SI-21350238800019-35238", Role.SI, Door.SFTP, "login", account="an id")
    assert client.reader == "client"
    assert account.reader == "an id"
