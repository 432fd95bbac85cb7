"""The OpenAPI document: loaded, and prepared for API Gateway."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

DOCUMENT_PATH = Path(__file__).with_name("trading_api.openapi.yaml")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
# What API Gateway refuses or ignores in a model: "Amazon API Gateway important notes", REST APIs and OpenAPI.
_NOT_IN_A_MODEL = ("discriminator", "example", "readOnly")
_BODY_AND_PARAMETERS = "body-and-parameters"


class DocumentError(ValueError):
    """The document and what is asked of it do not fit together; the text names the key and the way out."""


def load(path: Path = DOCUMENT_PATH) -> dict[str, Any]:
    """The document as written."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def operations(document: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation by its operationId."""
    return {
        operation["operationId"]: (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    }


def with_integrations(
    document: Mapping[str, Any],
    integrations: Mapping[str, Mapping[str, Any]],
    *,
    authorizers: Mapping[str, Mapping[str, Any]],
    gateway_responses: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A copy of the document that API Gateway imports.

    `integrations` holds one `x-amazon-apigateway-integration` object for each operationId; `authorizers` holds, for a
    security scheme, its extensions (`x-amazon-apigateway-authtype`, `x-amazon-apigateway-authorizer`);
    `gateway_responses` are the answers of the gateway itself, by response type. All bodies and parameters are
    validated by the gateway too, in the dialect that it knows.

    Raises DocumentError for an operation without an integration, an integration without an operation, or an
    authorizer of a scheme that the document lacks.
    """
    found = operations(document)
    _require_same("integrations", "operationId", set(integrations), set(found))
    prepared = gateway_dialect(document)
    for name, (method, path) in found.items():
        prepared["paths"][path][method]["x-amazon-apigateway-integration"] = deepcopy(dict(integrations[name]))
    schemes = prepared["components"]["securitySchemes"]
    if unknown := sorted(set(authorizers) - set(schemes)):
        raise DocumentError(f"authorizers: {unknown} are no security schemes of the document; it has {sorted(schemes)}")
    for name, extensions in authorizers.items():
        schemes[name] |= deepcopy(dict(extensions))
    # The plan's key travels in a header, and the gateway has to be told that it does.
    prepared["x-amazon-apigateway-api-key-source"] = "HEADER"
    prepared["x-amazon-apigateway-request-validators"] = {
        _BODY_AND_PARAMETERS: {"validateRequestBody": True, "validateRequestParameters": True}
    }
    prepared["x-amazon-apigateway-request-validator"] = _BODY_AND_PARAMETERS
    if gateway_responses:
        prepared["x-amazon-apigateway-gateway-responses"] = deepcopy(dict(gateway_responses))
    return prepared


def gateway_dialect(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which every schema is one that API Gateway's models know, and every operation names all its parameters.

    `oneOf` of objects becomes the one object that all of them are: the gateway then refuses unknown keys and
    malformed values, and the function, which validates by the alternatives themselves, the rest.
    """
    prepared = deepcopy(dict(document))
    schemas = prepared["components"]["schemas"]
    for name, schema in schemas.items():
        if "oneOf" in schema:
            schemas[name] = _merged(name, [_resolved(document, option) for option in schema["oneOf"]])
    for item in prepared["paths"].values():
        shared = item.pop("parameters", [])
        for method in item.keys() & set(_METHODS):
            if parameters := [*shared, *item[method].get("parameters", [])]:
                item[method]["parameters"] = deepcopy(parameters)
    return _without(prepared, _NOT_IN_A_MODEL)


def _require_same(what: str, kind: str, given: set[str], wanted: set[str]) -> None:
    if missing := sorted(wanted - given):
        raise DocumentError(f"{what}: nothing for {kind} {missing}; give one for each operation of the document")
    if unknown := sorted(given - wanted):
        raise DocumentError(f"{what}: {unknown} match no {kind} of the document; it has {sorted(wanted)}")


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    node: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        node = node[part]
    return node


def _merged(name: str, options: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The closed object with the keys of all options, of which those are required that every option requires."""
    properties: dict[str, Any] = {}
    for option in options:
        if option.get("type") != "object" or option.get("additionalProperties") is not False:
            raise DocumentError(
                f"schema {name}: only closed objects can be alternatives, for one object stands for all"
            )
        for key, schema in option["properties"].items():
            properties[key] = _merged_property(f"{name}.{key}", properties.get(key, schema), schema)
    required = [key for key in options[0]["required"] if all(key in option["required"] for option in options)]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _merged_property(name: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Mapping[str, Any]:
    if first == second:
        return deepcopy(dict(first))
    if "enum" in first and "enum" in second:
        values = [*first["enum"], *(value for value in second["enum"] if value not in first["enum"])]
        return {**first, "enum": values}
    raise DocumentError(f"schema {name}: differs between the alternatives in more than its values; make it the same")


def _without(node: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(node, dict):
        return {key: _without(value, keys) for key, value in node.items() if key not in keys and key != "examples"}
    if isinstance(node, list):
        return [_without(value, keys) for value in node]
    return node
