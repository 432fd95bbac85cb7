"""Operations of the engine on resources of the AWS provider: check, diff, create, read, update, delete."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.lowering.assets import Packer, is_asset
from rehearsal.lowering.naming import terraform_type
from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.inputs import DEFAULTS, Assets, configuration, decoded_provider_inputs
from rehearsal.plugins.aws.outputs import outputs, sdk_names
from rehearsal.plugins.aws.paths import keep
from rehearsal.plugins.aws.provider_client import Applied, Diagnostic, Planned, ProviderClient, RefusedError
from rehearsal.plugins.aws.saved_state import SAVED_STATE, SavedState
from rehearsal.plugins.aws.schema import Schemas
from rehearsal.plugins.aws.shapes import Shape, Shapes
from rehearsal.plugins.aws.values import normalized
from rehearsal.plugins.difference import Difference
from rehearsal.plugins.property_paths import at
from rehearsal.plugins.warnings import NOT_MADE, UNSUPPORTED
from rehearsal.plugins.wire import UNKNOWN, Unknown

PLACEHOLDER = "__standIn"
"""An input with the reason why the provider cannot create a resource; the plugin then creates none."""
_LACKING = re.compile(r"lacking:(aws_\w+ has no output \w+)")
_NAME_SUFFIX_HEX_DIGITS = 7


@dataclass(frozen=True)
class Checked:
    """Result of a check: the stored inputs, failures as (property, reason), and warnings."""

    inputs: dict[str, Any]
    failures: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """Id and outputs of a resource, and errors of its creation."""

    id: str
    outputs: dict[str, Any]
    errors: list[str]


class Resources:
    """Resources of one configured provider. Raises `RefusedError` and `ProviderError`."""

    def __init__(self, client: ProviderClient, schemas: Schemas, shapes: Shapes, folder: Path) -> None:
        self._client = client
        self._schemas = schemas
        self._shapes = shapes
        self._assets = Assets(Packer(Path.cwd(), folder / "assets"))
        self._region: str | None = None

    def configure(self, inputs: Mapping[str, Any]) -> list[str]:
        """Configure the provider; return the arguments that it lacks."""
        given = decoded_provider_inputs(inputs)
        given.pop("version", None)
        self._region = given.get("region")
        written, unsupported = configuration(self._schemas.provider, given, self._assets)
        self._client.configure(written)
        return unsupported

    def check(self, token: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes) -> Checked:
        """Return the inputs, with a generated name if the program gives none."""
        type_ = terraform_type(token, self._schemas.resources)
        if type_ is None or type_ not in self._schemas.resources:
            return _placeholder(new, "the installed provider has no such type")
        lacking = _lacking(new)
        if lacking:
            return _placeholder(new, f"the installed provider: {lacking}")
        block, _ = self._schemas.resource(type_)
        inputs = _named(block, name, old, new, seed)
        written, unsupported = configuration(block, inputs, self._assets)
        diagnostics = self._client.validate(type_, written)
        names = sdk_names(block, self._shapes.of(token))
        failures = [(_property(names, c), c.text) for c in diagnostics if c.is_error]
        warnings = [c.text for c in diagnostics if not c.is_error]
        warnings += [f"{UNSUPPORTED}{argument}" for argument in unsupported]
        return Checked(inputs, failures, warnings)

    def diff(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Iterable[str]) -> Difference:
        """Return the changes of an update."""
        if PLACEHOLDER in new or PLACEHOLDER in old:
            if (PLACEHOLDER in new) != (PLACEHOLDER in old):
                return Difference((PLACEHOLDER,), (PLACEHOLDER,))
            changed = tuple(key for key, value in new.items() if old.get(key) != value)
            return Difference(changed)
        type_, block = self._type(token)
        saved = self._saved_state(type_, old)
        planned, _ = self._planned(type_, block, saved, new, ignored)
        names = sdk_names(block, self._shapes.of(token))
        changed = [name for name in planned.state if _differs(block, name, saved.state, planned.state)]
        replacing = {
            str(path[0])
            for path in planned.replaces
            if path and path[0] in changed and at(saved.state, path) != at(planned.state, path)
        }
        shown = {name: names.get(name, name) for name in changed}
        explicit = "name" in new and "name" not in (new.get(DEFAULTS) or ())
        same_name = explicit and "name" not in changed
        return Difference(
            tuple(sorted(shown.values())),
            tuple(sorted(shown[name] for name in replacing)),
            bool(replacing) and same_name,
        )

    def create(self, token: str, name: str, inputs: Mapping[str, Any], seconds: float, *, preview: bool) -> Made:
        """Create a resource, or return the planned result."""
        if PLACEHOLDER in inputs:
            return Made("" if preview else f"not-made-{name}", self._placeholder_outputs(token, inputs), [])
        type_, block = self._type(token)
        written, _ = configuration(block, inputs, self._assets)
        _limit(block, written, "create", seconds)
        planned = self._client.plan(type_, block, None, written)
        if preview:
            return Made("", self._outputs(token, block, planned.state, inputs, preview=True), [])
        applied = self._client.apply(type_, None, planned.state, written, planned.private)
        return self._made(token, block, applied, inputs)

    def update(
        self,
        token: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        ignored: Iterable[str],
        seconds: float,
        *,
        preview: bool,
    ) -> Made:
        """Change a resource in place, or return the planned result."""
        if PLACEHOLDER in new:
            return Made("", self._placeholder_outputs(token, new), [])
        type_, block = self._type(token)
        saved = self._saved_state(type_, old)
        planned, written = self._planned(type_, block, saved, new, ignored, seconds)
        if preview:
            return Made("", self._outputs(token, block, planned.state, new, preview=True), [])
        applied = self._client.apply(type_, saved.state, planned.state, written, planned.private)
        return self._made(token, block, applied, new)

    def read(
        self, token: str, id_: str, old: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[Made | None, dict[str, Any]]:
        """Return a resource's current state and inputs; None if it no longer exists."""
        if PLACEHOLDER in old:
            return Made(id_, dict(old), []), dict(inputs)
        type_, block = self._type(token)
        if old and SAVED_STATE in old:
            saved = self._saved_state(type_, old)
            found = self._client.read(type_, saved.state, saved.private)
        else:
            found = self._client.imported(type_, id_)
        if found.state is None:
            return None, {}
        made = self._made(token, block, found, inputs)
        return made, dict(inputs) or self._inputs(token, block, made.outputs)

    def delete(self, token: str, old: Mapping[str, Any]) -> None:
        """Deletes a resource."""
        if PLACEHOLDER in old:
            return
        type_, _ = self._type(token)
        saved = self._saved_state(type_, old)
        applied = self._client.apply(type_, saved.state, None, None, saved.private)
        if applied.errors:
            raise RefusedError(list(applied.diagnostics))

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a data source; `aws:index/getRegion:getRegion` is `aws_region`."""
        package, module, name = token.split(":")
        kind = name.removeprefix("get")
        type_ = terraform_type(f"{package}:{module}:{kind}", self._schemas.data_sources)
        if type_ is None and module.startswith("index/"):
            type_ = terraform_type(f"{package}:ec2:{kind}", self._schemas.data_sources)
        if type_ is None:
            raise RefusedError([Diagnostic(True, f"the installed provider has no data source for {token}", ())])
        block = self._schemas.data_source(type_)
        written, _ = configuration(block, arguments, self._assets)
        return outputs(block, self._client.data(type_, written), {})

    def _type(self, token: str) -> tuple[str, Block]:
        type_ = terraform_type(token, self._schemas.resources)
        if type_ is None:
            raise RefusedError([Diagnostic(True, f"the installed provider has no type for {token}", ())])
        return type_, self._schemas.resource(type_)[0]

    def _saved_state(self, type_: str, old: Mapping[str, Any]) -> SavedState:
        saved = SavedState.of(old)
        if saved is None:
            raise RefusedError([Diagnostic(True, "another plugin wrote this state; import the resource again", ())])
        block, version = self._schemas.resource(type_)
        current = saved.version == version
        state = saved.state if current else self._client.upgrade(type_, saved.version, saved.state)
        return SavedState(normalized(block, state), saved.private, version)

    def _planned(
        self,
        type_: str,
        block: Block,
        saved: SavedState,
        new: Mapping[str, Any],
        ignored: Iterable[str],
        seconds: float = 0,
    ) -> tuple[Planned, dict[str, Any]]:
        written, _ = configuration(block, new, self._assets)
        written = keep(block, ignored, saved.state, written)
        _limit(block, written, "update", seconds)
        planned = self._client.plan(type_, block, saved.state, written, saved.private)
        state = keep(block, ignored, saved.state, normalized(block, planned.state))
        return Planned(state, planned.private, planned.replaces, planned.warnings), written

    def _made(self, token: str, block: Block, applied: Applied, inputs: Mapping[str, Any]) -> Made:
        if applied.state is None:
            raise RefusedError(list(applied.diagnostics))
        id_ = next((str(applied.state[key]) for key in ("id", "arn", "name") if applied.state.get(key)), "")
        if not id_:
            # A type without an id, such as a policy that is identified by its `policy_name`.
            named = (key for key in sorted(applied.state) if key.endswith(("_name", "_id", "_arn")))
            id_ = next((str(applied.state[key]) for key in named if applied.state[key]), block.type_)
        shown = self._outputs(token, block, applied.state, inputs, preview=False)
        version = self._schemas.resource(block.type_)[1]
        shown[SAVED_STATE] = SavedState(applied.state, applied.private, version).output()
        return Made(id_, shown, applied.errors)

    def _outputs(
        self, token: str, block: Block, state: Mapping[str, Any], inputs: Mapping[str, Any], *, preview: bool
    ) -> dict[str, Any]:
        shapes = self._shapes.of(token)
        shown = outputs(block, state, shapes)
        shown |= {key: value for key, value in inputs.items() if _holds_asset(value)}
        known = set(sdk_names(block, shapes).values())
        for name, shape in shapes.items():
            if name in known or name in shown:
                continue
            if name in inputs:
                shown[name] = inputs[name]
            elif name == "region":
                shown[name] = self._region
            elif preview:
                shown[name] = UNKNOWN
            elif shape == "str":
                shown[name] = f"lacking:{block.type_} has no output {name}"
        return shown

    def _placeholder_outputs(self, token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        shapes: Mapping[str, Shape] = self._shapes.of(token)
        type_ = terraform_type(token, self._schemas.resources) or "aws_resource"
        lacking = {name: f"lacking:{type_} has no output {name}" for name, shape in shapes.items() if shape == "str"}
        return {**lacking, **inputs}

    def _inputs(self, token: str, block: Block, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs of an imported resource: its current values of settable arguments."""
        names = sdk_names(block, self._shapes.of(token))
        writable = {names[name] for name, _ in block.writable()} | {names[name] for name in block.blocks}
        return {key: value for key, value in shown.items() if key in writable}


