# SPDX-License-Identifier: Apache-2.0
"""Energy of a netlist's cells from the toggles of its nets and the tables of the Liberty file.

Per toggle of a net: half of C V^2, C being what hangs on it (input pins and wire); the energy
inside the cell that drives it, from the tables of the output for each input that can be the reason;
and what happens inside cells whose input it is. Tables are read at the net's load and the slew of
the input, averaged over rising and falling and over states (`when`): summing over states would
count one toggle several times. Leakage is averaged over states too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.power.liberty import Lut, Pin, Power
from scripts.power.nets import Netlist

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

KINDS = ("switching", "internal", "clock", "leakage", "glitches")
LEAKAGE_FJ = 1e-3  # of 1 nW in 1 ns


@dataclass(frozen=True)
class Electrical:
    """load: fF that each net drives; slew: ns of its edges, both [nets]. wire_ff: of a fan-out."""

    load: Floats
    slew: Floats
    wire_ff: float


@dataclass(frozen=True)
class Charges:
    """fJ for each toggle of a net, charged to an instance. All arrays have one entry a charge.

    switching: half of C V^2 of the net; internal: inside the cell.
    """

    net: NDArray[np.int64]
    instance: NDArray[np.int64]
    switching: Floats
    internal: Floats

    def per_toggle(self, nets: int) -> Floats:
        """fJ for a toggle of each net, all told, [nets]."""
        total = self.switching + self.internal
        return np.bincount(self.net, total, minlength=nets).astype(np.float64)


@dataclass(frozen=True)
class Model:
    """All that does not depend on the activity. leakage: fJ of each instance in one cycle."""

    charges: Charges
    leakage: Floats
    labels: Sequence[str]
    label: NDArray[np.int64]
    is_clock: NDArray[np.bool_]


@dataclass(frozen=True)
class Energy:
    """fJ by label of a part ("" for what is in none) and kind.

    Kinds: "clock" is all that edges of clocks cost; the others are what their name says, without
    it. "glitches" is what changes of nets within a cycle add to switching and internal energy.
    """

    parts: Mapping[tuple[str, str], float]

    def of(self, labels: Collection[str] | None = None, kinds: Collection[str] = KINDS) -> float:
        """fJ of these labels (None: all of them) and kinds."""
        return sum(
            value
            for (label, kind), value in self.parts.items()
            if (labels is None or label in labels) and kind in kinds
        )

    def __add__(self, other: Energy) -> Energy:
        keys = {**self.parts, **other.parts}
        return Energy({k: self.parts.get(k, 0.0) + other.parts.get(k, 0.0) for k in keys})


def model(
    netlist: Netlist,
    electrical: Electrical,
    activity: Floats,
    period_ns: float,
    label_of: Callable[[str], str],
) -> Model:
    """Work out what each toggle costs.

    activity: toggles of each net [nets] over the whole recording; of several inputs that can move
    an output, each has a share in proportion to it. period_ns: of the clock, for leakage.
    label_of: the part of an instance's name.
    """
    net, instance, switching, internal = (
        np.concatenate(part) for part in zip(*_charges(netlist, electrical, activity), strict=True)
    )
    names = [*(label_of(entry.name) for entry in netlist.instances), ""]  # "": drivers outside
    labels = sorted(set(names))
    is_clock = np.zeros(netlist.nets, bool)
    is_clock[list(netlist.clocks)] = True
    leakage = [entry.cell.leakage * period_ns * LEAKAGE_FJ for entry in netlist.instances]
    return Model(
        Charges(net, instance, switching, internal),
        np.array([*leakage, 0.0]),
        labels,
        np.array([labels.index(name) for name in names]),
        is_clock,
    )


def energy(model: Model, toggles: Floats, cycles: float) -> Energy:
    """Energy of `cycles` cycles in which the nets changed `toggles` [nets] times."""
    charges = model.charges
    clocked = model.is_clock[charges.net]
    count = toggles[charges.net]
    label = model.label[charges.instance]
    switching, internal = charges.switching * count, charges.internal * count
    sums = {
        "switching": np.where(clocked, 0, switching),
        "internal": np.where(clocked, 0, internal),
        "clock": np.where(clocked, switching + internal, 0),
    }
    parts: dict[tuple[str, str], float] = {}
    for kind, values in sums.items():
        parts |= _by_label(model, kind, label, values)
    return Energy(parts | _by_label(model, "leakage", model.label, model.leakage * cycles))


def glitch_energy(model: Model, extra: Floats) -> Energy:
    """Energy of `extra` changes of nets [nets] beyond those that a cycle's end shows."""
    charges = model.charges
    values = (charges.switching + charges.internal) * extra[charges.net]
    values[model.is_clock[charges.net]] = 0
    return Energy(_by_label(model, "glitches", model.label[charges.instance], values))


