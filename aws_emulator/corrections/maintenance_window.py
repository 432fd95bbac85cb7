"""Systems Manager: a task of a maintenance window is answered with its cut-off behaviour.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_MaintenanceWindowTask.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.ssm.models import FakeMaintenanceWindowTask

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(FakeMaintenanceWindowTask, "to_json", _to_json)


def _to_json(original: Any, task: FakeMaintenanceWindowTask) -> dict[str, Any]:
    return {**original(task), "CutoffBehavior": task.cutoff_behavior}
