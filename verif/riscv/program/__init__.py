# SPDX-License-Identifier: Apache-2.0
"""Random programs for the core: pieces.py makes their pieces, random_program.py puts them together.

frame.S is what every program has: start-up, trap handler, data and end.
"""
