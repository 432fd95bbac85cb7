"""A policy pack of the platform's size whose policies do nothing, to measure the engine's own cost."""

import sys
from pathlib import Path

# The engine runs this folder as a separate program.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pulumi_policy import EnforcementLevel, PolicyPack

from benchmarks.idle_pack.idle import idle
from policy.catalogue import RULES
from policy.engine import Pack

PolicyPack(
    name="idle",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[idle(policy) for policy in Pack(RULES, ()).policies()],
)
