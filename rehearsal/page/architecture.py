"""The section that draws the recorded stacks."""

from __future__ import annotations

from collections.abc import Sequence

from blueprint import Blueprint
from blueprint.picture import picture
from rehearsal.page.document import Section, wide


def architecture(blueprints: Sequence[Blueprint]) -> Section:
    """One drawing for each recorded stack."""
    body = "<p>Drawn from the recorded graph of the program. Each box is a layer with its resources.</p>"
    for blueprint in blueprints:
        body += f"<h3>Stack {blueprint.stack}</h3>" + wide(picture(blueprint), f"Layers of stack {blueprint.stack}")
    return Section("architecture", "Architecture", body)
