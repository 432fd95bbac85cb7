"""Shows a drill while it runs: panels on a terminal, plain lines elsewhere."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from recovery.budget import RTO_SECONDS
from rehearsal.demo.observation import Observation, RegionView, StepView

_BAR_WIDTH = 60
_STEPS_SHOWN = 12
_PANEL_WIDTH = 38


def rendered(seen: Observation) -> RenderableType:
    """The whole screen of one moment."""
    return Group(
        Text(seen.headline, style="bold"),
        Columns([_region(region) for region in seen.regions]),
        _budget(seen),
        _steps(seen),
    )


class Lines:
    """Prints a plain line for each event that was not printed before."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._marks = 0
        self._done: set[tuple[str, str]] = set()
        self._is_recovered = False

    def show(self, seen: Observation) -> None:
        """Print the new events since the last call."""
        for number in range(self._marks + 1, len(seen.marks) + 1):
            self._print(Observation(seen.marks[:number], (), "", (), None, None, None).headline)
        self._marks = len(seen.marks)
        for step in seen.steps:
            if step.is_done and (seen.verb, step.name) not in self._done:
                self._done.add((seen.verb, step.name))
                self._print(f"  {seen.verb}: {step.name} done in {step.seconds:.2f} s")
        if seen.recovered_after is not None and not self._is_recovered:
            self._is_recovered = True
            self._print(f"First order accepted {seen.recovered_after:.2f} s after the decision")

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


def _region(region: RegionView) -> Panel:
    state = Text("reachable", style="green") if region.is_reachable else Text("LOST", style="bold red")
    lease = Text("has the lease", style="bold cyan") if region.has_lease else Text("no lease", style="dim")
    body = Group(state, lease, Text(f"{region.per_second:4.1f} orders/s   {region.accepted} accepted"))
    return Panel(body, title=region.name, width=_PANEL_WIDTH, border_style="green" if region.is_reachable else "red")


def _budget(seen: Observation) -> Text:
    """Seconds since the decision as a bar against the budget; it stops at the first accepted order."""
    label = f"recovery time budget, {RTO_SECONDS:g} s "
    if seen.since_decision is None:
        return Text(f"{label}{'·' * _BAR_WIDTH}", style="dim")
    seconds = seen.since_decision if seen.recovered_after is None else seen.recovered_after
    filled = min(_BAR_WIDTH, max(1, round(_BAR_WIDTH * seconds / RTO_SECONDS)))
    style = "green" if seen.recovered_after is not None else ("yellow" if seconds <= RTO_SECONDS else "red")
    text = Text(label)
    text.append("█" * filled, style=style)
    text.append("·" * (_BAR_WIDTH - filled), style="dim")
    text.append(f" {seconds:.2f} s", style=style)
    return text


def _steps(seen: Observation) -> Table:
    table = Table(title=f"runbook {seen.verb}" if seen.verb else "runbook", title_justify="left", box=None)
    table.add_column("step", min_width=28)
    table.add_column("seconds", justify="right")
    table.add_column("")
    for step in seen.steps[-_STEPS_SHOWN:]:
        table.add_row(step.name, f"{step.seconds:.2f}", _state(step))
    return table


def _state(step: StepView) -> Text:
    return Text("done", style="green") if step.is_done else Text("running", style="yellow")
