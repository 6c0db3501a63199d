# SPDX-License-Identifier: Apache-2.0
"""A worker of the local engine: reads jobs from its input, a JSON line each, and answers likewise.

It lives as long as its input is open, so that Python and its modules are loaded once for many
jobs. It says "ready" first. A run's result is in its file before the answer is given.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from scripts import processes
from scripts.regress_job import make, make_build, record
from scripts.regress_plan import Job


def main(root: Path, results: Path) -> None:
    """Answer until the input ends. What jobs print goes to the error output, a log."""
    signal.signal(signal.SIGTERM, _stop)
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        _say(answers, {"ready": True})
        for line in sys.stdin:
            request = json.loads(line)
            job = Job(**request["job"])
            if request["task"] == "build":
                _say(answers, {"error": make_build(job, root)})
            else:
                outcome = make(job, root, request["sent"])
                record(results, job.key, outcome)
                _say(answers, {"outcome": vars(outcome)})


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    processes.stop()
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
