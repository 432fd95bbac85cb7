"""The project's command lines: one line on stderr and exit code 2 for bad arguments, without secrets.

`policy` has the like of it for itself (`policy.arguments`), because the pack also stands alone.
"""

from command_line.apps import INTERRUPTED, USAGE, Command, DocumentCommand, DocumentGroup, Group
from command_line.parser import Parser

__all__ = ["INTERRUPTED", "USAGE", "Command", "DocumentCommand", "DocumentGroup", "Group", "Parser"]
