"""Terraform fixtures lowered to the resources that the pack judges."""

from __future__ import annotations

import ast
import collections.abc
import importlib
import json
import re
import typing
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from pulumi import _types
from pulumi.runtime import rpc

from blueprint.lookups import answer
from policy import tokens
from policy.catalogue import RULES
from rehearsal.lowering.naming import camel, plural, terraform_type

Json = dict[str, Any]
REGION = "us-east-1"
PROVIDER = "urn:pulumi:peer::fixture::pulumi:providers:aws::default"
_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)(?:\[[^\]]*\])?\.([\w.\[\]\"*]+)\}")
_DOCUMENT = re.compile(r"^\$\{data\.aws_iam_policy_document\.([\w-]+)\.json\}$")
_VARIABLE = re.compile(r"^\$\{(var|local)\.([\w-]+)\}$")
_ENCODED = re.compile(r"^\$\{jsonencode\((.*)\)\}$", re.DOTALL)
# Some fixtures write booleans as Python does, and end lists in JSON with a comma, which AWS refuses.
_BOOLEAN = {"${True}": True, "${False}": False, "${true}": True, "${false}": False}
_LAST_COMMA = re.compile(r",(\s*[\]}])")


class FixtureError(Exception):
    """A fixture that cannot be read or lowered."""


class Fixture:
    """The resources of one fixture, by Terraform address, and its blueprint.

    `holder` is the token and property of a resource that stands for each `aws_iam_policy_document` by itself, for
    checks that judge the document and not what it is given to.
    """

    def __init__(self, text: str, holder: tuple[str, str] | None = None) -> None:
        try:
            parsed = hcl2.loads(text)  # pyright: ignore[reportPrivateImportUsage]
        except Exception as error:  # noqa: BLE001 - the parser raises lark's own errors
            raise FixtureError(f"is not read: {type(error).__name__}") from None
        self._variables = _merged(parsed.get("variable"), "default")
        self._locals = {key: value for block in parsed.get("locals", ()) for key, value in block.items()}
        self._documents = self._data(parsed)
        self._given = [
            (type_, name, body)
            for entry in parsed.get("resource", ())
            for type_, named in entry.items()
            for name, body in named.items()
        ]
        self._holder = holder

    @staticmethod
    def _data(parsed: Json) -> dict[str, Json]:
        found = {}
        for entry in parsed.get("data", ()):
            found.update(entry.get("aws_iam_policy_document", {}))
        return found

    def blueprint(self) -> tuple[Json, dict[str, str]]:
        """The blueprint, and the URN of each resource that has a token, by Terraform address."""
        resources = [
            {
                "urn": PROVIDER,
                "type": "pulumi:providers:aws",
                "name": "default",
                "custom": True,
                "properties": {"region": REGION},
            }
        ]
        addresses = {}
        for type_, name, body in self._given:
            token = _token(type_)
            if token is None:
                continue
            urn = f"urn:pulumi:peer::fixture::{token}::{name}"
            if urn in addresses.values():
                continue
            addresses[f"{type_}.{name}"] = urn
            properties = _named(_resource_types(token), self._value(body))
            entry = {"urn": urn, "type": token, "name": name, "custom": True, "properties": properties}
            resources.append({**entry, "provider": PROVIDER, "options": {}})
        for name in self._documents if self._holder is not None else ():
            token, path = self._holder or ("", "")
            urn = f"urn:pulumi:peer::fixture::{token}::document-{name}"
            addresses[f"aws_iam_policy_document.{name}"] = urn
            entry = {"urn": urn, "type": token, "name": f"document-{name}", "custom": True}
            resources.append({**entry, "properties": {path: self._document(name)}, "provider": PROVIDER, "options": {}})
        return {"stack": "peer", "resources": resources, "outputs": {}}, addresses

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key.strip('"'): self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        if (found := _VARIABLE.match(text)) is not None:
            source = self._variables if found[1] == "var" else self._locals
            return self._value(source[found[2]]) if found[2] in source and source[found[2]] != text else text
        if (found := _DOCUMENT.match(text)) is not None and found[1] in self._documents:
            return self._document(found[1])
        if (found := _ENCODED.match(text)) is not None:
            try:
                return json.dumps(self._value(ast.literal_eval(found[1])))
            except (ValueError, SyntaxError):
                return text
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        return _REFERENCE.sub(_pulumi_reference, _as_json(text))

    def _document(self, name: str) -> str:
        given = self._value(self._documents[name])
        statements = []
        for statement in _list(given.get("statement")):
            entry: Json = {camel(key): value for key, value in statement.items()}
            entry["principals"] = _list(entry.get("principals"))
            entry["notPrincipals"] = _list(entry.get("notPrincipals"))
            entry["conditions"] = _list(entry.pop("condition", None))
            statements.append(entry)
        return answer("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": statements}, REGION)["json"]


