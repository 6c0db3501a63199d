# SPDX-License-Identifier: Apache-2.0
"""Benches, one folder for each block, and what they share."""
