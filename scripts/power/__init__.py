# SPDX-License-Identifier: Apache-2.0
"""Energy on gates: Liberty files, synthesis, activity, and what they add up to."""