def _by_label(
    model: Model, kind: str, label: Integers, values: Floats
) -> dict[tuple[str, str], float]:
    sums = np.bincount(label, values, minlength=len(model.labels))
    return {(name, kind): float(value) for name, value in zip(model.labels, sums, strict=True)}


def _charges(
    netlist: Netlist, electrical: Electrical, activity: Floats
) -> Iterator[tuple[Integers, Integers, Floats, Floats]]:
    """(net, instance, switching, internal) of everything that costs energy, for cells alike.

    A net is charged to the cell that drives it; a net of the clock, which one driver of the whole
    design may drive, to the cells that it clocks.
    """
    half = 0.5 * netlist.library.voltage**2
    clocks = list(netlist.clocks)
    alike: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    for number, instance in enumerate(netlist.instances):
        alike[instance.cell.name, frozenset(instance.nets)].append(number)
    for (name, connected), numbers in alike.items():
        cell = netlist.library.cells[name]
        nets = {
            pin: np.array([netlist.instances[i].nets[pin] for i in numbers]) for pin in connected
        }
        for pin, own in nets.items():
            clocked = np.isin(own, clocks)
            if cell.pins[pin].is_output:
                inside = _output(cell.pins[pin], nets, electrical, activity)
                outside = np.where(clocked, 0, electrical.load[own])
            else:
                inside = _alone(cell.pins[pin], electrical.slew[own])
                outside = clocked * (cell.pins[pin].capacitance + electrical.wire_ff)
            yield own, np.array(numbers), half * outside, inside
    sources = np.array(sorted({*netlist.inputs.values(), *_box_outputs(netlist)} - {*clocks}))
    driver = np.full(len(sources), len(netlist.instances))
    yield sources, driver, half * electrical.load[sources], np.zeros(len(sources))


def _box_outputs(netlist: Netlist) -> Iterator[int]:
    for pins in netlist.boxes.values():
        yield from (net for pin, net in pins.items() if pin.partition("[")[0].endswith("_o"))


def _alone(pin: Pin, slew: Floats) -> Floats:
    """fJ inside the cell for a toggle of an input, whatever the outputs do."""
    powers = [power for power in pin.powers if not power.related]
    return _mean(powers, slew, np.zeros(len(slew)))


def _output(
    pin: Pin, nets: Mapping[str, Integers], electrical: Electrical, activity: Floats
) -> Floats:
    """fJ inside the cell for a toggle of an output; inputs share in being the reason."""
    load = electrical.load[nets[pin.name]]
    by_input: dict[str, list[Power]] = defaultdict(list)
    for power in pin.powers:
        if not power.related or power.related in nets:
            by_input[power.related].append(power)
    energies, shares = [np.zeros(len(load))], [np.zeros(len(load))]
    for related, powers in by_input.items():
        slew = electrical.slew[nets[related]] if related else np.zeros(len(load))
        energies.append(_mean(powers, slew, load))
        # an input that never moves still has a share, lest nothing be left to weigh with
        shares.append(activity[nets[related]] + 1e-6 if related else np.ones(len(load)))
    weights = np.array(shares)
    total = (np.array(energies) * weights).sum(axis=0)
    return np.asarray(total / np.maximum(weights.sum(axis=0), 1e-9))


def _mean(powers: Sequence[Power], slew: Floats, load: Floats) -> Floats:
    """Average over both edges and over the states that the tables distinguish."""
    tables = [table for power in powers for table in (power.energy.rise, power.energy.fall)]
    if not tables:
        return np.zeros(len(slew))
    return sum((table.values_at(slew, load) for table in _merged(tables)), np.zeros(len(slew)))


def _merged(tables: Sequence[Lut]) -> list[Lut]:
    """Tables whose sum is the average of the given ones: one for each pair of axes."""
    same: dict[tuple[bytes, bytes], list[Lut]] = defaultdict(list)
    for table in tables:
        same[table.slews.tobytes(), table.loads.tobytes()].append(table)
    return [
        Lut(group[0].slews, group[0].loads, np.sum([t.values for t in group], axis=0) / len(tables))
        for group in same.values()
    ]
