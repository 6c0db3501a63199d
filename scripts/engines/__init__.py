# SPDX-License-Identifier: Apache-2.0
"""Where the jobs of a night run: on this machine (local) or on a cluster (slurm)."""
