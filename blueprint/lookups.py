"""Answers to a program's lookups without a call to AWS.

Each property of an answer is a reference `${<function>::<key>#<property>}` in the shape that the SDK declares. A few
functions are answered with values, because programs compute with them: zones, region, account, and policy documents,
which the function only composes.
"""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import json
import re
import typing
from collections.abc import Mapping
from typing import Any

from pulumi import _types

from blueprint.references import Reference

ACCOUNT = "111122223333"
"""An account id from AWS's documentation."""
_ITEMS = 3
_DEPTH = 3
_CALL = re.compile(r"^(?P<package>\w+):(?P<module>[\w/.-]+):(?P<name>\w+)$")
_LISTS = ("Actions", "Resources", "NotActions", "NotResources")


def answer(token: str, arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return the function's answer, including its arguments."""
    known = _VALUES.get(token)
    if known is not None:
        return {**arguments, **known(arguments, region)}
    key = "-".join(str(value) for value in arguments.values() if isinstance(value, str)) or "default"
    key = re.sub(r"[#}]", "", key)
    found = dict(arguments)
    for name, annotation in _result_types(token).items():
        if found.get(name) is None:
            found[name] = _shaped(annotation, Reference(token, key, name), _DEPTH)
    return found


def _shaped(annotation: Any, reference: Reference, depth: int) -> Any:
    kind = _types.unwrap_type(annotation)
    origin = typing.get_origin(kind)
    if depth and origin in (list, collections.abc.Sequence):
        inner = typing.get_args(kind)[0]
        return [_shaped(inner, _below(reference, f"[{index}]"), depth - 1) for index in range(_ITEMS)]
    if depth and isinstance(kind, type) and _types.is_output_type(kind):
        fields = _types.output_type_types(kind)
        return {name: _shaped(inner, _below(reference, f".{name}"), depth - 1) for name, inner in fields.items()}
    if origin in (dict, collections.abc.Mapping):
        return {}
    return {bool: False, int: 1, float: 1.0}.get(kind, str(reference))


def _below(reference: Reference, step: str) -> Reference:
    return Reference(reference.type, reference.name, reference.path + step)


def _result_types(token: str) -> dict[str, Any]:
    """Result properties that the SDK declares, by their engine names; none for functions without an SDK."""
    match = _CALL.match(token)
    if match is None:
        return {}
    module = match["module"].partition("/")[0]
    name = match["name"]
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    path = f"pulumi_{match['package']}" + ("" if module == "index" else f".{module}")
    try:
        holder = importlib.import_module(f"{path}.{snake}")
    except ImportError:
        return {}
    result = getattr(holder, f"{name[0].upper()}{name[1:]}Result", None)
    if result is None:
        return {}
    return {
        getattr(prop.fget, "_pulumi_name", python): inspect.get_annotations(prop.fget, eval_str=False).get("return")
        and _hint(prop.fget, holder)
        for python, prop in inspect.getmembers(result, lambda member: isinstance(member, property))
        if prop.fget is not None
    }


def _hint(getter: Any, holder: Any) -> Any:
    try:
        return typing.get_type_hints(getter, vars(holder)).get("return", str)
    except (NameError, TypeError):
        return str


def _zones(_: Mapping[str, Any], region: str) -> dict[str, Any]:
    letters = "abc"
    return {
        "id": region,
        "names": [f"{region}{letter}" for letter in letters],
        "zoneIds": [f"{region}-az{index}" for index in range(1, len(letters) + 1)],
        "groupNames": [region],
    }


def _region(arguments: Mapping[str, Any], region: str) -> dict[str, Any]:
    name = arguments.get("name") or arguments.get("region") or region
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _caller(*_: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/recorder"
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": arn, "userId": "AIDAEXAMPLE"}


def _partition(*_: Any) -> dict[str, Any]:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _policy_document(arguments: Mapping[str, Any], _: str) -> dict[str, Any]:
    """Return the document as the provider's data source aws_iam_policy_document composes it."""
    statements = [_statement(given) for given in arguments.get("statements") or ()]
    for source in arguments.get("sourcePolicyDocuments") or ():
        statements += _listed(json.loads(source).get("Statement"))
    document = {"Version": arguments.get("version") or "2012-10-17", "Statement": statements}
    text = json.dumps(document)
    return {"id": "document", "json": text, "minifiedJson": text}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        found["Sid"] = given["sid"]
    for name in _LISTS:
        key = name[0].lower() + name[1:]
        if given.get(key):
            values = list(given[key])
            found[name.removesuffix("s")] = values[0] if len(values) == 1 else values
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(key):
            found[name] = _principals(given[key])
    for condition in given.get("conditions") or ():
        tests = found.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = list(condition["values"])
    return found


def _principals(given: Any) -> Any:
    found: dict[str, list[str]] = {}
    for entry in given:
        if entry["type"] == "*":
            return "*"
        found.setdefault(entry["type"], []).extend(entry["identifiers"])
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


_VALUES: dict[str, Any] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getPartition:getPartition": _partition,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
}
