# SPDX-License-Identifier: Apache-2.0
"""Energy of LeNet-5 on gates: ``make power BLOCK=msb_skip [NETWORK=] [LIBERTY=]``.

Every run is simulated, compared with the golden model, replayed on the netlist with all registers
and outputs checked in each cycle, and priced by the library's tables. Writes energy.json and plots
into build/power/<block>/<library>. docs/method.md says what is in the numbers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import UserError
from scripts.power import libraries, report
from scripts.power.measure import measure
from scripts.power.workload import TYPICAL_IMAGE, Workload
from scripts.project import ROOT, choose
from scripts.simulate import SimulationFailed

NETWORKS = ("lenet5-relu", "lenet5-tanh")
BLOCKS = ("msb_skip",)


def workloads(network: str) -> list[Workload]:
    """What the table compares: the opponents, then skipping, with its best program."""
    return [
        Workload(network, "exact", "plain", "1"),
        Workload(network, "exact", "plain", "simd4"),
        Workload(network, "zero", "plain", "1"),
        Workload(network, "soft", "soft", "1"),
        Workload(network, "soft", "soft", "1", "lenet5_branch"),
        Workload(network, "soft", "soft", "4", "lenet5_branch"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, 1 when a simulation fails, 2 when the command makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m scripts.power", description=__doc__)
    parser.add_argument("--block", default="msb_skip", help=f"one of: {', '.join(BLOCKS)}")
    parser.add_argument("--network", help=f"one of: {', '.join(NETWORKS)}; default: all")
    parser.add_argument("--liberty", default="osu018", help=libraries.HELP)
    parser.add_argument(
        "--image", type=int, default=TYPICAL_IMAGE, help="number of the test image (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the sample of cycles (%(default)s)")
    options = parser.parse_args(arguments)
    started = time.monotonic()

    def show(text: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {text}", flush=True)

    try:
        block = choose("BLOCK", options.block, BLOCKS)
        networks = [choose("NETWORK", options.network, NETWORKS)] if options.network else NETWORKS
        library = {options.liberty: libraries.liberty(options.liberty)}
        jobs = [workload for network in networks for workload in workloads(network)]
        measured = measure(jobs, library, show, options.image, options.seed)
        for each in measured:
            print(f"\n{report.table(each)}")
        name = Path(options.liberty).name.partition(".")[0]
        paths = report.write(measured, ROOT / "build" / "power" / block / name)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SimulationFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\nwrote " + " ".join(str(path.relative_to(ROOT)) for path in paths))
    return 0


if __name__ == "__main__":
    sys.exit(main())