def _named(block: Block, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """Return inputs with a generated name if the program gives none: the resource's name and a random suffix."""
    inputs = dict(new)
    sdk_name = next((key for key in ("name",) if key in block.sdk_names), None)
    attribute = block.attributes.get(block.sdk_names[sdk_name]) if sdk_name else None
    settable = attribute and attribute["type"] == "string" and (attribute.get("optional") or attribute.get("required"))
    if not settable or new.get("name") is not None or new.get("namePrefix") is not None:
        return inputs
    suffix = seed.hex()[:_NAME_SUFFIX_HEX_DIGITS] or secrets.token_hex(4)[:_NAME_SUFFIX_HEX_DIGITS]
    saved = old.get("name") if "name" in (old.get(DEFAULTS) or ()) else None
    inputs["name"] = saved or f"{name}-{suffix}"
    inputs[DEFAULTS] = ["name"]
    return inputs


def _placeholder(inputs: Mapping[str, Any], reason: str) -> Checked:
    return Checked({**inputs, PLACEHOLDER: reason}, [], [f"{NOT_MADE}{reason}"])


def _lacking(value: Any) -> str | None:
    """Return the missing output that a value refers to."""
    if isinstance(value, str):
        found = _LACKING.search(value)
        return found.group(1) if found else None
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for found in map(_lacking, items) if found), None)


