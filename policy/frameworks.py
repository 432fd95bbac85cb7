"""Frameworks by name: which rules ask what a framework asks, and under which number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from policy.errors import PolicyInputError
from policy.rule import Rule


def _same(code: str) -> str:
    return code


def _cis_five(code: str) -> str:
    """CIS 6.0 numbers each section one higher than 5.0 does: its first section is new.

    Compared with the numbers of 5.0 in the Security Hub control reference: Config.1 3.3, KMS.4 3.6, EC2.2 5.5,
    RDS.2 2.2.3, S3.1 2.1.4, IAM.2 1.14.
    """
    section, dot, rest = code.partition(".")
    return f"{int(section) - 1}{dot}{rest}"


@dataclass(frozen=True)
class Framework:
    """A framework: its title, the key of a rule's controls, and how the rule's number becomes the framework's."""

    title: str
    key: str
    number: Callable[[str], str] = _same

    def controls(self, rule: Rule) -> tuple[str, ...]:
        """The framework's controls that ask what the rule asks."""
        return tuple(self.number(code) for code in rule.controls.get(self.key, ()))


FRAMEWORKS: dict[str, Framework] = {
    "fsbp": Framework("AWS Foundational Security Best Practices", "fsbp"),
    "cis-aws-5": Framework("CIS AWS Foundations Benchmark 5.0", "cis", _cis_five),
    "cis-aws-6": Framework("CIS AWS Foundations Benchmark 6.0", "cis"),
    "pci-dss-4": Framework("PCI DSS 4.0", "pci"),
    "nist-800-53": Framework("NIST 800-53 revision 5", "nist"),
    "well-architected": Framework("AWS Well-Architected Framework", "wellarchitected"),
    "sec": Framework("SEC rules 17a-4 and 15c3-5", "sec"),
    "finra": Framework("FINRA rules", "finra"),
    "checkov": Framework("checkov", "checkov"),
}


def known(rules: Sequence[Rule]) -> dict[str, Framework]:
    """Frameworks by name: those above, and each further key under which an own rule names controls."""
    keys = {framework.key for framework in FRAMEWORKS.values()}
    further = sorted({key for rule in rules for key in rule.controls} - keys - set(FRAMEWORKS))
    return {**FRAMEWORKS, **{key: Framework(key, key) for key in further}}


def select(rules: Sequence[Rule], names: Collection[str]) -> tuple[Rule, ...]:
    """The rules of these frameworks, all rules where none is named. Raises `PolicyInputError` for an unknown name."""
    if not names:
        return tuple(rules)
    by_name = known(rules)
    for name in names:
        if name not in by_name:
            close = get_close_matches(name, by_name, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(by_name)}"
            raise PolicyInputError(f"--framework {name}: there is no such framework; {hint}")
    return tuple(rule for rule in rules if any(by_name[name].controls(rule) for name in names))


def by_control(rules: Sequence[Rule], names: Collection[str]) -> Iterator[tuple[str, str, list[Rule]]]:
    """Each control of these frameworks (of all where none is named) with its rules: framework, control, rules."""
    by_name = known(rules)
    for name in names or by_name:
        controls: dict[str, list[Rule]] = {}
        for rule in rules:
            for control in by_name[name].controls(rule):
                controls.setdefault(control, []).append(rule)
        for control in sorted(controls, key=_natural):
            yield name, control, controls[control]


def _natural(control: str) -> list[tuple[int, int, str]]:
    parts = control.replace("-", ".").split(".")
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
