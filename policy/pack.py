"""The pack as the engine serves it. Nothing else imports this: constructing a pack starts a server and blocks."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, PolicyPack

from policy.catalogue import BY_ID, RULES
from policy.engine import Pack
from policy.exemptions import DEFAULT, exemptions, read


def serve() -> None:
    """Serve every rule but those on both stacks, until the engine ends it. Raises `PolicyInputError`."""
    PolicyPack(
        name="trading-platform",
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=Pack(RULES, exemptions(read(DEFAULT), BY_ID)).policies(),
    )
