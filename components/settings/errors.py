"""How a bad setting is told to the person who wrote it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


class SettingsError(pulumi.RunError):
    """One or more settings are wrong; the message names each key, its value and the way out.

    A `RunError`, so that the engine prints the message alone, without a traceback.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


def problem(key: str, value: object, reason: str) -> str:
    """One line: the key as it stands in the stack file, the value as given, and what to do.

    A private key that was written in the place of a public one is not repeated into a log.
    """
    shown = "[a private key]" if "PRIVATE KEY" in str(value) else repr(value)
    return f"{key} = {shown}: {reason}"
