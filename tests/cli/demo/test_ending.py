from __future__ import annotations

import shlex
from pathlib import Path

from gateway.cli.demo import ending
from gateway.cli.demo.world import World
from gateway.cli.printing import console
from tests.cli.demo.players import Answers, cast_of, folder


async def test_something_waits_at_each_door(tmp_path: Path) -> None:
    rest = Answers(POST_folders=folder("N", "HUBEE_RECEIVED", attachments=2), GET_folders=folder("N", "HUBEE_NOTIFIED"))
    rest.answers["POST", "folders"]["attachments"] = _Enough()
    cast, _ = cast_of(tmp_path, rest)
    assert await ending.leave_something(cast) == "folder"
    made = [body for method, path, body in rest.asked if (method, path) == ("POST", "/folders")]
    assert [(each["processCode"], each["cases"][0]["recipient"]["branchCode"]) for each in made] == [
        ("EtatCivil", "99001"),
        ("depotDossierPACS", "99002"),
    ]


class _Enough:
    """As many attachments as asked for; a strict zip wants just that."""

    def __init__(self) -> None:
        self._counts = iter((2, 3))

    def __iter__(self) -> object:
        return iter([{"id": str(n)} for n in range(next(self._counts))])


def test_lines_are_whole_shell_lines_with_everything_in_them(tmp_path: Path) -> None:
    cast, out = cast_of(tmp_path, Answers())
    world = World(cast.key)
    tokens = {client.client_id: f"token of {client.client_id}" for client in world.clients}
    pairs = ending.lines_to_paste(cast, world, tmp_path / "gateway.yaml", "folder-id", tokens=tokens)
    ending.show(console(out), pairs, world)
    printed = out.getvalue().splitlines()
    for what, line in pairs:
        assert shlex.split(line)
        assert line in printed, what
    assert any(world.town_unions.secret in line for _, line in pairs)
    assert any("Bearer token of villefictive-pacs" in line for _, line in pairs)
    assert any("timeline folder-id" in line for _, line in pairs)
    assert world.password in out.getvalue()
