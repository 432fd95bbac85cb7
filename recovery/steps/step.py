"""What a step is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from recovery.context import Context
from recovery.journal import Facts


class Stage(StrEnum):
    """When a step is taken, seen from the orders."""

    BEFORE = "before"
    """Orders are still accepted where they were."""
    GAP = "gap"
    """Between the two regions: the clock of the recovery time runs."""
    AFTER = "after"
    """Orders are accepted again; what fails here waits for `resume`, and the other steps go on."""


class Step(ABC):
    """One effect on the world. A run may die at any moment and take the step again.

    `needs` names steps without which this one makes no sense; a failed step of the stage AFTER holds up only those
    that need it.
    """

    name: ClassVar[str]
    does: ClassVar[str]
    stage: ClassVar[Stage]
    needs: ClassVar[tuple[str, ...]] = ()
    at_once: ClassVar[bool] = False
    """Whether it acts on what it has just observed without asking whether it is done: acting twice does no harm, and
    the recovery time runs."""

    def observe(self, context: Context) -> Facts:
        """What is so before anything is done: written to the journal with the intent. Changes nothing."""
        return {}

    @abstractmethod
    def done(self, context: Context, intended: Facts) -> bool:
        """Whether the effect is there; `intended` is what was observed before the first try. Changes nothing."""

    @abstractmethod
    def act(self, context: Context, intended: Facts) -> None:
        """Brings the effect about."""

    @abstractmethod
    def verify(self, context: Context, intended: Facts) -> Facts:
        """Waits for the effect where it takes time, and gives what proves it; raises StepFailedError."""


class Wait(Step):
    """A step that changes nothing and waits for something."""

    def done(self, context: Context, intended: Facts) -> bool:
        return True

    def act(self, context: Context, intended: Facts) -> None:
        raise AssertionError(f"{self.name} has nothing to do")
