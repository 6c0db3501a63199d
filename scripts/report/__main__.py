# SPDX-License-Identifier: Apache-2.0
"""Makes the report: ``python -m scripts.report``; open build/report/index.html.

It reads what the other targets left under build/, of figures also the committed docs/bench. What
has not been measured is shown as missing, with the command that makes it. A malformed file is an
error, and then the last report stays as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UserError
from scripts.project import ROOT
from scripts.report.collect import collect
from scripts.report.pages import site
from scripts.report.render import write_site


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the report below `root`; 2 if one of its files is malformed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.report", description=__doc__)
    parser.parse_args(arguments)
    folder = root / "build" / "report"
    try:
        pages, links = site(collect(root), root, folder)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_site(folder, pages, links)
    print(f"wrote {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
