"""A command's forgotten children are the reaper's."""

from __future__ import annotations

import subprocess
import sys

_FORGETFUL = """
import os, sys
if os.fork() == 0:
    while os.times().user < 0.1:
        pass
    os._exit(0)
sys.exit(7)
"""
_ASKING = """
import os, sys
from tools.bench import reaper
code = reaper.main([sys.executable, "-c", sys.argv[1]])
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
print(code, os.times().children_user >= 0.1)
"""


def test_what_they_used_is_counted_and_the_command_s_exit_code_told() -> None:
    told = subprocess.run([sys.executable, "-c", _ASKING, _FORGETFUL], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["7", "True"]
