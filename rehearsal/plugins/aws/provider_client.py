"""Client of the provider with Python values: plan, apply, read, and diagnostics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.process import ProviderProcess
from rehearsal.plugins.aws.proposed_state import proposed_state
from rehearsal.plugins.aws.values import packed, unpacked

# tfplugin5.Diagnostic.ERROR
_ERROR = 1
# Terraform version in the user agent of the provider's calls.
_VERSION = "1.11.4"


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning of the provider; `path` names the argument."""

    is_error: bool
    text: str
    path: tuple[str | int, ...]


class RefusedError(Exception):
    """The provider refuses a request."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("; ".join(diagnostic.text for diagnostic in diagnostics if diagnostic.is_error))
        self.diagnostics = diagnostics


@dataclass(frozen=True)
class Planned:
    """Result of a plan. `replaces` are paths whose change requires a replacement."""

    state: dict[str, Any]
    private: bytes
    replaces: tuple[tuple[str | int, ...], ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Applied:
    """Result of an apply: the state (None after a deletion), and diagnostics."""

    state: dict[str, Any] | None
    private: bytes
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> list[str]:
        """Return the errors."""
        return [diagnostic.text for diagnostic in self.diagnostics if diagnostic.is_error]


class ProviderClient:
    """Calls the provider. Raises `RefusedError` and `ProviderError`."""

    def __init__(self, process: ProviderProcess) -> None:
        self._process = process

    def configure(self, configuration: Mapping[str, Any]) -> None:
        """Validate the provider's configuration and configure it."""
        prepared = self._process.call("PrepareProviderConfig", config=_value(configuration))
        _refuse(prepared)
        checked = prepared.prepared_config.msgpack
        config = {"msgpack": checked} if checked else _value(configuration)
        _refuse(self._process.call("Configure", terraform_version=_VERSION, config=config))

    def validate(self, type_: str, configuration: Mapping[str, Any]) -> list[Diagnostic]:
        """Return the provider's diagnostics of a configuration."""
        return _diagnostics(
            self._process.call(
                "ValidateResourceTypeConfig",
                type_name=type_,
                config=_value(configuration),
                # The value of Terraform 1.11. An older value makes the provider refuse write-only arguments.
                client_capabilities={"write_only_attributes_allowed": True},
            )
        )

    def upgrade(self, type_: str, version: int, state: Mapping[str, Any]) -> dict[str, Any]:
        """Convert a state from an older schema version."""
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
        """Return the plan for a configuration."""
        answer = self._process.call(
            "PlanResourceChange",
            type_name=type_,
            prior_state=_value(prior),
            proposed_new_state=_value(proposed_state(block, prior, configuration)),
            config=_value(configuration),
            prior_private=private,
        )
        diagnostics = _refuse(answer)
        replaces = tuple(_path(path) for path in answer.requires_replace)
        return Planned(unpacked(answer.planned_state.msgpack), answer.planned_private, replaces, tuple(diagnostics))

    def apply(
        self,
        type_: str,
        prior: Mapping[str, Any] | None,
        planned: Mapping[str, Any] | None,
        configuration: Mapping[str, Any] | None,
        private: bytes,
    ) -> Applied:
        """Apply a plan. Without a planned state, delete the resource."""
        answer = self._process.call(
            "ApplyResourceChange",
            type_name=type_,
            prior_state=_value(prior),
            planned_state=_value(planned),
            config=_value(configuration),
            planned_private=private,
        )
        state = unpacked(answer.new_state.msgpack) if answer.new_state.msgpack else None
        return Applied(state, answer.private, tuple(_diagnostics(answer)))

    def read(self, type_: str, state: Mapping[str, Any], private: bytes) -> Applied:
        """Return a resource's current state; no state if it no longer exists."""
        answer = self._process.call("ReadResource", type_name=type_, current_state=_value(state), private=private)
        diagnostics = _refuse(answer)
        return Applied(unpacked(answer.new_state.msgpack), answer.private, tuple(diagnostics))

    def imported(self, type_: str, id_: str) -> Applied:
        """Return an existing resource by its id."""
        answer = self._process.call("ImportResourceState", type_name=type_, id=id_)
        diagnostics = _refuse(answer)
        for found in answer.imported_resources:
            if found.type_name == type_:
                return self.read(type_, unpacked(found.state.msgpack), found.private)
        return Applied(None, b"", tuple(diagnostics))

    def data(self, type_: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a data source."""
        answer = self._process.call("ReadDataSource", type_name=type_, config=_value(configuration))
        _refuse(answer)
        return unpacked(answer.state.msgpack)

    def stop(self) -> None:
        """Ask the provider to stop its running operations."""
        self._process.call("Stop")


def _value(value: Any) -> dict[str, bytes]:
    return {"msgpack": packed(value)}


def _diagnostics(answer: Any) -> list[Diagnostic]:
    return [
        Diagnostic(
            diagnostic.severity == _ERROR,
            ": ".join(" ".join(part.split()) for part in (diagnostic.summary, diagnostic.detail) if part),
            _path(diagnostic.attribute),
        )
        for diagnostic in answer.diagnostics
    ]


def _refuse(answer: Any) -> list[Diagnostic]:
    diagnostics = _diagnostics(answer)
    if any(diagnostic.is_error for diagnostic in diagnostics):
        raise RefusedError(diagnostics)
    return diagnostics


def _path(path: Any) -> tuple[str | int, ...]:
    return tuple(getattr(step, step.WhichOneof("selector")) for step in path.steps if step.WhichOneof("selector"))
