"""Resources of the AWS provider as the engine asks for them: check, diff, create, read, update, delete."""

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
from rehearsal.plugins.aws.kept import KEPT, Kept
from rehearsal.plugins.aws.outputs import outputs, sdk_names
from rehearsal.plugins.aws.paths import keep
from rehearsal.plugins.aws.remote import Applied, Complaint, Planned, RefusedError, Remote
from rehearsal.plugins.aws.schema import Schemas
from rehearsal.plugins.aws.shapes import Shape, Shapes
from rehearsal.plugins.aws.values import normalized
from rehearsal.plugins.difference import Difference
from rehearsal.plugins.steps import at
from rehearsal.plugins.warnings import NOT_MADE, UNSUPPORTED
from rehearsal.plugins.wire import UNKNOWN, Unknown

STAND_IN = "__standIn"
"""An input that says why the provider cannot make a resource; nothing is made then."""
_LACKING = re.compile(r"lacking:(aws_\w+ has no output \w+)")
_NAME_SUFFIX_HEX_DIGITS = 7


@dataclass(frozen=True)
class Checked:
    """Inputs as they are kept, failures as (property, reason), and warnings."""

    inputs: dict[str, Any]
    failures: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """Id and outputs of a resource, and what failed on the way to them."""

    id: str
    outputs: dict[str, Any]
    errors: list[str]


