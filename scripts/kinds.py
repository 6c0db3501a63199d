# SPDX-License-Identifier: Apache-2.0
"""What figures of each name are called in tables and plots, and under which topic they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ACCURACY = "Accuracy and products"
CYCLES = "Cycles and utilisation"
ENERGY = "Energy"
AREA = "Area and timing"
TRUST = "How far it is checked"
TOOLS = "Speed of the tools"
OTHER = "Other figures"
TOPICS = (ACCURACY, CYCLES, ENERGY, AREA, TRUST, TOOLS, OTHER)


@dataclass(frozen=True)
class Kind:
    """All figures of one name. better: "higher", "lower", or "" where neither is."""

    text: str
    topic: str
    better: str = ""


KINDS: Mapping[str, Kind] = {
    "accuracy": Kind("accuracy", ACCURACY, "higher"),
    "correct": Kind("correct images", ACCURACY, "higher"),
    "correct_exact": Kind("correct images, nothing skipped", ACCURACY, "higher"),
    "correct_pruned": Kind("correct images, pruned", ACCURACY, "higher"),
    "density": Kind("density of the products", ACCURACY),
    "images_lost_vs_plain": Kind("images lost, vs ordinary training", ACCURACY, "lower"),
    "images_lost_vs_same": Kind("images lost, vs same recipe unskipped", ACCURACY, "lower"),
    "products_skipped": Kind("products skipped", ACCURACY, "higher"),
    "products_skipped_conv": Kind("products skipped, convolutions", ACCURACY, "higher"),
    "multiplications_vs_zero_skip": Kind("fewer products than zero skipping", ACCURACY, "higher"),
    "multiplications_vs_zero_skip_same_weights": Kind(
        "fewer products than zero skipping, same weights", ACCURACY, "higher"
    ),
    "conv5x5_cycles_per_mac": Kind("5 x 5 convolution in plain C", CYCLES, "lower"),
    "cycles_per_inference": Kind("cycles per inference", CYCLES, "lower"),
    "engine_speedup_at_density": Kind("speed-up over the dense twin", CYCLES, "higher"),
    "fifo_depth_for_1_percent_stall": Kind("FIFO depth", CYCLES, "lower"),
    "gops_per_dsp_vs_dense": Kind("operations per second and DSP, vs dense twin", CYCLES, "higher"),
    "kernel_cycles": Kind("small programs", CYCLES, "lower"),
    "macs_per_cycle": Kind("products per cycle", CYCLES, "higher"),
    "multiplier_utilisation": Kind("multipliers busy", CYCLES, "higher"),
    "multiplier_utilisation_of_layers": Kind(
        "multipliers busy, least busy layer", CYCLES, "higher"
    ),
    "scalar_cycles_per_mac_conv": Kind("the yardstick: convolutions in plain C", CYCLES, "lower"),
    "share_of_bound": Kind("share of the bound 1 / density", CYCLES, "higher"),
    "share_of_ideal_dense": Kind("share of an ideal dense twin / density", CYCLES, "higher"),
    "speedup_over_scalar": Kind("speed-up over plain C", CYCLES, "higher"),
    "energy_per_inference": Kind("energy per inference", ENERGY, "lower"),
    "form_energy": Kind("energy per product, by form", ENERGY, "lower"),
    "energy_per_mac": Kind("energy per product", ENERGY, "lower"),
    "energy_ratio": Kind("times less energy", ENERGY, "higher"),
    "energy_ratio_pruned": Kind("times less energy, pruned", ENERGY, "higher"),
    "energy_saved": Kind("energy saved", ENERGY, "higher"),
    "area_kge": Kind("area", AREA, "lower"),
    "area_ratio": Kind("times less area", AREA, "higher"),
    "longest_path": Kind("longest path", AREA, "lower"),
    "annotated_percent": Kind("nets whose activity is known", TRUST, "higher"),
    "cycle_model_error": Kind("error of the cycle model", TRUST, "lower"),
    "engine_images_checked": Kind("images equal on RTL", TRUST, "higher"),
    "images_checked": Kind("images equal on RTL", TRUST, "higher"),
    "layers_checked": Kind("layers equal on RTL", TRUST, "higher"),
    "lockstep_instructions": Kind("instructions in step with Spike", TRUST, "higher"),
    "mutants_noticed": Kind("mutants noticed", TRUST, "higher"),
    "coverage_branch": Kind("branch coverage", TRUST, "higher"),
    "coverage_functional": Kind("functional coverage", TRUST, "higher"),
    "coverage_line": Kind("line coverage", TRUST, "higher"),
    "coverage_toggle": Kind("toggle coverage", TRUST, "higher"),
    "median_comparisons": Kind("median comparisons of a run", TRUST, "higher"),
    "median_cycles": Kind("median cycles of a run", TRUST, "higher"),
    "nightly_runs": Kind("runs of a night", TRUST, "higher"),
    "proofs": Kind("proofs", TRUST, "higher"),
    "rtl_images_checked": Kind("images equal on RTL", TRUST, "higher"),
    "runs_long_enough": Kind("runs that are long enough", TRUST, "higher"),
    "runs_of_block": Kind("runs of a night, by block", TRUST, "higher"),
    "slurm_jobs_ok": Kind("jobs passed on Slurm", TRUST, "higher"),
    "runs_lost": Kind("runs lost", TRUST, "lower"),
    "lockstep_instructions_per_second": Kind("lock-step, instructions", TOOLS, "higher"),
    "overhead_seconds": Kind("overhead of the runner for a job", TOOLS, "lower"),
    "replay_cycles_per_second": Kind("replay on the netlist, cycles", TOOLS, "higher"),
    "seconds_to_figure": Kind("from simulation to energy", TOOLS, "lower"),
    "sim_cycles_per_second": Kind("checked simulation, cycles", TOOLS, "higher"),
    "sim_speed_ratio": Kind("checked simulation, vs bare C++ loop", TOOLS, "higher"),
}
_TOPIC_WORDS = {
    ENERGY: ("energy", "power"),
    AREA: ("area", "path", "kge"),
    ACCURACY: ("correct", "accuracy", "images_lost", "products"),
    CYCLES: ("cycles", "utilisation", "speedup"),
    TRUST: ("checked", "coverage", "runs", "mutants", "slurm"),
}


def kind(name: str) -> Kind:
    """Return how figures called `name` are shown; unknown ones are sorted by the words in them."""
    if name in KINDS:
        return KINDS[name]
    text = name.replace("_", " ")
    for topic, words in _TOPIC_WORDS.items():
        if any(word in name for word in words):
            return Kind(text, topic)
    return Kind(text, OTHER)
