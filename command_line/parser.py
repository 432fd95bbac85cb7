"""An argument parser of the standard library that prints each error on one line."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from recovery.redaction import redacted_message


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` without the usage before an error; ends with exit code 2."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(redacted_message(message, sys.argv[1:]).split())
        self.exit(2, f"{line}; see --help\n")
