"""Compiles the schemas of the OpenAPI document to `validators.py`: `python -m functions.api.generate`.

Compiled ahead, a cold start neither parses YAML nor builds validators, and the archive needs no validation library.
A test holds the generated module against the document; packaging refuses one made from another document.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import fastjsonschema

from functions.api.document import DOCUMENT_PATH, load

VALIDATORS_PATH = Path(__file__).with_name("validators.py")
# What a request may carry: name of the validator in the generated module, and its schema in the document.
_REQUEST_SCHEMAS = {
    "limit_order": "#/components/schemas/LimitOrder",
    "market_order": "#/components/schemas/MarketOrder",
    "client_order_id": "#/components/schemas/ClientOrderId",
    "limit": "#/components/parameters/Limit/schema",
    "next_token": "#/components/parameters/NextToken/schema",
    "instrument": "#/components/schemas/Instrument",
}
# OpenAPI 3.0 schemas extend an early draft; of the drafts that the compiler knows, 4 is the one they agree with.
_DRAFT = "http://json-schema.org/draft-04/schema#"
_IMPORT = re.compile(r"^from fastjsonschema import .*$", re.MULTILINE)
_VERSION = re.compile(r"^VERSION = .*\n", re.MULTILINE)
# The schema beside each exception, which order intake does not read: half of the module.
_DEFINITION = re.compile(r", definition=.*?, rule=")
_UNUSED_IMPORT = re.compile(r"^from decimal import Decimal\n", re.MULTILINE)


def document_digest() -> str:
    """SHA-256 of the document's bytes, in hex."""
    return hashlib.sha256(DOCUMENT_PATH.read_bytes()).hexdigest()


def validators_source() -> str:
    """The text of `validators.py` for the document as it is now."""
    document = load()
    schema = {
        "$schema": _DRAFT,
        "properties": {name: {"$ref": reference} for name, reference in _REQUEST_SCHEMAS.items()},
        "components": _without_descriptions(document["components"]),
    }
    code = fastjsonschema.compile_to_code(schema, use_default=False, use_formats=False)
    code, replaced = _IMPORT.subn("from functions.api.invalid import JsonSchemaValueException", code)
    if replaced != 1:
        raise RuntimeError("the compiler imports its exceptions in a way that is not known here; adapt _IMPORT")
    code = _DEFINITION.sub(", rule=", _VERSION.sub("", code))
    if code.count("Decimal") == _UNUSED_IMPORT.pattern.count("Decimal"):
        code = _UNUSED_IMPORT.sub("", code)
    limit = document["components"]["parameters"]["Limit"]["schema"]
    roots = [root for group in document["x-futures-roots"].values() for root in group]
    root = f"(?:{'|'.join(sorted(roots))})"
    classes = [
        (row["name"], row["pattern"], row["symbol_alone"].replace("{root}", root), row["limit_price"])
        for row in document["x-instrument-classes"]
    ]
    names = "".join(f"{name} = {_function(reference)}\n" for name, reference in _REQUEST_SCHEMAS.items())
    return (
        "# ruff: noqa\n# fmt: off\n# pyright: reportUnusedVariable=false\n"
        f'"""Generated from {DOCUMENT_PATH.name} by `python -m functions.api.generate`: edit that one."""\n\n'
        f'DOCUMENT_SHA256 = "{document_digest()}"\n'
        f"MAX_BODY_BYTES = {document['x-max-body-bytes']}\n"
        f"DEFAULT_LIMIT = {limit['default']}\n"
        f"FUTURES_VENUES = {document['x-futures-venues']!r}\n"
        f"INSTRUMENT_CLASSES = {classes!r}\n\n{code.rstrip()}\n\n\n{names}"
    )


def _function(reference: str) -> str:
    return "validate___" + reference.removeprefix("#/").replace("/", "_").lower()


def _without_descriptions(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_descriptions(value) for key, value in node.items() if key != "description"}
    if isinstance(node, list):
        return [_without_descriptions(value) for value in node]
    return node


if __name__ == "__main__":
    VALIDATORS_PATH.write_text(validators_source(), encoding="utf-8")
    sys.stdout.write(f"wrote {VALIDATORS_PATH.name} from {DOCUMENT_PATH.name}\n")
