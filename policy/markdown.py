"""The catalogue of rules as a document: `docs/policies.md` is this text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from policy.catalogue import RULES
from policy.rule import Rule, Scope, Severity
from policy.sources import sources_of

_FRAMEWORKS = {
    "fsbp": "FSBP",
    "cis": "CIS",
    "pci": "PCI DSS",
    "nist": "NIST 800-53",
    "sec": "SEC",
    "finra": "FINRA",
    "checkov": "checkov",
    "wellarchitected": "Well-Architected",
}

_INTRODUCTION = """\
# Policies

What a plan must satisfy before it is carried out. This page is written by `python -m policy list --markdown` from the
rules themselves; a test keeps it current.

{count} rules, {mandatory} of them mandatory: a mandatory violation stops `pulumi preview` and `pulumi up`, and makes
`python -m policy check` exit with 1. An advisory one is reported.

    pulumi preview --policy-pack policy --policy-pack-config policy-config.json   # in the engine
    python -m policy check primary.json dr.json                                  # blueprints, parity included
    python -m policy check plan.json --framework cis-aws-5 --format controls     # a preview, by control

[policy/README.md](../policy/README.md) says how to use the pack: inputs, configuration, exemptions, baselines,
frameworks, remediation, own rules. [policy-peers.md](policy-peers.md) compares it with peers and public programs.

- **Could not be evaluated** is an outcome of its own. In a preview a value may be known only after the update; the rule
  is then reported by name under `could-not-be-evaluated`, never passed over. On a recorded blueprint, where inputs are
  known, a mandatory rule that could not be evaluated fails the check.
- **Not configured** is one too: a rule that needs names of the platform, such as those of its latency tier, is not
  applied until the configuration gives them, and the report says so. Those of this platform stand in
  `policy-config.json`.
- **Parity** rules compare both stacks, so they are applied only where both are given.

Controls: AWS Foundational Security Best Practices (FSBP), CIS AWS Foundations 6.0 (5.0 numbers each section one lower),
PCI DSS 4.0, NIST 800-53 revision 5, the AWS Well-Architected Framework, checkov, SEC and FINRA rules. A rule names a
control only where a source maps one to the other: a check of prowler or a query of powerpipe that asks what the rule
asks, or a page of AWS. [controls.csv](../policy/controls.csv) has the source of each mapping and `policy/sources.py`
the versions. A rule without controls is this project's own.
"""


def text(rules: Sequence[Rule] = RULES) -> str:
    """The document."""
    mandatory = sum(rule.severity is Severity.MANDATORY for rule in rules)
    return "\n".join([_INTRODUCTION.format(count=len(rules), mandatory=mandatory), *_services(rules)]).rstrip() + "\n"


def _services(rules: Sequence[Rule]) -> Iterator[str]:
    service = ""
    for rule in rules:
        if rule.service != service:
            service = rule.service
            yield f"## {service}\n"
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}\n"
    scope = {Scope.PARITY: ", both stacks", Scope.STACK: ", whole stack"}.get(rule.scope, "")
    yield f"{rule.title}. *{rule.severity.value.capitalize()}{scope}.*\n"
    yield f"{' '.join((rule.check.__doc__ or '').split())}\n"
    yield f"- Remedy: {rule.remediation}"
    controls = "; ".join(f"{_FRAMEWORKS.get(name, name)} {', '.join(codes)}" for name, codes in rule.controls.items())
    if controls:
        yield f"- Controls: {controls}"
        yield f"- Sources of the controls: {', '.join(sources_of(rule.id))}"
    if rule.needs:
        yield "- Needs: " + ", ".join(f"`{type_.split(':')[-1]}.{path}`" for type_, path in rule.needs)
    for name, parameter in rule.parameters.items():
        yield f"- `{name}` ({parameter.type}): {parameter.description} Default: `{json.dumps(parameter.default)}`"
    yield ""
