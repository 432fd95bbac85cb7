"""The settings as a page of the documents."""

from __future__ import annotations

import json
from typing import Any

from pydantic.alias_generators import to_camel

from components.settings.root import PROJECT, Settings
from components.settings.schema import config_schema

_HEAD = f"""# Settings

`make settings-schema` writes this page and the `config:` part of `Pulumi.yaml` from `components/settings`.

Set one with `pulumi config set {PROJECT}:KEY VALUE --stack primary`, or in the stack file. A list is written as YAML in
the stack file, or with `pulumi config set --path`. Look at the effect before an update with
`python -m blueprint primary --set KEY=VALUE`. A bad value ends the program with exit code 2, before anything is
registered. The message names the key, the value and the way out.
"""


def reference() -> str:
    """Markdown: one table per section, with key, type, default and description of each setting."""
    schema = config_schema()
    parts = [_HEAD]
    for name, section in Settings.sections().items():
        keys = [to_camel(field) for field in section.model_fields]
        rows = [_row(key, schema[key]) for key in keys]
        table = ["| key | type | default | description |", "|---|---|---|---|", *rows]
        parts.append(f"## {name.capitalize()}\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def _row(key: str, declared: dict[str, Any]) -> str:
    kind = f"list of {declared['items']['type']}s" if declared["type"] == "array" else declared["type"]
    default = json.dumps(declared["default"], ensure_ascii=False)
    cells = (f"`{key}`", kind, f"`{default}`", declared["description"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
