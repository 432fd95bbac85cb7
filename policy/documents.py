"""IAM policy documents: their statements, and what they grant to whom.

Names of actions, operators and condition keys have no case (IAM User Guide, "IAM JSON policy elements: Action"). A lone
value is read as a list of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy.actions import Actions, covers, matches, on_every_resource
from policy.arns import account_of, covers_all_resources, covers_all_services, has_wildcard, wild
from policy.conditions import Conditions
from policy.grammar import Kind, opened, problems
from policy.values import NotEvaluatedError

ANYBODY = "*"


@dataclass(frozen=True)
class Principal:
    """One principal: `kind` is AWS, Federated, Service or CanonicalUser."""

    kind: str
    value: str

    @property
    def anyone(self) -> bool:
        """Whether it is everybody: `*`, or a pattern that IAM would have to read as one."""
        return self.kind == "AWS" and (wild(self.value) or (account_of(self.value) is None and "*" in self.value))

    @property
    def account(self) -> str | None:
        """The account that it belongs to, None where it names none."""
        return account_of(self.value) if self.kind in ("AWS", "Federated") else None


@dataclass(frozen=True)
class Statement:
    """One statement, with lists where the document may have a lone value."""

    sid: str
    allows: bool
    who: tuple[Principal, ...]
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=lambda: Conditions(None))
    excludes: bool = False
    """Whether it names principals by NotPrincipal."""

    @property
    def label(self) -> str:
        """How a finding names the statement."""
        return f"statement {self.sid or '(unnamed)'}"

    @property
    def principals(self) -> tuple[str, ...]:
        """The values of its principals."""
        return tuple(principal.value for principal in self.who)

    @property
    def to_everybody(self) -> bool:
        """Whether its principals are everybody, whatever its conditions say; everybody but some is everybody."""
        return self.excludes or any(principal.anyone for principal in self.who)

    @property
    def anyone(self) -> bool:
        """Whether it grants to everybody in the world, no condition narrowing it down."""
        return self.allows and self.to_everybody and not self.narrowed

    @property
    def narrowed(self) -> bool:
        """Whether a condition ties the statement to accounts, organizations or networks of one's own."""
        return self.conditions.narrows

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it grants to."""
        return tuple(principal.value for principal in self.who if principal.kind == "Service")

    def accounts(self) -> Iterator[str]:
        """Accounts that it grants to, by its principals or by the condition that narrows `*`."""
        if not self.allows:
            return
        for principal in self.who:
            if principal.account is not None:
                yield principal.account
        if self.to_everybody:
            yield from self.conditions.accounts or ()

    @property
    def denies_plain_transport(self) -> bool:
        """Whether it denies everybody every action of S3 that does not come by TLS, on the resources that it names."""
        if self.allows or self.excludes or not self.to_everybody or self.not_actions or self.not_resources:
            return False
        return covers("s3", self.actions) and self.conditions.only("aws:securetransport", "false")

    @property
    def on_everything(self) -> bool:
        """Whether it speaks of every resource, of every one of a type, or of all but some."""
        return bool(self.not_resources) or any(covers_all_resources(resource) for resource in self.resources)

    @property
    def everything(self) -> bool:
        """Whether it grants every action, or all but some, on every resource, or on all but some."""
        every = any(action in ("*:*",) or wild(action) for action in self.actions) or bool(self.not_actions)
        whole = bool(self.not_resources) or any(covers_all_services(resource) for resource in self.resources)
        return self.allows and every and whole

    def of_service(self, service: str) -> bool:
        """Whether one of its open patterns of resources is of the service, or of any."""
        open_ = [resource for resource in self.resources if covers_all_resources(resource)]
        parts = [resource.split(":") for resource in open_]
        return bool(self.not_resources) or any(len(p) < 4 or matches(p[2], service) for p in parts)

    def reaches_all(self, action: str) -> bool:
        """Whether it speaks of every resource that the action is of, or of all but some."""
        return bool(self.not_resources) or any(on_every_resource(action, resource) for resource in self.resources)

    @cached_property
    def granted(self) -> Actions:
        """The actions that it speaks of."""
        return Actions(self.actions, self.not_actions)


def statements(document: Any, path: str = "policy", kind: Kind = Kind.RESOURCE) -> Iterator[Statement]:
    """The statements of a policy document, given as an object or as JSON text; `path` names its property.

    Raises `NotEvaluatedError` after the last readable statement where the document breaks the grammar: what AWS makes
    of it is not known, and its silence is no proof.
    """
    document = opened(document)
    for entry in _list(document.get("Statement")) if isinstance(document, Mapping) else ():
        if isinstance(entry, Mapping):
            condition = entry.get("Condition")
            yield Statement(
                sid=str(entry.get("Sid", "")),
                allows=entry.get("Effect") == "Allow",
                who=tuple(_principals(entry.get("Principal"))),
                actions=_texts(entry.get("Action")),
                not_actions=_texts(entry.get("NotAction")),
                resources=_texts(entry.get("Resource")),
                not_resources=_texts(entry.get("NotResource")),
                conditions=Conditions(condition if isinstance(condition, Mapping) else None),
                excludes="NotPrincipal" in entry,
            )
    for where, problem in problems(document, kind):
        raise NotEvaluatedError(f"{path}.{where}" if where else path, problem)


@dataclass(frozen=True)
class Grant:
    """An action that a document grants on every resource, and the statement that does."""

    statement: Statement
    action: str


class Permissions:
    """What the statements of one identity's document grant together on every resource, its denials taken away.

    A statement that a condition bounds is left out: which resources it leaves depends on their tags and on the call.
    """

    def __init__(self, document: Any, path: str = "policy") -> None:
        every = list(statements(document, path, Kind.IDENTITY))
        self.open = [s for s in every if s.allows and s.on_everything and not s.conditions.bounds]
        denials = [s for s in every if not s.allows and not s.conditions]
        self._denials = [s for s in denials if any(wild(resource) for resource in s.resources)]

    def everything(self) -> Iterator[Statement]:
        """Statements that grant everything on everything."""
        for statement in self.open:
            if statement.everything:
                yield statement

    def denied(self, action: str) -> bool:
        """Whether a denial without a condition takes the action away from every resource."""
        return any(denial.granted.includes(action) for denial in self._denials)

    def of(self, names: Iterable[str]) -> Iterator[Grant]:
        """Which of the actions named, written as `service:Action`, are granted, each once."""
        for action in names:
            granting = next((s for s in self.open if s.granted.includes(action) and s.reaches_all(action)), None)
            if granting is not None and not self.denied(action):
                yield Grant(granting, action)

    def whole_services(self) -> Iterator[Grant]:
        """Services of which every action is granted, by one statement or by several together."""
        patterns: dict[str, list[tuple[str, Statement]]] = {}
        for statement in self.open:
            for action in statement.actions:
                service, _, name = action.lower().partition(":")
                if not statement.of_service(service):
                    continue
                if name and not has_wildcard(service):
                    patterns.setdefault(service, []).append((action, statement))
                elif name and not wild(service):
                    yield Grant(statement, action)
        for service, found in patterns.items():
            if covers(service, [action for action, _ in found]) and not self.denied(f"{service}:*"):
                yield Grant(found[-1][1], f"{service}:*")


def _principals(value: Any) -> Iterator[Principal]:
    if isinstance(value, Mapping):
        for kind, items in value.items():
            for item in _list(items):
                yield Principal(str(kind), str(item))
    else:
        for item in _list(value):
            yield Principal("AWS", str(item))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, _list(value)))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
