# SPDX-License-Identifier: Apache-2.0
"""The one exception whose text is written for the person at the keyboard."""


class UserError(Exception):
    """Bad input or a missing tool: one line that names the thing and the remedy.

    Commands print it as ``error: ...`` and exit with status 2, without a traceback.
    """
