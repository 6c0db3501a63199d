# SPDX-License-Identifier: Apache-2.0
"""What each block would do for a network of your own: ``python -m scripts.study``."""
