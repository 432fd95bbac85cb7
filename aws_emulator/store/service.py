"""A service that the store answers for: its actions, its resource types, and what the report says of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from moto.core.model import ServiceModel
from moto.core.utils import get_service_model

from aws_emulator.store.call import Call
from aws_emulator.store.resource import Resource
from aws_emulator.store.tags import Tagging

Handler = Callable[[Call], Any]

INSTALLED: dict[str, "Service"] = {}
"""The services that `interceptor` answers for, by botocore's name."""


@dataclass(frozen=True)
class Entry:
    """One line of the report: a resource type, its actions, what is kept and what is not emulated."""

    service: str
    resource: str
    actions: tuple[str, ...]
    stored: str
    not_emulated: str
    reference: str


@dataclass
class Service:
    """Actions of one service, by botocore's name of it.

    `reference` is the AWS API reference that the actions follow. A service without regions is kept `everywhere`:
    each region of a partition sees the same records.
    """

    name: str
    reference: str
    everywhere: bool = False
    handlers: dict[str, Handler] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    @property
    def model(self) -> ServiceModel:
        """The service model that botocore ships."""
        return get_service_model(self.name)

    def action(self, *names: str) -> Callable[[Handler], Handler]:
        """Register a function as the handler of one or more actions."""

        def register(handler: Handler) -> Handler:
            for name in names:
                self._handle(name, handler)
            return handler

        return register

    def resource(self, resource: Resource) -> Resource:
        """Register the plain actions of a resource type."""
        handlers = resource.handlers()
        for name, handler in handlers.items():
            self._handle(name, handler)
        self.covers(resource.name, *handlers, stored=resource.stored, not_emulated=resource.not_emulated)
        return resource

    def tagging(self, tagging: Tagging) -> None:
        """Register the tag actions of the service."""
        for name, handler in tagging.handlers().items():
            self._handle(name, handler)
        self.covers("tags", *tagging.handlers(), stored="tags by ARN", not_emulated="tag policies")

    def covers(self, resource: str, *actions: str, stored: str, not_emulated: str) -> None:
        """Say in the catalogue what a group of actions keeps and what it does not emulate."""
        self.entries.append(Entry(self.name, resource, tuple(actions), stored, not_emulated, self.reference))

    def _handle(self, name: str, handler: Handler) -> None:
        self.model.operation_model(name)
        if name in self.handlers:
            raise ValueError(f"{self.name} has two handlers for {name}")
        self.handlers[name] = handler

    def install(self) -> None:
        """Let the store answer these actions from now on; once is enough."""
        from aws_emulator.store import interceptor

        INSTALLED[self.name] = self
        interceptor.install()


def catalogue() -> list[Entry]:
    """What the installed services answer, for the report: ordered by service, then resource type."""
    entries: Iterable[Entry] = (entry for service in INSTALLED.values() for entry in service.entries)
    return sorted(entries, key=lambda entry: (entry.service, entry.resource))