def _as_json(text: str) -> str:
    """A document with commas after the last elements as JSON; any other text as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        json.loads(text)
    except ValueError:
        repaired = _LAST_COMMA.sub(r"\1", text)
        try:
            json.loads(repaired)
        except ValueError:
            return text
        return repaired
    return text


def _pulumi_reference(match: re.Match[str]) -> str:
    token = _token(match[1])
    path = ".".join(camel(part) for part in match[3].split("."))
    return f"${{{token}::{match[2]}#{path}}}" if token else match[0]


def _merged(blocks: Any, key: str) -> Json:
    return {name: body[key] for block in blocks or () for name, body in block.items() if key in body}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _token(type_: str) -> str | None:
    # The provider has `aws_alb` for `aws_lb` still.
    return _by_terraform().get(type_) or _by_terraform().get(type_.replace("aws_alb", "aws_lb", 1))


@cache
def _by_terraform() -> dict[str, str]:
    """SDK tokens that rules speak of, by the provider's type."""

    class Every:
        """Takes the first name that the naming rules offer, and later the second."""

        def __init__(self, second: bool) -> None:
            self._skip = second

        def __contains__(self, _: object) -> bool:
            skip, self._skip = self._skip, False
            return not skip

    found: dict[str, str] = {}
    named = [value for value in vars(tokens).values() if isinstance(value, str)]
    named += [type_ for rule in RULES for type_ in rule.types] + [*tokens.OTHER_TOKENS, "aws:kms/alias:Alias"]
    for token in (token for token in dict.fromkeys(named) if token.startswith("aws:")):
        for second in (False, True):
            name = terraform_type(token, Every(second))
            if name is not None:
                found.setdefault(name, token)
    return found


@cache
def _resource_types(token: str) -> dict[str, Any]:
    package, module, _ = token.split(":")
    importlib.import_module("pulumi_aws")
    registered: Any = rpc.get_resource_module(package, module, "")
    if registered is None or token not in registered.mod_info["classes"]:
        return {}
    cls = getattr(importlib.import_module(registered.mod_info["fqn"]), registered.mod_info["classes"][token])
    return _types.resource_types(cls)


def _named(types: dict[str, Any], body: Json) -> Json:
    """A block with the SDK's names and shapes."""
    found = {}
    for key, value in body.items():
        name = next((name for name in (camel(key), camel(plural(key))) if name in types), camel(key))
        found[name] = _shaped(types.get(name), value)
    return found


def _shaped(annotation: Any, value: Any) -> Any:
    if annotation is None:
        return value
    kind = _types.unwrap_type(annotation)
    origin = typing.get_origin(kind)
    if origin in (list, collections.abc.Sequence):
        return [_shaped(typing.get_args(kind)[0], item) for item in _list(value)]
    if isinstance(kind, type) and _types.is_output_type(kind):
        block = value[0] if isinstance(value, list) and value else value
        return _named(_types.output_type_types(kind), block) if isinstance(block, dict) else block
    if origin in (dict, collections.abc.Mapping):
        return value[0] if isinstance(value, list) and value else value
    return value


def read_folder(folder: Path, holder: tuple[str, str] | None = None) -> Fixture:
    """All Terraform files of a folder as one fixture. Raises `FixtureError`."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.tf"))]
    return Fixture("\n".join(texts), holder)