def _holds_asset(value: Any) -> bool:
    return is_asset(value)


def _property(names: Mapping[str, str], diagnostic: Diagnostic) -> str:
    return names.get(str(diagnostic.path[0]), str(diagnostic.path[0])) if diagnostic.path else ""


def _limit(block: Block, written: dict[str, Any], action: str, seconds: float) -> None:
    """Return the program's own time-out, if the type has time-outs."""
    known = block.blocks.get("timeouts", {}).get("block", {}).get("attributes", {})
    if seconds and action in known:
        written["timeouts"] = {**dict.fromkeys(known), action: f"{seconds:.0f}s"}


def _differs(block: Block, name: str, prior: Mapping[str, Any], planned: Mapping[str, Any]) -> bool:
    if name == "timeouts" or prior.get(name) == planned.get(name):
        return False
    if name in block.attributes:
        return _ordered(block.attributes[name]["type"], prior.get(name)) != _ordered(
            block.attributes[name]["type"], planned.get(name)
        )
    inner, mode = block.nested(name), block.blocks[name]["nesting_mode"]
    return _ordered_blocks(inner, mode, prior.get(name)) != _ordered_blocks(inner, mode, planned.get(name))


def _ordered(type_: Any, value: Any) -> Any:
    """Return a value with sorted sets, so that comparisons ignore their order."""
    if value is None or isinstance(value, Unknown) or isinstance(type_, str):
        return value
    kind, inner = type_
    if kind in ("list", "set"):
        items = [_ordered(inner, item) for item in value]
        return sorted(items, key=repr) if kind == "set" else items
    if kind == "map":
        return {key: _ordered(inner, item) for key, item in value.items()}
    return {key: _ordered(inner[key], item) for key, item in value.items()} if kind == "object" else value


def _ordered_blocks(block: Block, mode: str, value: Any) -> Any:
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, Mapping) and mode == "map":
        return {key: _ordered_block(block, item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return _ordered_block(block, value)
    items = [_ordered_block(block, item) for item in value]
    return sorted(items, key=repr) if mode == "set" else items


def _ordered_block(block: Block, value: Any) -> Any:
    if isinstance(value, Unknown):
        return value
    attributes = {name: _ordered(schema["type"], value.get(name)) for name, schema in block.attributes.items()}
    blocks = {
        name: _ordered_blocks(block.nested(name), nested["nesting_mode"], value.get(name))
        for name, nested in block.blocks.items()
    }
    return {**attributes, **blocks}
