"""The provider's calls in Python values: plan, apply, read, and what it says against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.process import ProviderProcess
from rehearsal.plugins.aws.proposed import proposed
from rehearsal.plugins.aws.values import packed, unpacked

# tfplugin5.Diagnostic.ERROR
_ERROR = 1
# What the provider names in the user agent of its calls.
_VERSION = "1.11.4"


@dataclass(frozen=True)
class Complaint:
    """An error or a warning of the provider; `path` leads to the argument."""

    is_error: bool
    text: str
    path: tuple[str | int, ...]


class RefusedError(Exception):
    """The provider refuses."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__("; ".join(complaint.text for complaint in complaints if complaint.is_error))
        self.complaints = complaints


@dataclass(frozen=True)
class Planned:
    """What a change would lead to; `replaces` are paths whose change means a replacement."""

    state: dict[str, Any]
    private: bytes
    replaces: tuple[tuple[str | int, ...], ...]
    warnings: tuple[Complaint, ...]


@dataclass(frozen=True)
class Applied:
    """What a change led to: state (None when it is gone), and what went wrong on the way."""

    state: dict[str, Any] | None
    private: bytes
    complaints: tuple[Complaint, ...]

    @property
    def errors(self) -> list[str]:
        """What failed."""
        return [complaint.text for complaint in self.complaints if complaint.is_error]


class Remote:
    """The provider, by its calls. Raises `RefusedError` and `ProviderError`."""

    def __init__(self, process: ProviderProcess) -> None:
        self._process = process

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Checks the provider's configuration and configures it."""
        prepared = self._process.call("PrepareProviderConfig", config=_value(configuration))
        _refuse(prepared)
        checked = prepared.prepared_config.msgpack
        config = {"msgpack": checked} if checked else _value(configuration)
        _refuse(self._process.call("Configure", terraform_version=_VERSION, config=config))

    def validate(self, type_: str, configuration: Mapping[str, Any]) -> list[Complaint]:
        """What the provider has against a configuration."""
        return _complaints(
            self._process.call(
                "ValidateResourceTypeConfig",
                type_name=type_,
                config=_value(configuration),
                # As Terraform 1.11 does; otherwise a write-only argument is refused.
                client_capabilities={"write_only_attributes_allowed": True},
            )
        )

    def upgrade(self, type_: str, version: int, state: Mapping[str, Any]) -> dict[str, Any]:
        """A state of an older schema in the form of the present one."""
        answer = self._process.call(
            "UpgradeResourceState", type_name=type_, version=version, raw_state={"json": json.dumps(state).encode()}
        )
        _refuse(answer)
        return unpacked(answer.upgraded_state.msgpack)

    def plan(
        self,
        type_: str,
        block: Block,
        prior: Mapping[str, Any] | None,
        configuration: Mapping[str, Any],
        private: bytes = b"",
    ) -> Planned:
        """What would come of a configuration."""
        answer = self._process.call(
            "PlanResourceChange",
            type_name=type_,
            prior_state=_value(prior),
            proposed_new_state=_value(proposed(block, prior, configuration)),
            config=_value(configuration),
            prior_private=private,
        )
        complaints = _refuse(answer)
        replaces = tuple(_path(path) for path in answer.requires_replace)
        return Planned(unpacked(answer.planned_state.msgpack), answer.planned_private, replaces, tuple(complaints))

    def apply(
        self,
        type_: str,
        prior: Mapping[str, Any] | None,
        planned: Mapping[str, Any] | None,
        configuration: Mapping[str, Any] | None,
        private: bytes,
    ) -> Applied:
        """Carries a plan out; without a planned state the resource is deleted."""
        answer = self._process.call(
            "ApplyResourceChange",
            type_name=type_,
            prior_state=_value(prior),
            planned_state=_value(planned),
            config=_value(configuration),
            planned_private=private,
        )
        state = unpacked(answer.new_state.msgpack) if answer.new_state.msgpack else None
        return Applied(state, answer.private, tuple(_complaints(answer)))

    def read(self, type_: str, state: Mapping[str, Any], private: bytes) -> Applied:
        """A resource as it is now; no state when it is gone."""
        answer = self._process.call("ReadResource", type_name=type_, current_state=_value(state), private=private)
        complaints = _refuse(answer)
        return Applied(unpacked(answer.new_state.msgpack), answer.private, tuple(complaints))

    def imported(self, type_: str, id_: str) -> Applied:
        """A resource that stands already, by its id."""
        answer = self._process.call("ImportResourceState", type_name=type_, id=id_)
        complaints = _refuse(answer)
        for found in answer.imported_resources:
            if found.type_name == type_:
                return self.read(type_, unpacked(found.state.msgpack), found.private)
        return Applied(None, b"", tuple(complaints))

    def data(self, type_: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """What a data source answers."""
        answer = self._process.call("ReadDataSource", type_name=type_, config=_value(configuration))
        _refuse(answer)
        return unpacked(answer.state.msgpack)

    def stop(self) -> None:
        """Asks the provider to break off what it is at."""
        self._process.call("Stop")


def _value(value: Any) -> dict[str, bytes]:
    return {"msgpack": packed(value)}


def _complaints(answer: Any) -> list[Complaint]:
    return [
        Complaint(
            diagnostic.severity == _ERROR,
            ": ".join(" ".join(part.split()) for part in (diagnostic.summary, diagnostic.detail) if part),
            _path(diagnostic.attribute),
        )
        for diagnostic in answer.diagnostics
    ]


def _refuse(answer: Any) -> list[Complaint]:
    complaints = _complaints(answer)
    if any(complaint.is_error for complaint in complaints):
        raise RefusedError(complaints)
    return complaints


def _path(path: Any) -> tuple[str | int, ...]:
    return tuple(getattr(step, step.WhichOneof("selector")) for step in path.steps if step.WhichOneof("selector"))
