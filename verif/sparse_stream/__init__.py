# SPDX-License-Identifier: Apache-2.0
"""pyuvm environment of the streaming accelerator: one layer, or a generated pipeline."""
