"""The sections about the stacks of a rehearsal: created and missing resources, the policy pack, and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from policy.check import Report as Judged
from rehearsal.page.document import Section, bullets, facts, table
from rehearsal.report import PHASES, Report, StackReport


def summary(report: Report) -> Section:
    """The verdict and the figures that a reader looks for first."""
    problems = report.problems()
    verdict = (
        f'<p class="bad">{len(problems)} problems.</p>' + bullets(problems)
        if problems
        else '<p class="good">Passed: no problem was found.</p>'
    )
    created = sum(stack.created for stack in report.stacks.values())
    declared = sum(stack.declared for stack in report.stacks.values())
    figures = [
        (f"{created} of {declared}", "AWS resources created and read back, over all stacks and states"),
        (str(len(report.drills.results) if report.drills else 0), "drills that ran to their end"),
        (str(sum(judged.evaluated for judged in report.policy.values())), "judgements of the policy pack"),
        (f"{sum(report.seconds.values()) / 60:.1f} min", "for the phases of the rehearsal on this machine"),
    ]
    calls = report.calls_to_lost_region
    if calls is not None:
        figures.append((str(sum(calls.values())), "calls of the engine to the lost region during the takeover"))
    scope = (
        f"<p>Engine {report.engine}, {report.provider}. AWS is emulated on this machine: its times say nothing about "
        "AWS. Resources count as created when they are in the engine's state and a refreshing plan reads them back.</p>"
    )
    plugins = [(plugin["name"], plugin["version"], plugin["limits"]) for plugin in report.plugins]
    if plugins:
        scope += table("Plugins of this project under the engine", ("plugin", "version", "limits"), plugins)
    return Section("summary", "Summary", verdict + scope + facts(figures))


def created(report: Report) -> Section:
    """Declared and created resources of each stack; every resource and argument that is missing, by name."""
    rows = [_row(name, stack) for name, stack in report.stacks.items()]
    heads = ("stack", "declared", "created", "second plan", *PHASES)
    body = table("Resources and seconds by phase", heads, rows, numbers=(1, 2, 4, 5, 6, 7))
    missing = [
        (name, type_, resource, reason)
        for name, stack in report.stacks.items()
        for type_, resource, reason in stack.not_created
    ]
    if missing:
        body += table("Not created", ("stack", "type", "name", "reason"), missing)
    unknown = [(name, argument) for name, stack in report.stacks.items() for argument in stack.unsupported_arguments]
    if unknown:
        body += table("Arguments that this version of the provider does not know", ("stack", "argument"), unknown)
    return Section("stacks", "Stacks", body)


def policies(judged: Mapping[str, Judged]) -> Section:
    """Rules and violations by state of the platform and by framework."""
    rows = [
        (stage, str(one.rules), str(one.evaluated), str(len(one.violations)), str(len(one.not_evaluated)))
        for stage, one in judged.items()
    ]
    heads = ("state", "rules", "judgements", "violations", "not evaluated")
    body = table("The policy pack by state", heads, rows, numbers=(1, 2, 3, 4))
    frameworks = _by_framework(judged)
    body += table(
        "Rules that map to controls of a framework, and violations of these rules over all states",
        ("framework", "rules", "controls", "violations"),
        frameworks,
        numbers=(1, 2, 3),
    )
    return Section("policy", "Policy", body)


def _by_framework(judged: Mapping[str, Judged]) -> list[tuple[str, str, str, str]]:
    rules = {rule.id: rule for one in judged.values() for rule in one.applied}
    violated = Counter(violation.rule.id for one in judged.values() for violation in one.violations)
    names = sorted({name for rule in rules.values() for name in rule.controls})
    found = []
    for name in names:
        mapped = [rule for rule in rules.values() if name in rule.controls]
        controls = {control for rule in mapped for control in rule.controls[name]}
        broken = sum(violated[rule.id] for rule in mapped)
        found.append((name, str(len(mapped)), str(len(controls)), str(broken)))
    return found


def times(report: Report) -> Section:
    """Seconds by phase of the whole rehearsal."""
    rows = [(phase, f"{seconds:.1f}") for phase, seconds in report.seconds.items()]
    return Section("times", "Times", table("Seconds by phase", ("phase", "seconds"), rows, numbers=(1,)))


def _row(name: str, stack: StackReport) -> tuple[str, ...]:
    if not stack.second_plan_ran:
        plan = "did not run"
    else:
        plan = "no changes" if not stack.drift else f"{len(stack.drift)} changes"
    seconds = [f"{stack.seconds[phase]:.1f}" if phase in stack.seconds else "" for phase in PHASES]
    return (name, str(stack.declared), str(stack.created), plan, *seconds)
