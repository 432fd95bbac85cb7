"""The settings as the `config:` part of Pulumi.yaml."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic.alias_generators import to_camel

from components.settings.root import PROJECT, Settings

_ENGINE_TYPES = {"string": "string", "integer": "integer", "boolean": "boolean", "array": "array"}

_HEADER = {
    "name": PROJECT,
    "description": "A low-latency trading platform on AWS with disaster recovery that is proven, not promised",
    "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
}

_NOTE = "# The config part is written from components/settings by `make settings-schema`.\n"


def project_file() -> str:
    """The text of Pulumi.yaml: header, and every setting with type, default and description."""
    text = yaml.safe_dump({**_HEADER, "config": config_schema()}, sort_keys=False, width=110)
    return _NOTE + text


def config_schema() -> dict[str, dict[str, Any]]:
    """Each setting's flat key with its engine type, default and description, in the order of the sections."""
    schema: dict[str, dict[str, Any]] = {}
    for section in Settings.sections().values():
        properties = section.model_json_schema(mode="validation")["properties"]
        defaults = section.model_construct().model_dump(mode="json", by_alias=True)
        for name in section.model_fields:
            key = to_camel(name)
            schema[key] = _declaration(key, properties[key], defaults[key])
    return schema


def _declaration(key: str, described: dict[str, Any], default: Any) -> dict[str, Any]:
    kind = described.get("type") or _referenced_type(described)
    if kind not in _ENGINE_TYPES:
        raise TypeError(f"{key}: Pulumi.yaml knows {', '.join(_ENGINE_TYPES)}, not {kind}")
    declaration: dict[str, Any] = {"type": _ENGINE_TYPES[kind]}
    if kind == "array":
        declaration["items"] = {"type": _ENGINE_TYPES[described["items"]["type"]]}
    return {**declaration, "default": default, "description": described["description"]}


def _referenced_type(described: dict[str, Any]) -> str:
    # An enumeration is a reference into $defs; every one of ours is of strings.
    return "string" if "$ref" in described or "allOf" in described else "unknown"
