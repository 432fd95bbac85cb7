"""Record any Python program of Pulumi for the policy pack, including default providers and lookups.

The platform's own recorder refuses lookups and default providers. A foreign program is recorded as it is:
`blueprint.lookups` answers lookups, the recorder lists them, and each package without an explicit provider gets the
engine's default provider.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from blueprint.lookups import answer
from blueprint.model import BadInputError, Blueprint, Resource
from blueprint.outputs import computed_outputs
from blueprint.program import run_in_thread
from blueprint.recorder import Recorder, StackOutputs, plain, struct
from blueprint.references import STACK_REFERENCE

REGION = "us-east-1"


@dataclass(frozen=True)
class Lookup:
    """A provider function that the program calls, with its arguments."""

    token: str
    arguments: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"function": self.token, "arguments": dict(self.arguments)}


@dataclass(frozen=True)
class ForeignBlueprint:
    """Resources that the program declares, and its lookups."""

    blueprint: Blueprint
    lookups: tuple[Lookup, ...]
    external: frozenset[str]
    """URNs of resources that the program only reads."""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON form of a blueprint; secrets are masked."""
        document = self.blueprint.as_json()
        for entry in document["resources"]:
            if entry["urn"] in self.external:
                entry["external"] = True
        return {**document, "lookups": [lookup.as_json() for lookup in self.lookups]}

    def to_text(self) -> str:
        """Return the JSON form as text."""
        return json.dumps(self.as_json(), indent=2, sort_keys=True) + "\n"


class ForeignRecorder(Recorder):
    """Records a program with lookups and default providers."""

    def __init__(self, stack_outputs: StackOutputs, region: str) -> None:
        super().__init__(stack_outputs)
        self.lookups: list[Lookup] = []
        self.external: set[str] = set()
        self._region = region

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        if request.tok == "pulumi:pulumi:getResource":
            return super().Invoke(request)
        arguments = plain(request.args)
        self.lookups.append(Lookup(request.tok, arguments))
        found = answer(request.tok, _without(arguments), self._region)
        fields: dict[str, Any] = {"return": struct(found)}
        return resource_pb2.ResourceInvokeResponse(**fields)

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        if request.custom and not request.provider and not request.type.startswith("pulumi:"):
            request.provider = f"{self._default_provider(request.type)}::default"
        return super().RegisterResource(request)

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        if request.type == STACK_REFERENCE:
            return super().ReadResource(request)
        urn = self.make_urn(request.parent, request.type, request.name)
        given = plain(request.properties)
        provider = request.provider or f"{self._default_provider(request.type)}::default"
        with self._lock:
            self._claim_name(request.type, request.name, urn)
            self._recorded[urn] = Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=True,
                parent=request.parent if request.parent != self._root else None,
                provider="::".join(provider.split("::")[:4]),
                properties={**given, "id": request.id},
                dependencies=(),
                options={},
            )
            self.external.add(urn)
        state = {**computed_outputs(request.type, request.name, given), "id": request.id}
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, request.id, state)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=struct(state))

    def _default_provider(self, type_: str) -> str:
        """URN of the package's default provider, which the engine uses for resources without an explicit provider."""
        package = type_.partition(":")[0]
        provider, name = f"pulumi:providers:{package}", "default"
        urn = self.make_urn("", provider, name)
        properties = {"region": self._region} if package == "aws" else {}
        with self._lock:
            self._recorded.setdefault(urn, Resource(urn, provider, name, True, None, None, properties, (), {}))
        return urn


def _without(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with unmasked secrets, because the answer can contain them; they stay in this process."""
    return {key: getattr(value, "value", value) for key, value in arguments.items()}


def record_program(
    folder: Path,
    *,
    stack: str = "dev",
    config: Mapping[str, Any] | None = None,
    region: str = REGION,
    stack_outputs: StackOutputs | None = None,
) -> ForeignBlueprint:
    """Run the Python program of the Pulumi project in `folder` in this process, and record it.

    `config` are settings; keys without a namespace get the project's. `stack_outputs` answers stack references. Raises
    `BadInputError` for a folder without such a program, `BlueprintError` for a program that cannot be recorded, and
    `pulumi.RunError` if the program refuses its settings.
    """
    project = _project(folder)
    values = {"aws:region": region, **_declared(project)}
    values |= {key if ":" in key else f"{project['name']}:{key}": value for key, value in (config or {}).items()}
    sent = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    recorder = ForeignRecorder(stack_outputs or {}, sent["aws:region"])
    with _imports_of(folder):
        run_in_thread(stack, sent, recorder, project["name"], folder)
    blueprint = Blueprint(stack, recorder.recorded, recorder.stack_outputs)
    return ForeignBlueprint(blueprint, tuple(recorder.lookups), frozenset(recorder.external))


def _project(folder: Path) -> dict[str, Any]:
    path = next((p for p in (folder / "Pulumi.yaml", folder / "Pulumi.yml") if p.is_file()), None)
    if path is None or not (folder / "__main__.py").is_file():
        raise BadInputError(
            f"--program = {str(folder)!r}: has no Python program of Pulumi; "
            "name a folder with Pulumi.yaml and __main__.py"
        )
    try:
        project = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadInputError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(project, dict) or not isinstance(project.get("name"), str):
        raise BadInputError(f"{path}: has no `name`; add it, or name a Pulumi project")
    return project


def _declared(project: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with a default or a value in the project file."""
    found = {}
    for key, entry in (project.get("config") or {}).items():
        value = entry.get("default", entry.get("value")) if isinstance(entry, Mapping) else entry
        if value is not None:
            found[key if ":" in key else f"{project['name']}:{key}"] = value
    return found


@contextmanager
def _imports_of(folder: Path) -> Any:
    """Let the program import its own modules and find its files, and restore both settings afterwards."""

    before, path, at = set(sys.modules), list(sys.path), Path.cwd()
    sys.path.insert(0, str(folder.resolve()))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(at)
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).resolve().is_relative_to(folder.resolve()):
                del sys.modules[name]
