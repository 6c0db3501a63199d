# SPDX-License-Identifier: Apache-2.0
"""Energy of operations, modelled: a measured multiply-accumulate times prices that were fitted.

The multiply-accumulate (rtl/common/mac.sv) goes through gates, replay and glitches in the library
that is asked for. The prices in prices.json say how many of it an operation of a block costs, with
all that the block does around it; scripts/study/calibrate.py fits them to measured runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.power import libraries
from scripts.power.memory import mac_fj

FILE = Path(__file__).with_name("prices.json")
OTHER = "other"  # libraries in which nothing was measured
KINDS = {
    "msb_skip": ("pair", "zero", "skipped"),
    "simd4": ("pair", "zero"),
    "pot": ("shifted", "multiplied", "cycle"),
    "sparse_stream": ("pair", "zero", "memory_sparse", "memory_dense"),
}


@dataclass(frozen=True)
class Prices:
    """Of one library. mac_fj: measured. tables: block -> price of each operation in that unit."""

    library: str
    mac_fj: float
    tables: Mapping[str, Mapping[str, Any]]
    fitted: bool

    def nj(self, block: str, **counts: float) -> float:
        """Energy of so many operations of a block, by their kinds."""
        table = self.tables[block]
        return self.mac_nj(sum(float(table[kind]) * count for kind, count in counts.items()))

    def mac_nj(self, count: float) -> float:
        """Energy of multiply-accumulates alone."""
        return count * self.mac_fj / 1e6

    def worst_percent(self, block: str) -> int | None:
        """Worst error on a network that was left out of the fit; None if there was no other."""
        worst = self.tables[block]["worst_percent"]
        return None if worst is None else int(worst)

    def error(self, block: str) -> str:
        """Where the prices come from and how far off they were, in words."""
        worst = self.worst_percent(block)
        if worst is None:
            return "from prices of two measured pipelines in osu018, tested on no other"
        points = self.tables[block]["points"]
        where = "in this library" if self.fitted else "in three other libraries"
        return (
            f"from prices fitted to {points} measured runs {where}; a network left out of the fit "
            f"was up to {worst} % off"
        )


def prices(name: str) -> Prices:
    """Measure the multiply-accumulate of a library, by its name or path; read the prices.

    Raises UserError if the library is not there or cannot be used.
    """
    mac = mac_fj(libraries.liberty(name))
    return with_mac(name, mac)


def with_mac(name: str, mac: float) -> Prices:
    """Prices for a multiply-accumulate of so many fJ."""
    table = json.loads(FILE.read_text())
    fitted = name in table["msb_skip"] and name != OTHER
    key = name if fitted else OTHER
    tables = {block: table[block].get(key, table[block][OTHER]) for block in KINDS}
    label = name if fitted else Path(name).name
    return Prices(label, mac, tables, fitted)
