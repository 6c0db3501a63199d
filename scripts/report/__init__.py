# SPDX-License-Identifier: Apache-2.0
"""The report: a static site made from the JSON files that the other targets leave."""
