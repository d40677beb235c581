from __future__ import annotations

from tests.cli.running import gateway


def test_the_commands_of_push_are_told() -> None:
    done = gateway("push", "--help")
    assert done.code == 0
    for word in ("key", "status", "retry"):
        assert word in done.out
    assert gateway("push", "retry", "SI-1").code != 0
