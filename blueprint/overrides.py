"""Overrides of settings from the command line."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def overrides_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return settings by key from `KEY=VALUE` words. Raises `typer.BadParameter` for a word without a value."""
    overrides = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise typer.BadParameter(f"{pair!r}: write it as KEY=VALUE", param_hint="--set")
        overrides[key] = value
    return overrides
