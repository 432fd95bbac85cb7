"""Judging with the configuration of this platform, as `python -m policy check` does in this folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policy import check, exemptions
from policy.catalogue import RULES
from policy.report import Report

CONFIG: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "policy-config.json").read_text("utf-8"))

EXEMPTIONS = exemptions.configured({})
EXEMPTED = frozenset(entry["rule"] for entry in EXEMPTIONS)
"""Rules that a resource of the platform may break by a written exemption."""


def evaluate(documents: Any, config: Any = None, exempt: Any = None, **options: Any) -> Report:
    """`policy.check.evaluate` with the platform's configuration and exemptions.

    `config` stands over the configuration, rule by rule; `exempt` replaces the exemptions.
    """
    whole = configured(config)
    if exempt is None:
        applied = {rule.id for rule in options.get("rules", RULES)}
        exempt = [entry for entry in EXEMPTIONS if entry["rule"] in applied]
    if "rules" in options and isinstance(whole, Mapping):
        # A configuration for all rules is refused where only some are applied.
        ids = {rule.id for rule in options["rules"]} | {*(config or {}), "all", "could-not-be-evaluated"}
        whole = {name: value for name, value in whole.items() if name in ids}
    return check.evaluate(documents, whole, exempt, **options)


def configured(config: Any = None) -> Any:
    """The platform's configuration with `config` over it. What is not a configuration stays as it is."""
    if config is not None and not isinstance(config, Mapping):
        return config
    merged: dict[str, Any] = dict(CONFIG)
    for name, value in (config or {}).items():
        base = merged.get(name)
        if isinstance(value, str) and base is not None:
            merged[name] = {**base, "enforcementLevel": value}
        else:
            merged[name] = {**base, **value} if isinstance(value, Mapping) and base is not None else value
    return merged