class Resources:
    """Resources of one configured provider. Raises `RefusedError` and `ProviderError`."""

    def __init__(self, remote: Remote, schemas: Schemas, shapes: Shapes, folder: Path) -> None:
        self._remote = remote
        self._schemas = schemas
        self._shapes = shapes
        self._assets = Assets(Packer(Path.cwd(), folder / "assets"))
        self._region: str | None = None

    def configure(self, inputs: Mapping[str, Any]) -> list[str]:
        """Configures the provider; answers the arguments that it does not know."""
        given = decoded_provider_inputs(inputs)
        given.pop("version", None)
        self._region = given.get("region")
        written, unsupported = configuration(self._schemas.provider, given, self._assets)
        self._remote.configure(written)
        return unsupported

    def check(self, token: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes) -> Checked:
        """Inputs with the name that the program leaves to the engine."""
        type_ = terraform_type(token, self._schemas.resources)
        if type_ is None or type_ not in self._schemas.resources:
            return _stand_in(new, "the installed provider has no such type")
        lacking = _lacking(new)
        if lacking:
            return _stand_in(new, f"the installed provider: {lacking}")
        block, _ = self._schemas.resource(type_)
        inputs = _named(block, name, old, new, seed)
        written, unsupported = configuration(block, inputs, self._assets)
        complaints = self._remote.validate(type_, written)
        names = sdk_names(block, self._shapes.of(token))
        failures = [(_property(names, c), c.text) for c in complaints if c.is_error]
        warnings = [c.text for c in complaints if not c.is_error]
        warnings += [f"{UNSUPPORTED}{argument}" for argument in unsupported]
        return Checked(inputs, failures, warnings)

    def diff(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Iterable[str]) -> Difference:
        """What an update would change."""
        if STAND_IN in new or STAND_IN in old:
            if (STAND_IN in new) != (STAND_IN in old):
                return Difference((STAND_IN,), (STAND_IN,))
            changed = tuple(key for key, value in new.items() if old.get(key) != value)
            return Difference(changed)
        type_, block = self._type(token)
        kept = self._kept(type_, old)
        planned, _ = self._planned(type_, block, kept, new, ignored)
        names = sdk_names(block, self._shapes.of(token))
        changed = [name for name in planned.state if _differs(block, name, kept.state, planned.state)]
        replacing = {
            str(path[0])
            for path in planned.replaces
            if path and path[0] in changed and at(kept.state, path) != at(planned.state, path)
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
        """Makes a resource, or says what would come of it."""
        if STAND_IN in inputs:
            return Made("" if preview else f"not-made-{name}", self._stand_in_outputs(token, inputs), [])
        type_, block = self._type(token)
        written, _ = configuration(block, inputs, self._assets)
        _limit(block, written, "create", seconds)
        planned = self._remote.plan(type_, block, None, written)
        if preview:
            return Made("", self._outputs(token, block, planned.state, inputs, preview=True), [])
        applied = self._remote.apply(type_, None, planned.state, written, planned.private)
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
        """Changes a resource in place, or says what would come of it."""
        if STAND_IN in new:
            return Made("", self._stand_in_outputs(token, new), [])
        type_, block = self._type(token)
        kept = self._kept(type_, old)
        planned, written = self._planned(type_, block, kept, new, ignored, seconds)
        if preview:
            return Made("", self._outputs(token, block, planned.state, new, preview=True), [])
        applied = self._remote.apply(type_, kept.state, planned.state, written, planned.private)
        return self._made(token, block, applied, new)

    def read(
        self, token: str, id_: str, old: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[Made | None, dict[str, Any]]:
        """A resource as it is now and its inputs; None when it is gone."""
        if STAND_IN in old:
            return Made(id_, dict(old), []), dict(inputs)
        type_, block = self._type(token)
        if old and KEPT in old:
            kept = self._kept(type_, old)
            found = self._remote.read(type_, kept.state, kept.private)
        else:
            found = self._remote.imported(type_, id_)
        if found.state is None:
            return None, {}
        made = self._made(token, block, found, inputs)
        return made, dict(inputs) or self._inputs(token, block, made.outputs)

    def delete(self, token: str, old: Mapping[str, Any]) -> None:
        """Deletes a resource."""
        if STAND_IN in old:
            return
        type_, _ = self._type(token)
        kept = self._kept(type_, old)
        applied = self._remote.apply(type_, kept.state, None, None, kept.private)
        if applied.errors:
            raise RefusedError(list(applied.complaints))

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What a data source answers; `aws:index/getRegion:getRegion` is `aws_region`."""
        package, module, name = token.split(":")
        kind = name.removeprefix("get")
        type_ = terraform_type(f"{package}:{module}:{kind}", self._schemas.data_sources)
        if type_ is None and module.startswith("index/"):
            type_ = terraform_type(f"{package}:ec2:{kind}", self._schemas.data_sources)
        if type_ is None:
            raise RefusedError([Complaint(True, f"the installed provider has no data source for {token}", ())])
        block = self._schemas.data_source(type_)
        written, _ = configuration(block, arguments, self._assets)
        return outputs(block, self._remote.data(type_, written), {})

    def _type(self, token: str) -> tuple[str, Block]:
        type_ = terraform_type(token, self._schemas.resources)
        if type_ is None:
            raise RefusedError([Complaint(True, f"the installed provider has no type for {token}", ())])
        return type_, self._schemas.resource(type_)[0]

    def _kept(self, type_: str, old: Mapping[str, Any]) -> Kept:
        kept = Kept.of(old)
        if kept is None:
            raise RefusedError(
                [Complaint(True, "this state was written by another plugin; import the resource anew", ())]
            )
        block, version = self._schemas.resource(type_)
        current = kept.version == version
        state = kept.state if current else self._remote.upgrade(type_, kept.version, kept.state)
        return Kept(normalized(block, state), kept.private, version)

    def _planned(
        self,
        type_: str,
        block: Block,
        kept: Kept,
        new: Mapping[str, Any],
        ignored: Iterable[str],
        seconds: float = 0,
    ) -> tuple[Planned, dict[str, Any]]:
        written, _ = configuration(block, new, self._assets)
        written = keep(block, ignored, kept.state, written)
        _limit(block, written, "update", seconds)
        planned = self._remote.plan(type_, block, kept.state, written, kept.private)
        state = keep(block, ignored, kept.state, normalized(block, planned.state))
        return Planned(state, planned.private, planned.replaces, planned.warnings), written

    def _made(self, token: str, block: Block, applied: Applied, inputs: Mapping[str, Any]) -> Made:
        if applied.state is None:
            raise RefusedError(list(applied.complaints))
        id_ = next((str(applied.state[key]) for key in ("id", "arn", "name") if applied.state.get(key)), "")
        if not id_:
            # A type without an id, such as a policy that is known by its `policy_name`.
            named = (key for key in sorted(applied.state) if key.endswith(("_name", "_id", "_arn")))
            id_ = next((str(applied.state[key]) for key in named if applied.state[key]), block.type_)
        shown = self._outputs(token, block, applied.state, inputs, preview=False)
        version = self._schemas.resource(block.type_)[1]
        shown[KEPT] = Kept(applied.state, applied.private, version).output()
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

    def _stand_in_outputs(self, token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        shapes: Mapping[str, Shape] = self._shapes.of(token)
        type_ = terraform_type(token, self._schemas.resources) or "aws_resource"
        lacking = {name: f"lacking:{type_} has no output {name}" for name, shape in shapes.items() if shape == "str"}
        return {**lacking, **inputs}

    def _inputs(self, token: str, block: Block, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs of a resource that is imported: what a configuration may set, as it is now."""
        names = sdk_names(block, self._shapes.of(token))
        writable = {names[name] for name, _ in block.writable()} | {names[name] for name in block.blocks}
        return {key: value for key, value in shown.items() if key in writable}


def _named(block: Block, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """Inputs with a name of their own where the program gives none: that of the resource and a random end."""
    inputs = dict(new)
    sdk_name = next((key for key in ("name",) if key in block.sdk_names), None)
    attribute = block.attributes.get(block.sdk_names[sdk_name]) if sdk_name else None
    settable = attribute and attribute["type"] == "string" and (attribute.get("optional") or attribute.get("required"))
    if not settable or new.get("name") is not None or new.get("namePrefix") is not None:
        return inputs
    suffix = seed.hex()[:_NAME_SUFFIX_HEX_DIGITS] or secrets.token_hex(4)[:_NAME_SUFFIX_HEX_DIGITS]
    kept = old.get("name") if "name" in (old.get(DEFAULTS) or ()) else None
    inputs["name"] = kept or f"{name}-{suffix}"
    inputs[DEFAULTS] = ["name"]
    return inputs


def _stand_in(inputs: Mapping[str, Any], reason: str) -> Checked:
    return Checked({**inputs, STAND_IN: reason}, [], [f"{NOT_MADE}{reason}"])


def _lacking(value: Any) -> str | None:
    """The output that the provider lacks and that stands in a value."""
    if isinstance(value, str):
        found = _LACKING.search(value)
        return found.group(1) if found else None
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for found in map(_lacking, items) if found), None)


def _holds_asset(value: Any) -> bool:
    return is_asset(value)


def _property(names: Mapping[str, str], complaint: Complaint) -> str:
    return names.get(str(complaint.path[0]), str(complaint.path[0])) if complaint.path else ""


def _limit(block: Block, written: dict[str, Any], action: str, seconds: float) -> None:
    """A time-out of the program's own, where the type has them."""
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
    """A value whose sets are sorted, so that order does not count in them."""
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
