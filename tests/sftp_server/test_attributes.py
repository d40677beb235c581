from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from asyncssh import SFTPName
from asyncssh.packet import SSHPacket

from gateway.sftp_server.attributes import Shown, attributes, is_recent, longname, packed

PARIS = ZoneInfo("Europe/Paris")
AT = int(datetime(2026, 7, 4, 8, 5, tzinfo=PARIS).timestamp())
FILE = Shown("né.zip", 5_000_000_000, AT)
DIRECTORY = Shown("DONE", 0, AT, directory=True)


@pytest.mark.parametrize("shown", [FILE, DIRECTORY])
@pytest.mark.parametrize("recent", [True, False])
def test_a_packed_entry_is_what_asyncssh_would_have_sent(shown: Shown, recent: bool) -> None:
    name = SFTPName(shown.name.encode(), longname(shown, PARIS, recent=recent), attributes(shown))
    assert packed(shown, PARIS, recent=recent) == name.encode(3)
    decoded = SFTPName.decode(SSHPacket(packed(shown, PARIS, recent=recent)), 3)
    assert (decoded.filename, decoded.attrs.size, decoded.attrs.mtime) == (shown.name.encode(), shown.size, AT)


def test_the_line_for_people_says_nothing_of_the_host() -> None:
    assert longname(FILE, PARIS, recent=True).decode() == (
        "-rw-r--r--    1 gateway  gateway  5000000000 Jul  4 08:05 né.zip"
    )
    assert longname(DIRECTORY, PARIS, recent=False).decode() == (
        "drwxr-xr-x    1 gateway  gateway         0 Jul  4  2026 DONE"
    )


@pytest.mark.parametrize(("later", "recent"), [(0, True), (-1, False), (100 * 86400, True), (200 * 86400, False)])
def test_the_time_of_day_is_given_for_half_a_year(later: int, recent: bool) -> None:
    assert is_recent(FILE, AT + later) is recent
