# SPDX-License-Identifier: Apache-2.0
"""Runs a block's prepare hook in a process of its own: ``python -m scripts.prepare <run folder>``.

The hook is ``prepare(test, settings, directory) -> list of plusargs`` in verif/<block>/prepare.py.
It builds what must exist before the simulator starts (firmware, RAM images) in the run's folder.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from scripts.errors import UserError
from scripts.files import write_json


def main(directory: Path) -> int:
    """Read run.json, call the hook, write plusargs.json; a UserError becomes the last line."""
    run = json.loads((directory / "run.json").read_text())
    try:
        hook = importlib.import_module(f"verif.{run['block']}.prepare").prepare
        plusargs = hook(run["test"], run["settings"], directory)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_json(directory / "plusargs.json", plusargs)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
