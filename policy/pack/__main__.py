"""The pack as the engine starts it: `pulumi preview --policy-pack policy`. Constructing it serves until it is ended."""

import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

# The engine runs this file by itself: the package that it belongs to is two folders up.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policy import exemptions
from policy.catalogue import BY_ID, RULES
from policy.engine import Pack

PolicyPack(
    name="trading-platform",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=Pack(RULES, exemptions.exemptions(exemptions.read(exemptions.DEFAULT), BY_ID)).policies(),
)
