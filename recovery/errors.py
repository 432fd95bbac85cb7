"""What stops a run, and with which exit code a command ends."""

from __future__ import annotations


class RecoveryError(Exception):
    """Nothing further was changed; the text says what is wrong and the way out. `exit_code` is the command's."""

    exit_code = 1


class ConfigurationError(RecoveryError):
    """A run cannot be configured: an output is missing or malformed, or the stack is not known."""

    exit_code = 2


class WrongAccountError(RecoveryError):
    """The caller's credentials belong to another account."""

    exit_code = 3


class NotReadyError(RecoveryError):
    """The region that is to take over lacks something; `missing` names each."""

    exit_code = 4

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


class LockHeldError(RecoveryError):
    """Another runbook is at work; `holder` says who."""

    exit_code = 5

    def __init__(self, message: str, holder: str) -> None:
        super().__init__(message)
        self.holder = holder


class LockLostError(RecoveryError):
    """Another runbook took the lock over from this one, which has stopped."""

    exit_code = 5


class UnfinishedRunError(RecoveryError):
    """A run was begun and has not ended; it is to be resumed or aborted first."""

    exit_code = 6


class NothingToResumeError(RecoveryError):
    """There is no unfinished run."""

    exit_code = 6


class JournalTakenError(RecoveryError):
    """Another process writes to the journal; this one has stopped."""

    exit_code = 5


class CorruptJournalError(RecoveryError):
    """An entry of the journal is not what was written."""

    exit_code = 7


class StepFailedError(RecoveryError):
    """A step did not reach what it is for."""

    exit_code = 8


class RegionLostError(RecoveryError):
    """A call to the region that is left did not come back in time, or could not be made."""

    exit_code = 9


class NotInTimeError(StepFailedError):
    """What a step waits for did not come within its limit."""


class OutsideRecoveryWindowError(RecoveryError):
    """The time asked for is not one that can be restored."""

    exit_code = 10


class RefusedError(RecoveryError):
    """A person did not confirm, or an option asks for something that is not allowed."""

    exit_code = 11
