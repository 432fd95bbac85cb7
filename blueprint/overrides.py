"""Overrides of settings from the command line."""

from __future__ import annotations

from collections.abc import Sequence

from components.settings.errors import SettingsError, problem


def overrides_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return settings by key from `KEY=VALUE` words. Raises `SettingsError` for another form, and for a key with two
    values."""
    overrides: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not (key.strip() and separator):
            raise SettingsError([problem("--set", pair, "is no setting with a value; write it as KEY=VALUE")])
        if overrides.get(key, value) != value:
            raise SettingsError([problem("--set", key, "is given twice with other values; leave one of them out")])
        overrides[key] = value
    return overrides
