# SPDX-License-Identifier: Apache-2.0
"""Bit-exact integer models of the hardware, the networks that run on them, and their training."""
