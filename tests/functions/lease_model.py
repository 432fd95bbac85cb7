"""Two regions and their lease in a world where anything fails: the model that `test_lease_model` explores.

True time is one number that no region can see. Each region's clock is off by up to half the margin, so that two clocks
differ by up to the margin. The control table lives in three regions and takes a write only from a region that can
reach one of the other two; its answers may be lost, and its writes may be applied later than their senders know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.control_item import ControlItem
from functions.order_intake.lease import (
    LeaseKeeper,
    LeaseSettings,
    LeaseStoreUnavailableError,
)

REGIONS = ("us-east-1", "us-west-2")
WITNESS = "us-east-2"
LINKS = (frozenset(REGIONS), frozenset((REGIONS[0], WITNESS)), frozenset((REGIONS[1], WITNESS)))
SETTINGS = LeaseSettings(lease=600, margin=50, write_timeout=50, recheck=20)


@dataclass
class World:
    """Everything that no single process knows."""

    settings: LeaseSettings = SETTINGS
    now: int = 1_000_000
    clock_error: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REGIONS, 0))
    cut: set[frozenset[str]] = field(default_factory=set)
    stored: ControlItem | None = None
    under_way: list[Callable[[], None]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)

    def clock_of(self, region: str) -> Callable[[], int]:
        return lambda: self.now + self.clock_error[region]

    def reaches_the_table(self, region: str) -> bool:
        """Two of three regions must agree, and a region always agrees with itself."""
        return any(region in link and link not in self.cut for link in LINKS)


@dataclass(frozen=True)
class Accepted:
    """One order that a region confirmed: true times from its grant to its confirmation."""

    region: str
    epoch: int
    began: int
    confirmed: int


@dataclass
class Weather:
    """What happens to the next call of the table: how long it takes each way, and whether it is answered."""

    there: int = 0
    back: int = 0
    fate: str = "answered"  # or "lost" before it is applied, "unanswered" after it, "late": applied some time later


class ModelStore:
    """The control table as one region sees it."""

    def __init__(self, world: World, region: str) -> None:
        self._world = world
        self._region = region
        self.weather = Weather()

    def read(self) -> ControlItem | None:
        return self._call(lambda: None)

    def extend(self, lease: ControlItem) -> ControlItem | None:
        def condition(stored: ControlItem | None) -> bool:
            return (
                stored is not None
                and (stored.holder, stored.epoch) == (lease.holder, lease.epoch)
                and self.grows(stored, lease)
            )

        def apply() -> None:
            if condition(self._world.stored):
                assert self._world.stored is not None
                stored = self._world.stored
                self._world.stored = ControlItem(stored.holder, stored.epoch, stored.valid_from, lease.valid_until)

        return self._call(apply)

    def take_over(self, condition: ControlItem | None, item: ControlItem) -> None:
        def apply() -> None:
            if self._world.stored == condition:
                self._world.stored = item

        self._call(apply)

    def grows(self, stored: ControlItem, lease: ControlItem) -> bool:
        return stored.valid_until < lease.valid_until

    def _call(self, apply: Callable[[], None]) -> ControlItem | None:
        weather, self.weather = self.weather, Weather()
        self._world.now += weather.there
        if weather.fate == "lost" or not self._world.reaches_the_table(self._region):
            raise LeaseStoreUnavailableError("no answer")
        if weather.fate == "late":
            self._world.under_way.append(apply)
            raise LeaseStoreUnavailableError("no answer")
        apply()
        answer = self._world.stored
        self._world.now += weather.back
        if weather.fate == "unanswered":
            raise LeaseStoreUnavailableError("no answer")
        return answer


@dataclass(eq=False)
class Process:
    """One process of order intake."""

    region: str
    store: ModelStore
    keeper: LeaseKeeper

    @classmethod
    def start(cls, world: World, region: str, store: type[ModelStore] = ModelStore) -> Process:
        made = store(world, region)
        return cls(region, made, LeaseKeeper(region, made, world.clock_of(region), world.settings))
