from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import __version__
from gateway.cli.exits import MEANINGS
from tests.cli.running import gateway

UNKNOWN_ID = "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


def test_help_names_every_command_and_every_exit_code() -> None:
    done = gateway("--help")
    assert done.code == 0
    for word in ("serve", "demo", "import", "timeline", "version", "db", "deliveries", "outgoing"):
        assert word in done.out
    for code, meaning in MEANINGS.items():
        assert f"{code.value}  {meaning.split(':')[0][:30]}" in done.out


def test_help_imports_nothing_that_only_commands_need() -> None:
    """What keeps `--help` quick, whatever the machine."""
    program = (
        "import sys\nsys.argv = ['gateway', '--help']\nfrom gateway.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'aiohttp', 'asyncssh', 'sqlalchemy', 'pydantic', 'yaml', 'lxml', 'paramiko'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_the_version() -> None:
    assert gateway("version").out == f"gateway {__version__}\n"
    assert json.loads(gateway("version", "--json").out) == {"version": __version__}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nonsense",), 2, "nonsense"),
        (("import",), 2, "FILE"),
        (("outgoing", "list", "--most", "0"), 2, "most"),
        (("timeline", "not-an-id"), 2, "is not an id"),
        (("timeline", UNKNOWN_ID), 4, "Folder is not found"),
        (("outgoing", "replay", UNKNOWN_ID), 4, "no dead call"),
        (("deliveries", "undo-expiry", UNKNOWN_ID), 4, "Delivery is not found"),
        (("serve", "--config", "absent.yaml"), 3, "absent.yaml: cannot be read"),
        (("import", "absent.yaml"), 3, "absent.yaml: cannot be read"),
    ],
)
def test_failures_have_their_code_and_one_block(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    done = gateway(*arguments, where=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_database_out_of_reach_has_its_own_code(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    done = gateway("outgoing", "list", where=tmp_path, GATEWAY__DATABASE__URL=url)
    assert done.code == 5
    assert done.err.startswith("gateway: ")
    assert "Traceback" not in done.err


def test_debug_shows_where_a_failure_came_from(tmp_path: Path) -> None:
    done = gateway("--debug", "timeline", UNKNOWN_ID, where=tmp_path)
    assert done.code == 4
    assert "Traceback" in done.err
    assert done.err.endswith("gateway: Folder is not found\n")
