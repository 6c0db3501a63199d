# SPDX-License-Identifier: Apache-2.0
"""What every bench shares: the run's settings and report, scoreboard, watchdog, agents."""
