"""What an engine spends on a pack as large as the platform's before any rule has looked at anything."""

import sys
from pathlib import Path

# The engine runs the folder as a program of its own.
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
