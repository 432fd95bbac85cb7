"""What is wrong with what a user gave, and how a message calls the command of this pack."""

import sys
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent


class PolicyInputError(Exception):
    """An input, configuration or exemption that cannot be used; the message names the place and a way out."""


def command() -> str:
    """How a person calls the command of this pack where it stands: `python -m policy`, or `python FOLDER`."""
    called = Path(sys.argv[0]) if sys.argv else Path()
    if called.is_dir() and called.resolve() == _FOLDER:
        return f"python {sys.argv[0]}"
    return "python -m policy" if _FOLDER.name == "policy" else f"python {_FOLDER.name}"


def kind_of(value: Any) -> str:
    """What a JSON value is, as a message calls it."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else kinds.get(type(value), f"a {type(value).__name__}")
