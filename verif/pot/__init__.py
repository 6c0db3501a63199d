# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of the weight-held array and its engine: random layers, whole networks."""
