"""The pack as the engine serves it. Nothing else imports this: constructing a pack starts a server and blocks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack

from policy.catalogue import RULES
from policy.configuration import ALL, LEVEL, settings
from policy.engine import Pack
from policy.errors import PolicyInputError
from policy.extensions import own, with_own
from policy.rule import Rule, Rules

NAME = "aws-policy-pack"


def serve(
    name: str = NAME,
    *,
    rules: Rules | Iterable[Rule] | None = None,
    initial_config: Mapping[str, Any] | None = None,
) -> None:
    """Serve every rule but those on both stacks, until the engine ends it.

    `rules` are own rules beside the catalogue, those of POLICY_RULES and of installed packages; `initial_config` is
    the configuration where the engine gives none, in the form of `--config`. Bad input ends the process with one line
    and status 2.
    """
    try:
        every = with_own(RULES) if rules is None else own(rules, with_own(RULES))
        config = initial(initial_config, every)
        policies = Pack(every).policies()
    except PolicyInputError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    PolicyPack(
        name=name,
        enforcement_level=EnforcementLevel.MANDATORY,
        policies=policies,
        initial_config=config,
        description="Rules for platforms on AWS: security, reliability, records, recovery",
        display_name="AWS policy pack",
        provider="aws",
    )


def initial(config: Mapping[str, Any] | None, rules: Iterable[Rule]) -> dict[str, Any] | None:
    """The SDK's form of an initial configuration. Raises `PolicyInputError`."""
    if config is None:
        return None
    rules = tuple(rules)
    settings(rules, config)
    everything = config.get(ALL)
    names = [rule.id for rule in rules] if everything is not None else []
    found: dict[str, Any] = {name: _value(everything) for name in names}
    for name, value in config.items():
        if name != ALL:
            given = _value(value)
            if isinstance(given, dict) and LEVEL not in given and isinstance(found.get(name), EnforcementLevel):
                given = {**given, LEVEL: found[name]}
            found[name] = given
    return found


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return EnforcementLevel(value)
    if isinstance(value, Mapping) and set(value) == {LEVEL}:
        return EnforcementLevel(value[LEVEL])
    return {key: EnforcementLevel(item) if key == LEVEL else item for key, item in value.items()}
