# SPDX-License-Identifier: Apache-2.0
"""How a Slurm of one node is started and ended, with stand-ins for its programs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.engines import one_node, pool
from scripts.project import ROOT

# munged makes the file that its option --socket names; all three stay until they are ended.
DAEMON = """#!/bin/sh
for option; do case $option in --socket=*) : >"${option#--socket=}" ;; esac; done
exec sleep 300
"""


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark by which all that a test has started is found, and ended if it is left."""
    text = uuid.uuid4().hex
    yield text
    pool.end(text)


def started(folder: Path, mark: str, *command: str) -> subprocess.Popen[bytes]:
    """Start a command with a Slurm whose programs are stand-ins."""
    programs = dict.fromkeys(one_node.DAEMONS, DAEMON)
    programs |= {"sinfo": "#!/bin/sh\necho idle\n", "sbatch": "#!/bin/sh\n"}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.engines.one_node", *command],
        cwd=ROOT,
        env={**os.environ, pool.MARK: mark, "PATH": path, "TMPDIR": str(folder)},
    )


def test_the_status_is_that_of_the_command_and_nothing_outlives_it(
    tmp_path: Path, mark: str
) -> None:
    assert started(tmp_path, mark, "sh", "-c", "exit 3").wait(timeout=60) == 3
    assert pool.marked(mark) == []


def test_sigterm_ends_the_command_and_the_daemons(tmp_path: Path, mark: str) -> None:
    ready = tmp_path / "ready"
    process = started(tmp_path, mark, "sh", "-c", f": >{ready}; exec sleep 300")
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(pool.marked(mark)) == 5  # this, the command, and three daemons
    process.terminate()
    assert process.wait(timeout=60) == 143
    assert pool.marked(mark) == []
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


@pytest.mark.parametrize("command", [[], ["no-such-program"]])
def test_a_command_that_does_not_exist_is_one_line(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_node.main(command) == 2
    error = capsys.readouterr().err
    assert "give a command" in error
    assert error.count("\n") == 1
