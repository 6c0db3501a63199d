# SPDX-License-Identifier: Apache-2.0
"""Commands behind the Makefile: simulate, lint, bench, and what they share."""
